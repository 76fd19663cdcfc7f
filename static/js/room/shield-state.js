/** @import {ShieldView} from './types.js' */

/** Only so many kinds of alarm are kept: the first ones tell the story. */
const MAX_ALARMS = 16;

/**
 * What the shield shows: keys being established, encrypted, or a problem in plain words.
 *
 * An alarm stays on the shield until the meeting is joined anew; a trouble that only held something
 * back goes when its cause has gone.
 *
 * Events: `changed`.
 */
export class ShieldState extends EventTarget {
  /** @type {string[]} */
  #alarms = [];
  /** @type {Set<string>} */
  #troubles = new Set();
  #epoch = 0;
  #code = '';
  /** @type {number[]} */
  #members = [];

  /** @returns {ShieldView} */
  get view() {
    const reason = this.#alarms[0] ?? [...this.#troubles][0] ?? '';
    const state = reason ? 'problem' : this.#code ? 'secure' : 'establishing';
    return { state, reason, code: this.#code, epoch: this.#epoch, members: this.#members };
  }

  get alarms() { return [...this.#alarms]; }

  /** @param {{n: number, code: string, members: number[]}} epoch */
  agreed({ n, code, members }) {
    this.#epoch = n;
    this.#code = code;
    this.#members = [...members];
    this.#tell();
  }

  /** @param {string} kind */
  alarm(kind) {
    if (this.#alarms.includes(kind) || this.#alarms.length >= MAX_ALARMS) return;
    this.#alarms.push(kind);
    this.#tell();
  }

  /**
   * Something is held back or was ignored, or it is over.
   * @param {string} kind
   * @param {boolean} on
   */
  trouble(kind, on) {
    if (on === this.#troubles.has(kind)) return;
    if (on) this.#troubles.add(kind);
    else this.#troubles.delete(kind);
    this.#tell();
  }

  /** The session is new: nothing is agreed on and nothing has happened. */
  reset() {
    this.#alarms = [];
    this.#troubles.clear();
    this.#code = '';
    this.#epoch = 0;
    this.#members = [];
    this.#tell();
  }

  #tell() { this.dispatchEvent(new CustomEvent('changed')); }
}
