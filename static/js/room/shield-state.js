/** @import {ShieldView} from './types.js' */

/** Alarms that speak of an attack: joining anew does not make them untrue. */
const ATTACKS = new Set(['fork', 'withheld', 'roster', 'bad-kick', 'bad-grant']);
/** Only so many kinds of alarm are kept: the first ones tell the story. */
const MAX_ALARMS = 16;

/**
 * What the shield shows: keys being established, encrypted, or a problem in plain words.
 *
 * An alarm stays on the shield until the meeting is joined anew, one of an attack until the page is
 * closed; a trouble that only held something back goes when its cause has gone.
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
  /** @type {Set<number>} */
  #outsiders = new Set();

  /** @returns {ShieldView} */
  get view() {
    const reason = this.#alarms[0] ?? [...this.#troubles][0] ?? '';
    const state = reason ? 'problem' : this.#code ? 'secure' : 'establishing';
    return { state, reason, code: this.#code, epoch: this.#epoch, members: this.#members };
  }

  get alarms() { return [...this.#alarms]; }

  /**
   * Whether somebody is here with another link, and so shares no keys with us.
   * @param {number} index
   */
  isOutsider(index) { return this.#outsiders.has(index); }

  /** @param {number} index */
  outsider(index) {
    this.#outsiders.add(index);
    this.#tell();
  }

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

  /** The session is new and nothing is agreed on yet. */
  reset() {
    this.#alarms = this.#alarms.filter((kind) => ATTACKS.has(kind));
    this.#outsiders.clear();
    this.#troubles.clear();
    this.#code = '';
    this.#epoch = 0;
    this.#members = [];
    this.#tell();
  }

  #tell() { this.dispatchEvent(new CustomEvent('changed')); }
}
