/** @import {ShieldView} from './types.js' */

/** Only so many kinds of alarm are kept: the first ones tell the story. */
const MAX_ALARMS = 16;

/**
 * What the shield shows: keys being established, encrypted, or a problem in plain words.
 *
 * A problem that touches the secrecy of what was said stays on the shield until the meeting is
 * joined anew; one that only held our media back goes when its cause has gone.
 *
 * Events: `changed`.
 */
export class ShieldState extends EventTarget {
  /** @type {string[]} */
  #alarms = [];
  #held = '';
  #epoch = 0;
  #code = '';
  /** @type {number[]} */
  #members = [];

  /** @returns {ShieldView} */
  get view() {
    const reason = this.#alarms[0] ?? this.#held;
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
   * Sending is held back for a reason, or goes on ('').
   * @param {string} reason
   */
  held(reason) {
    if (reason === this.#held) return;
    this.#held = reason;
    this.#tell();
  }

  /** The session is new: nothing is agreed on and nothing has happened. */
  reset() {
    this.#alarms = [];
    this.#held = this.#code = '';
    this.#epoch = 0;
    this.#members = [];
    this.#tell();
  }

  #tell() { this.dispatchEvent(new CustomEvent('changed')); }
}
