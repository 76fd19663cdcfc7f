/** @import {Message, Send, Welcome} from './types.js' */
import { FrameCrypto } from '../e2ee/frame-crypto.js';
import { MeetingKeys } from '../e2ee/meeting-keys.js';
import { decodeChat, encodeChat } from './chat-messages.js';
import { Publisher } from './publisher.js';
import { Subscriber } from './subscriber.js';

/** How often the key schedule is told the time. */
const TICK_MS = 250;

/**
 * @typedef {object} MeetingSecrets the secret part of the link, and the host's key in the host's browser
 * @property {string} code
 * @property {Uint8Array} secret
 * @property {Uint8Array} hostFingerprint
 * @property {CryptoKeyPair | undefined} hostKey
 */

/**
 * One stay in the meeting: everything that lives and dies with one participant index. Joining anew
 * makes a new one; nothing of the old is carried over, least of all keys and counters.
 *
 * Events: `track`, `track-ended`, `chat` {detail: ChatMessage}, `undecryptable`, `epoch`, `alarm`,
 * `silence`, `host` (from the encryption), `lost` (this stay cannot go on), `media` (a connection changed).
 */
export class Membership extends EventTarget {
  #send;
  #secrets;
  #worker;
  #crypto;
  /** @type {MeetingKeys | null} */
  #keys = null;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #ticking;
  /** Pictures that could not be opened, to be asked for anew when their key is there. @type {Set<string>} */
  #unopened = new Set();
  #closed = false;

  /** @type {Record<string, (message: any) => void>} */
  #handlers = {
    offer: (message) => void this.subscriber.offered(message),
    answer: (message) => void this.publisher.answered(message),
    key: (message) => this.#keys?.feed({ from: message.from, body: message.body }),
    data: (message) => void this.#opened(message),
    left: (message) => this.#keys?.left(message.index),
    demand: (message) => this.publisher.demand(message.source, message.layers),
    keyframe: (message) => void this.publisher.keyframe(message.source),
    refused: (message) => this.#tell('alarm', { kind: 'refused', count: message.count }),
    error: (message) => this.#refused(message),
  };

  /**
   * @param {object} parts
   * @param {Send} parts.send
   * @param {() => Worker} parts.createWorker
   * @param {MeetingSecrets} parts.secrets
   */
  constructor({ send, createWorker, secrets }) {
    super();
    this.#send = send;
    this.#secrets = secrets;
    this.#worker = createWorker();
    this.#crypto = new FrameCrypto(this.#worker);
    this.publisher = new Publisher({ crypto: this.#crypto, send });
    this.subscriber = new Subscriber({ crypto: this.#crypto, send });
    this.#listen();
  }

  /** Take in a message of the relay. @param {Message} message */
  handle(message) {
    if (this.#closed) return;
    if (message.type === 'welcome') this.#welcomed(/** @type {Welcome} */ (message));
    else if (Object.hasOwn(this.#handlers, message.type)) this.#handlers[message.type](message);
  }

  /**
   * Seal a chat message and send it to all others.
   * @param {{id: string, text: string, at: number}} message
   */
  async chat(message) {
    const sealed = await this.#crypto.seal(encodeChat(message));
    if (!this.#send('data', { payload: toBase64(sealed) })) throw new Error('no session');
  }

  /** Seal the next epoch without this participant; only the holder of the host's key can. @param {number} index */
  kick(index) {
    void this.#keys?.kick(index);
  }

  /**
   * Seal the sound of the next epoch to a call as well; only the holder of the host's key can.
   * @param {Uint8Array} call @param {Uint8Array} gw the call's public key
   */
  admit(call, gw) {
    void this.#keys?.admit(call, gw);
  }

  /** Make a new epoch that a call cannot hear; only the holder of the host's key can. @param {Uint8Array} call */
  revoke(call) {
    void this.#keys?.revoke(call);
  }

  /** @returns {Promise<unknown>} counters of the frame encryption */
  cryptoStats() { return this.#crypto.stats(); }

  close() {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#ticking);
    this.#keys?.close();
    this.publisher.close();
    this.subscriber.close();
    this.#crypto.close();
  }

  #listen() {
    for (const type of ['track', 'track-ended']) this.#pass(this.subscriber, type);
    for (const pc of [this.publisher, this.subscriber]) {
      pc.addEventListener('state', () => this.#tell('media', null));
      pc.addEventListener('hopeless', () => this.#tell('lost', 'media'));
      pc.addEventListener('failed', () => this.#tell('lost', 'negotiation'));
    }
    this.#crypto.addEventListener('dead', () => this.#tell('lost', 'worker'));
    this.#crypto.addEventListener('undecryptable', (event) => this.#missed(/** @type {CustomEvent} */ (event).detail));
    this.#crypto.addEventListener('resumed', (event) => this.#makeKeyframe(/** @type {CustomEvent} */ (event).detail.media));
  }

  /**
   * Frames of somebody were dropped. After a gap in what can be opened a picture needs a key frame now;
   * without its key it needs one when the key is there.
   * @param {{index: number, media: string, reason: string, count: number}} drop
   */
  #missed(drop) {
    const source = { video: 'camera', share: 'screen' }[/** @type {'video'} */ (drop.media)];
    const track = source && `${drop.index}:${source}`;
    if (track && drop.reason === 'gap') this.#send('keyframe', { track });
    else if (track) this.#unopened.add(track);
    this.#tell('undecryptable', drop);
  }

  /** @param {Welcome} welcome */
  #welcomed({ you, room, log }) {
    const { code, ...link } = this.#secrets;
    const keys = new MeetingKeys({ room: code, instance: room.instance, index: you, ...link });
    this.#keys = keys;
    keys.addEventListener('send', (event) => this.#send('key', { body: /** @type {CustomEvent} */ (event).detail }));
    keys.addEventListener('epoch', (event) => this.#epoch(you, /** @type {CustomEvent} */ (event).detail));
    keys.addEventListener('silence', (event) => this.#crypto.silence(/** @type {CustomEvent} */ (event).detail));
    for (const type of ['alarm', 'silence', 'host']) this.#pass(keys, type);
    keys.addEventListener('keyframe', (event) => this.#makeKeyframe(/** @type {CustomEvent} */ (event).detail.media));
    for (const entry of log) void keys.feed(entry);
    void keys.start();
    this.#ticking = setInterval(() => void keys.tick(), TICK_MS);
  }

  /**
   * @param {number} you
   * @param {{n: number, bases: any, code: string, members: number[], phones: string[]}} epoch
   */
  #epoch(you, epoch) {
    this.#crypto.setEpoch({ n: epoch.n, index: you, bases: epoch.bases });
    const { n, code, members, phones } = epoch;
    this.#tell('epoch', { n, code, members, phones });
    const missing = this.subscriber.tracks.filter(({ id }) => this.#unopened.has(id));
    this.#unopened.clear();
    for (const { id } of missing) this.#send('keyframe', { track: id });
  }

  /** @param {'video' | 'share'} media */
  #makeKeyframe(media) {
    void this.publisher.keyframe(media === 'video' ? 'camera' : 'screen');
  }

  /** @param {Message} message */
  async #opened({ from, payload }) {
    try {
      const bytes = await this.#crypto.open(fromBase64(payload), from);
      const message = decodeChat(bytes, from, Date.now());
      if (message && !this.#closed) this.#tell('chat', message);
    } catch {
      this.#tell('undecryptable', { index: from, media: 'chat', reason: 'data', count: 1 });
    }
  }

  /** @param {Message} message */
  #refused({ about, code }) {
    if (about === 'offer' && code !== 'bad-gen') void this.publisher.offerRefused();
  }

  /**
   * @param {EventTarget} from
   * @param {string} type
   */
  #pass(from, type) {
    from.addEventListener(type, (event) => this.#tell(type, /** @type {CustomEvent} */ (event).detail));
  }

  /**
   * @param {string} type
   * @param {unknown} detail
   */
  #tell(type, detail) {
    if (!this.#closed || type === 'track-ended') this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

/** @param {Uint8Array} bytes */
function toBase64(bytes) {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

/** @param {string} text */
function fromBase64(text) {
  return Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
}
