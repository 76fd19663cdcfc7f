/** @import {ShieldView} from './types.js' */

/** Alarms that speak of an attack: joining anew does not make them untrue. */
const ATTACKS = new Set(['fork', 'withheld', 'roster', 'bad-kick', 'bad-grant']);
/** Only so many kinds of alarm are kept: the first ones tell the story. */
const MAX_ALARMS = 16;

/**
 * What the shield shows: keys being established, encrypted, open to the telephone, or a problem in plain
 * words. That the telephone hears is read from the epoch's grants, never from what the relay says.
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
  /** @type {string[]} */
  #phones = [];
  /** @type {Set<number>} */
  #outsiders = new Set();

  /** @returns {ShieldView} */
  get view() {
    const reason = this.#alarms[0] ?? [...this.#troubles][0] ?? '';
    const agreed = this.#phones.length ? 'open' : 'secure';
    const state = reason ? 'problem' : this.#code ? agreed : 'establishing';
    return {
      state, reason, code: this.#code, epoch: this.#epoch, members: this.#members, phones: this.#phones,
    };
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

  /** @param {{n: number, code: string, members: number[], phones?: string[]}} epoch */
  agreed({ n, code, members, phones = [] }) {
    this.#epoch = n;
    this.#code = code;
    this.#members = [...members];
    this.#phones = [...phones];
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
    this.#phones = [];
    this.#tell();
  }

  #tell() { this.dispatchEvent(new CustomEvent('changed')); }
}
