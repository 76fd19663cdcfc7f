/** @typedef {import('./frame-keys.js').FrameKeys} FrameKeys */
/** @typedef {import('./labels.js').Media} Media */
/** @typedef {'opus' | 'vp8'} Codec */
/** @typedef {{media: Media, codec: Codec, index?: number}} Aim what a stream carries, and whose it is */
/** @typedef {{data: ArrayBuffer}} EncodedFrame the part of RTCEncoded*Frame that is used here */
/** @typedef {Record<string, unknown> & {type: string}} News */

const NEWS_MS = 500;

/** @param {Uint8Array} data of a VP8 frame (RFC 6386 §9.1: the lowest bit is 0 on key frames) */
const isKeyFrame = (data) => (data[0] & 1) === 0;

/**
 * What stays readable in front of a frame, for the browser's depacketizer and the relay.
 * @type {Record<Codec, (data: Uint8Array) => number>}
 */
const CLEAR_BYTES = {
  opus: () => 0,
  vp8: (data) => (isKeyFrame(data) ? 10 : 1),
};

/**
 * The frames of one sender or receiver on their way through the worker. What cannot be sealed or opened is
 * dropped and counted, whatever the reason; nothing ever passes as it came.
 */
export class FrameStream {
  #keys;
  #tell;
  #now;
  /** @type {Record<string, number>} */
  #dropped = {};
  #passed = 0;
  #sinceNews = 0;
  #lastNews = -Infinity;
  /** A picture is missing what the dropped frames held, until the next key frame. */
  #gap = false;

  /**
   * @param {'send' | 'receive'} role
   * @param {Aim} aim
   * @param {FrameKeys} keys
   * @param {(news: News) => void} tell
   * @param {() => number} [now]
   */
  constructor(role, aim, keys, tell, now = () => performance.now()) {
    this.role = role;
    this.aim = aim;
    this.#keys = keys;
    this.#tell = tell;
    this.#now = now;
  }

  /**
   * Seal or open one frame in place.
   * @param {EncodedFrame} frame
   * @returns {Promise<boolean>} whether it may go on
   */
  async process(frame) {
    const { aim } = this;
    const data = new Uint8Array(frame.data);
    if (!data.length) return this.#drop(aim, 'malformed');
    const outcome = await this.#treat(aim, data, CLEAR_BYTES[aim.codec](data));
    if (!outcome.data) return this.#drop(aim, outcome.reason);
    frame.data = outcome.data.buffer;
    this.#passed += 1;
    if (this.#gap) this.#resumed(aim, isKeyFrame(data));
    return true;
  }

  /** Counters since the stream began. */
  get stats() {
    return { role: this.role, ...this.aim, passed: this.#passed, dropped: { ...this.#dropped } };
  }

  /** @param {Aim} aim @param {Uint8Array<ArrayBuffer>} data @param {number} clear
   * @returns {Promise<import('./frame-keys.js').Outcome>} */
  async #treat({ media, index = -1 }, data, clear) {
    try {
      if (this.role === 'send') return await this.#keys.seal(media, data, clear);
      return await this.#keys.open(media, index, data, clear);
    } catch {
      return { reason: 'error' };
    }
  }

  /** @param {Aim} aim @param {string} reason */
  #drop(aim, reason) {
    this.#dropped[reason] = (this.#dropped[reason] ?? 0) + 1;
    // Probing for bandwidth, senders repeat packets, and whole frames then come twice: nothing is missing.
    if (reason === 'replay') return false;
    if (aim.codec === 'vp8') this.#gap = true;
    this.#sinceNews += 1;
    if (this.role === 'receive') this.#say(aim, reason);
    return false;
  }

  /** Frames pass again; without a key frame there is no picture, though. @param {Aim} aim @param {boolean} keyFrame */
  #resumed(aim, keyFrame) {
    if (keyFrame) this.#gap = false;
    else if (this.role === 'receive') this.#say(aim, 'gap');
    else {
      this.#gap = false;
      this.#tell({ type: 'resumed', media: aim.media });
    }
  }

  /** @param {Aim} aim @param {string} reason */
  #say({ media, index }, reason) {
    if (this.#now() - this.#lastNews < NEWS_MS) return;
    this.#lastNews = this.#now();
    this.#tell({ type: 'undecryptable', index, media, reason, count: this.#sinceNews });
    this.#sinceNews = 0;
  }
}
