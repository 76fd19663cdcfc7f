/** @import {Attacher, RemoteTrack, Send, TrackId} from './types.js' */
import { SOURCES } from './encodings.js';
import { LinkWatch } from './link-watch.js';
import { splitTrackId } from './room-state.js';

/**
 * The downward connection: answers the relay's offers one after the other and opens what comes.
 *
 * Events: `track` {detail: RemoteTrack}, `track-ended` {detail: TrackId},
 * `state` {detail: RTCPeerConnectionState}, `hopeless`, `failed` {detail: error}.
 */
export class Subscriber extends EventTarget {
  #pc;
  #crypto;
  #send;
  #watch;
  /** The offers' queue. @type {Promise<void>} */
  #turn = Promise.resolve();
  /** What each media section carries. @type {Map<string, TrackId>} */
  #mids = new Map();
  /** @type {Map<TrackId, RemoteTrack & {receiver: RTCRtpReceiver}>} */
  #tracks = new Map();
  #closed = false;

  /**
   * @param {object} parts
   * @param {Attacher} parts.crypto
   * @param {Send} parts.send
   * @param {RTCIceServer[]} [parts.iceServers]
   */
  constructor({ crypto, send, iceServers = [] }) {
    super();
    this.#crypto = crypto;
    this.#send = send;
    this.#pc = new RTCPeerConnection(/** @type {RTCConfiguration} */ ({
      encodedInsertableStreams: true, bundlePolicy: 'max-bundle', iceServers,
    }));
    this.#watch = new LinkWatch(this.#pc);
    this.#watch.addEventListener('restart', () => this.restart());
    for (const type of ['hopeless', 'state']) {
      this.#watch.addEventListener(type, (event) => this.#tell(type, /** @type {CustomEvent} */ (event).detail));
    }
    this.#pc.addEventListener('track', (event) => this.#arrived(event.transceiver));
  }

  get state() { return this.#pc.connectionState; }

  /** What can be shown and heard now. @returns {RemoteTrack[]} */
  get tracks() { return [...this.#tracks.values()]; }

  /**
   * Answer an offer of the relay when those before it are answered.
   * @param {{gen: number, sdp: string, tracks: Record<string, TrackId>}} offer
   * @returns {Promise<void>}
   */
  offered(offer) {
    this.#turn = this.#turn.then(() => this.#answer(offer)).catch((error) => this.#tell('failed', error));
    return this.#turn;
  }

  /** Ask for an offer with new ICE credentials. */
  restart() {
    if (!this.#closed) this.#send('restart', { pc: 'down' });
  }

  /** @returns {Promise<RTCStatsReport>} */
  stats() { return this.#pc.getStats(); }

  /**
   * The name of the track in a media section, for statistics.
   * @param {string} mid
   */
  trackOf(mid) { return this.#mids.get(mid); }

  close() {
    this.#closed = true;
    this.#watch.close();
    this.#pc.close();
    for (const id of [...this.#tracks.keys()]) this.#end(id);
  }

  /** @param {{gen: number, sdp: string, tracks: Record<string, TrackId>}} offer */
  async #answer({ gen, sdp, tracks }) {
    if (this.#closed) return;
    this.#remap(new Map(Object.entries(tracks)));
    await this.#pc.setRemoteDescription({ type: 'offer', sdp });
    for (const transceiver of this.#pc.getTransceivers()) this.#arrived(transceiver);
    await this.#pc.setLocalDescription(await this.#pc.createAnswer());
    if (!this.#closed) this.#send('answer', { pc: 'down', gen, sdp: this.#pc.localDescription?.sdp ?? '' });
  }

  /** @param {Map<string, TrackId>} mids what the offer says */
  #remap(mids) {
    for (const [mid, id] of this.#mids) if (mids.get(mid) !== id) this.#end(id);
    this.#mids = mids;
  }

  /**
   * Attach the decryption in the very task in which the receiver appears: a receiver without it
   * must never get to decode anything.
   * @param {RTCRtpTransceiver} transceiver
   */
  #arrived({ mid, receiver }) {
    const id = mid === null ? undefined : this.#mids.get(mid);
    if (!id || this.#tracks.has(id) || this.#closed) return;
    const { index, source } = splitTrackId(id);
    if (!Object.hasOwn(SOURCES, source)) return;
    this.#crypto.attachReceiver(receiver, { ...SOURCES[source].stream, index });
    const remote = { id, index, source, track: receiver.track, receiver };
    this.#tracks.set(id, remote);
    this.#tell('track', remote);
  }

  /** @param {TrackId} id */
  #end(id) {
    if (this.#tracks.delete(id)) this.#tell('track-ended', id);
  }

  /**
   * @param {string} type
   * @param {unknown} detail
   */
  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
