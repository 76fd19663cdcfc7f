/** @import {Attacher, Send, Source} from './types.js' */
import { SOURCES, activeLayers, wantedCodecs } from './encodings.js';
import { LinkWatch } from './link-watch.js';
import { OfferQueue } from './offer-queue.js';

/** A layer that nobody watches goes on for so long, in case somebody only passed by. */
const COOL_DOWN_MS = 4000;

/**
 * The upward connection: what this browser publishes, always encrypted before it leaves.
 *
 * Chromium sends in clear when a transform comes a task later than its sender (then even for
 * ever), so each transceiver is made without a track and gets its transform in the same task; the
 * connection is made with `encodedInsertableStreams`, which holds back senders without one.
 *
 * Events: `state` {detail: RTCPeerConnectionState}, `hopeless` (ICE restarts did not help),
 * `failed` {detail: error} (an offer could not be made or was refused).
 */
export class Publisher extends EventTarget {
  #pc;
  #crypto;
  #queue;
  #watch;
  /** @type {Map<Source, RTCRtpTransceiver>} */
  #transceivers = new Map();
  /** Changes of a sender's parameters follow each other. @type {Map<Source, Promise<void>>} */
  #parameters = new Map();
  /** Changes of a sender's track do, too. @type {WeakMap<RTCRtpSender, Promise<void>>} */
  #replacing = new WeakMap();
  /** @type {Map<Source, ReturnType<typeof setTimeout>>} */
  #cooling = new Map();
  /** @type {Promise<{sdp: string, sources: Record<string, Source>}> | null} */
  #prepared = null;
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
    this.#pc = new RTCPeerConnection(/** @type {RTCConfiguration} */ ({
      encodedInsertableStreams: true, bundlePolicy: 'max-bundle', iceServers,
    }));
    this.#queue = new OfferQueue({
      make: () => this.#takeOffer(),
      send: (offer) => send('offer', { pc: 'up', ...offer }),
      failed: (error) => this.dispatchEvent(new CustomEvent('failed', { detail: error })),
    });
    this.#watch = new LinkWatch(this.#pc);
    this.#watch.addEventListener('restart', () => this.restart());
    for (const type of ['hopeless', 'state']) this.#watch.addEventListener(type, (event) => this.#pass(event));
    this.#add('microphone');
    this.#add('camera');
    // a relay that says nothing by then is content with everything
    this.#cooling.set('camera', setTimeout(() => this.demand('camera', ['q', 'h', 'f']), COOL_DOWN_MS));
  }

  get state() { return this.#pc.connectionState; }

  /** Make the first offer ahead of time; it is kept until `start`. */
  prepare() {
    this.#prepared ??= this.#makeOffer();
    this.#prepared.catch(() => undefined); // `start` meets the same error
  }

  /** Send the first offer; tracks may come before or after. */
  start() {
    return this.#queue.request();
  }

  /**
   * Publish a track, or nothing, in the place of what is published as `source`; no negotiation.
   * @param {Source} source
   * @param {MediaStreamTrack | null} track
   */
  async setTrack(source, track) {
    const sender = this.#transceivers.get(source)?.sender;
    if (!sender) return;
    // while a change is under way the sender still names the track before it
    const before = this.#replacing.get(sender) ?? Promise.resolve();
    const done = before.catch(() => undefined).then(async () => {
      if (!this.#closed && sender.track !== track) await sender.replaceTrack(track);
    });
    this.#replacing.set(sender, done);
    await done;
  }

  /**
   * Start to publish the screen, with the sound of a tab when there is one.
   * @param {MediaStreamTrack} video
   * @param {MediaStreamTrack | null} audio
   */
  async addScreen(video, audio) {
    /** @type {[Source, MediaStreamTrack | null][]} */
    const tracks = [['screen', video], ['screen-audio', audio]];
    for (const [source, track] of tracks) if (track) this.#add(source);
    await Promise.all(tracks.map(([source, track]) => track && this.setTrack(source, track)));
    await this.#queue.request();
  }

  /**
   * Stop to publish the screen and its sound. Their transceivers go for good: browsers name the
   * layers of an SSRC only in its first packets, so the next screen needs SSRCs of its own.
   */
  async removeScreen() {
    for (const source of /** @type {Source[]} */ (['screen', 'screen-audio'])) {
      clearTimeout(this.#cooling.get(source));
      this.#transceivers.get(source)?.stop();
      this.#transceivers.delete(source);
      this.#parameters.delete(source);
    }
    await this.#queue.request();
  }

  /**
   * The relay's answer; one that belongs to no offer is left alone.
   * @param {{gen: number, sdp: string}} answer
   */
  async answered({ gen, sdp }) {
    if (!this.#queue.expects(gen)) return;
    try {
      await this.#pc.setRemoteDescription({ type: 'answer', sdp });
    } catch (error) {
      this.dispatchEvent(new CustomEvent('failed', { detail: error }));
    }
    await this.#queue.settled();
  }

  /** The relay refused the offer that is out: go back to what was agreed on before. */
  async offerRefused() {
    if (!this.#queue.waiting) return;
    await this.#pc.setLocalDescription({ type: 'rollback' }).catch(() => undefined);
    this.dispatchEvent(new CustomEvent('failed', { detail: new Error('offer refused') }));
    await this.#queue.settled();
  }

  /**
   * Encode what somebody watches. More at once, less after a while.
   * @param {Source} source
   * @param {string[]} layers
   */
  demand(source, layers) {
    clearTimeout(this.#cooling.get(source));
    this.#cooling.delete(source);
    this.#activate(source, layers, false);
    this.#cooling.set(source, setTimeout(() => this.#activate(source, layers, true), COOL_DOWN_MS));
  }

  /**
   * Make a new key frame where the browser lets a page ask for one; others wait for the relay's PLI.
   * @param {Source} source
   */
  async keyframe(source) {
    const sender = /** @type {any} */ (this.#transceivers.get(source)?.sender);
    if (sender?.generateKeyFrame) await sender.generateKeyFrame().catch(() => undefined);
    else if (sender?.track) await this.#parameterChange(source, () => true, true);
  }

  /** New ICE credentials, over the signalling as it stands. */
  restart() {
    if (this.#closed) return;
    this.#pc.restartIce();
    void this.#queue.request();
  }

  /** @returns {Promise<RTCStatsReport>} */
  stats() { return this.#pc.getStats(); }

  close() {
    this.#closed = true;
    this.#queue.close();
    this.#watch.close();
    for (const timer of this.#cooling.values()) clearTimeout(timer);
    this.#pc.close();
  }

  /**
   * Make the source's transceiver and its transform in one task.
   * @param {Source} source
   */
  #add(source) {
    const { kind, stream, layers } = SOURCES[source];
    const transceiver = this.#pc.addTransceiver(kind, {
      direction: 'sendonly',
      ...(layers && { sendEncodings: layers.map((layer, place) => ({ ...layer, active: place === 0 })) }),
    });
    this.#crypto.attachSender(transceiver.sender, stream);
    const codecs = RTCRtpSender.getCapabilities(kind)?.codecs ?? [];
    transceiver.setCodecPreferences(wantedCodecs(kind, codecs));
    this.#transceivers.set(source, transceiver);
  }

  #takeOffer() {
    const offer = this.#prepared ?? this.#makeOffer();
    this.#prepared = null;
    return offer;
  }

  async #makeOffer() {
    await this.#pc.setLocalDescription(await this.#pc.createOffer());
    /** @type {Record<string, Source>} */
    const sources = {};
    for (const [source, { mid }] of this.#transceivers) {
      if (mid !== null) sources[mid] = source;
    }
    return { sdp: this.#pc.localDescription?.sdp ?? '', sources };
  }

  /**
   * @param {Source} source
   * @param {string[]} layers
   * @param {boolean} mayStop whether layers may also be switched off
   */
  #activate(source, layers, mayStop) {
    if (!SOURCES[source].layers) return;
    void this.#parameterChange(source, ({ encodings }) => {
      const wanted = activeLayers(encodings.map((each) => each.rid ?? ''), layers);
      let changed = false;
      for (const encoding of encodings) {
        const active = Boolean(wanted.get(encoding.rid ?? '')) || (!mayStop && encoding.active !== false);
        changed ||= active !== encoding.active;
        encoding.active = active;
      }
      return changed;
    });
  }

  /**
   * Change a sender's parameters when earlier changes are through: each is made on what the last left.
   * @param {Source} source
   * @param {(parameters: RTCRtpSendParameters) => boolean} change says whether there is anything to set
   * @param {boolean} [keyFrame] whether to ask for one in the same breath
   */
  #parameterChange(source, change, keyFrame = false) {
    const sender = this.#transceivers.get(source)?.sender;
    const before = this.#parameters.get(source) ?? Promise.resolve();
    const done = before.then(async () => {
      if (!sender || this.#closed) return;
      const parameters = sender.getParameters();
      if (!change(parameters)) return;
      const options = keyFrame ? [{ encodingOptions: parameters.encodings.map(() => ({ keyFrame })) }] : [];
      await /** @type {any} */ (sender).setParameters(parameters, ...options);
    }).catch(() => undefined);
    this.#parameters.set(source, done);
    return done;
  }

  /** @param {Event} event */
  #pass(event) {
    this.dispatchEvent(new CustomEvent(event.type, { detail: /** @type {CustomEvent} */ (event).detail }));
  }
}
