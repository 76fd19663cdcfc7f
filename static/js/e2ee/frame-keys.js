import { CLASSES, HOLD_MS, OLD_KEYS_MS, kid, kidParts } from './labels.js';
import { ReplayWindow } from './replay-window.js';
import { frameKey } from './sframe-ciphers.js';
import { FrameError, TAG_BYTES, decodeHeader } from './sframe.js';

/** @typedef {import('./encoding.js').Bytes} Bytes */
/** @typedef {import('./labels.js').FrameClass} FrameClass */
/** @typedef {import('./hashing.js').Bases} Bases */
/** @typedef {import('./sframe.js').FrameKey} FrameKey */
/** @typedef {'no-key' | 'tag' | 'replay' | 'wrong-class' | 'wrong-sender' | 'malformed' | 'silent' | 'error'} Reason */
/** @typedef {{data: Bytes, reason?: undefined} | {reason: Reason, data?: undefined}} Outcome */
/** @typedef {{key: Promise<FrameKey>, counter: number}} Sender */
/** @typedef {{key: Promise<FrameKey>, window: ReplayWindow}} Receiver */

/** Epochs whose keys still open frames: the one in force and two before it. */
const KEPT_EPOCHS = 3;

/** The keys of one epoch. Frame keys are drawn from the bases when first needed. */
class EpochKeys {
  /** @type {Map<FrameClass, Sender>} */
  #senders = new Map();
  /** @type {Map<number, Receiver>} */
  #receivers = new Map();
  #bases;
  /** When these keys are to go. */
  until = Infinity;

  /** @param {number} n @param {number} index ours @param {Bases} bases */
  constructor(n, index, bases) {
    this.n = n;
    this.index = index;
    this.#bases = bases;
  }

  /** @param {FrameClass} name */
  sender(name) {
    return this.#kept(this.#senders, name, () =>
      ({ key: frameKey(this.#bases[name], kid(name, this.index, this.n)), counter: 0 }));
  }

  /** @param {FrameClass} name @param {number} id the KID */
  receiver(name, id) {
    return this.#kept(this.#receivers, id, () => ({ key: frameKey(this.#bases[name], id), window: new ReplayWindow() }));
  }

  /** @template K, V @param {Map<K, V>} map @param {K} key @param {() => V} make */
  #kept(map, key, make) {
    const known = map.get(key);
    if (known) return known;
    const made = make();
    map.set(key, made);
    return made;
  }
}

/**
 * All frame keys and counters of one participant. Lives in the worker and nowhere else: a counter that
 * started twice under one key would give both frames away.
 */
export class FrameKeys {
  #now;
  /** Newest first. @type {EpochKeys[]} */
  #epochs = [];
  #silent = false;
  /** Who waits for the keys of an epoch that has not come yet. @type {Map<number, Promise<void>>} */
  #awaited = new Map();
  #arrived = () => {};
  /** @type {Promise<void>} */
  #arrival;

  /** @param {() => number} [now] milliseconds */
  constructor(now = () => performance.now()) {
    this.#now = now;
    this.#arrival = this.#nextArrival();
  }

  /**
   * New keys are in force. An epoch that is not newer than the last is ignored: its counters are running.
   * @param {{n: number, index: number, bases: Bases}} epoch
   */
  setEpoch({ n, index, bases }) {
    const [current] = this.#epochs;
    if (current && n <= current.n) return;
    if (current) current.until = this.#now() + OLD_KEYS_MS;
    this.#epochs.unshift(new EpochKeys(n, index, bases));
    this.#epochs.length = Math.min(this.#epochs.length, KEPT_EPOCHS);
    this.forgetOld();
    this.#awaited.clear();
    this.#arrived();
    this.#arrival = this.#nextArrival();
  }

  /** Drop the keys of epochs that are over. */
  forgetOld() {
    this.#epochs = this.#epochs.filter(({ until }) => this.#now() < until);
  }

  /** @param {boolean} silent whether nothing may be sealed */
  silence(silent) {
    this.#silent = silent;
  }

  /**
   * @param {FrameClass} name @param {Bytes} data @param {number} [clear] leading bytes left readable
   * @returns {Promise<Outcome>}
   */
  async seal(name, data, clear = 0) {
    if (this.#silent) return { reason: 'silent' };
    if (data.length < clear) return { reason: 'malformed' };
    const [epoch] = this.#epochs;
    if (!epoch) return { reason: 'no-key' };
    const sender = epoch.sender(name);
    const counter = sender.counter;
    sender.counter += 1;
    return { data: await (await sender.key).seal(counter, data, clear) };
  }

  /**
   * Open a frame that must be of this class and this sender; a key that is about to come is waited for.
   * @param {FrameClass} name @param {number} index @param {Bytes} data @param {number} [clear]
   * @returns {Promise<Outcome>}
   */
  async open(name, index, data, clear = 0) {
    const header = decodeHeader(data.subarray(clear));
    if (!header || data.length < clear + header.size + TAG_BYTES) return { reason: 'malformed' };
    const parts = kidParts(header.kid);
    if (parts.class !== CLASSES[name]) return { reason: 'wrong-class' };
    // Our own frames never come back to us, except from somebody who wants to confuse.
    if (parts.index !== index || this.#epochs[0]?.index === index) return { reason: 'wrong-sender' };
    const epoch = this.#find(parts.nibble) ?? (await this.#late(parts.nibble));
    if (!epoch) return { reason: 'no-key' };
    const receiver = epoch.receiver(name, header.kid);
    if (!receiver.window.isFresh(header.counter)) return { reason: 'replay' };
    try {
      const plain = await (await receiver.key).open(header, data, clear);
      return receiver.window.accept(header.counter) ? { data: plain } : { reason: 'replay' };
    } catch (error) {
      if (error instanceof FrameError) return { reason: error.reason };
      throw error;
    }
  }

  /** @param {number} nibble epoch mod 16 */
  #find(nibble) {
    const now = this.#now();
    return this.#epochs.find(({ n, until }) => (n & 15) === nibble && now < until);
  }

  /**
   * Frames may overtake the epoch message that goes another way. They are held for a moment, once for each
   * coming epoch, so that nothing is lost when keys rotate.
   * @param {number} nibble
   */
  async #late(nibble) {
    const [current] = this.#epochs;
    if (current && ![current.n + 1, current.n + 2].some((n) => (n & 15) === nibble)) return undefined;
    const waiting = this.#awaited.get(nibble) ?? this.#hold();
    this.#awaited.set(nibble, waiting);
    await waiting;
    return this.#find(nibble);
  }

  /** @returns {Promise<void>} */
  #hold() {
    /** @type {ReturnType<typeof setTimeout>} */
    let timer;
    const patience = new Promise((resolve) => { timer = setTimeout(resolve, HOLD_MS); });
    return Promise.race([this.#arrival, patience]).then(() => clearTimeout(timer));
  }

  /** @returns {Promise<void>} */
  #nextArrival() {
    return new Promise((resolve) => { this.#arrived = resolve; });
  }
}
