/** @import {Clock, Send, Size, TrackId} from './types.js' */

const QUIET_MS = 120;
/** Sizes are told in steps, so that a window being dragged is not a stream of messages. */
const STEP = 16;

/**
 * Tells the relay how large each picture is shown, so that it sends the layer that fits: at once
 * after a pause, then gathered.
 */
export class ViewSizes {
  #send;
  #clock;
  /** @type {Record<TrackId, Size>} */
  #wanted = {};
  #told = '';
  #hidden = false;
  /** @type {unknown} */
  #timer = null;

  /**
   * @param {Send} send
   * @param {Pick<Clock, 'setTimeout' | 'clearTimeout'>} [clock]
   */
  constructor(send, clock = { setTimeout: (f, ms) => setTimeout(f, ms), clearTimeout: (id) => clearTimeout(id) }) {
    this.#send = send;
    this.#clock = clock;
  }

  /**
   * What is on the screen now.
   * @param {Map<TrackId, Size>} sizes CSS pixels
   * @param {number} scale device pixels a CSS pixel
   */
  show(sizes, scale) {
    this.#wanted = {};
    for (const [id, [width, height]] of sizes) {
      this.#wanted[id] = [step(width * scale), step(height * scale)];
    }
    this.#schedule();
  }

  /**
   * Nothing is looked at while the page is in the background.
   * @param {boolean} hidden
   */
  hide(hidden) {
    this.#hidden = hidden;
    this.#schedule();
  }

  /** A new session knows nothing yet, and has something to show before long. */
  forget() {
    this.close();
    this.#told = '';
  }

  close() {
    this.#clock.clearTimeout(this.#timer);
    this.#timer = null;
  }

  #schedule() {
    if (this.#timer !== null || !this.#tell()) return;
    this.#timer = this.#clock.setTimeout(() => {
      this.#timer = null;
      this.#tell();
    }, QUIET_MS);
  }

  /** @returns {boolean} whether there was anything new to tell */
  #tell() {
    const sizes = this.#hidden ? {} : this.#wanted;
    const text = JSON.stringify(Object.entries(sizes).sort());
    if (text === this.#told || !this.#send('view', { sizes })) return false;
    this.#told = text;
    return true;
  }
}

/** @param {number} size */
function step(size) {
  return size < 1 ? 0 : Math.max(STEP, Math.round(size / STEP) * STEP);
}
