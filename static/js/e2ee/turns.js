import { STAND_IN_ACCEPT_MS, STAND_IN_ACT_MS } from './labels.js';

/** @typedef {import('./roster.js').Roster} Roster */
/** @typedef {import('./roster.js').Member} Member */

/**
 * Whose turn it is to write the next epoch: the first in line leads, every host may, and the second in line
 * stands in when the leader has fallen silent. All take the turn from the same messages in the same order.
 */
export class Turns {
  #roster;
  /** The first in line. @type {number | undefined} */
  lead;
  /** When the first in line became the first. */
  leadSince = 0;
  /** Everybody who led since the last epoch: may honestly have lost a race. @type {Set<number>} */
  #led = new Set();

  /** @param {Roster} roster */
  constructor(roster) {
    this.#roster = roster;
  }

  /** The line may have changed. @param {number} now */
  update(now) {
    const lead = this.#roster.line[0]?.index;
    if (lead === this.lead) return;
    this.lead = lead;
    this.leadSince = now;
    if (lead !== undefined) this.#led.add(lead);
  }

  /** An epoch was accepted. */
  settle() {
    this.#led = new Set(this.lead === undefined ? [] : [this.lead]);
  }

  /** @param {number} index */
  hasLed(index) {
    return this.#led.has(index);
  }

  /** For how long nothing was heard of the leader. @param {number} now */
  #idle(now) {
    const heard = this.#roster.line[0]?.pulse.heard ?? now;
    return now - Math.max(heard, this.leadSince);
  }

  /** Whether an epoch by this member counts now. @param {Member} author @param {number} now */
  mayCommit(author, now) {
    const [lead, second] = this.#roster.line;
    return author.host || author === lead || (author === second && this.#idle(now) >= STAND_IN_ACCEPT_MS);
  }

  /** Whether this member would count if the leader stayed silent. @param {Member} author */
  isSecond(author) {
    return author === this.#roster.line[1];
  }

  /** Whether we should write the next epoch, if one is needed. @param {number} index ours @param {number} now */
  isOurs(index, now) {
    const [lead, second] = this.#roster.line;
    return lead?.index === index || (second?.index === index && this.#idle(now) >= STAND_IN_ACT_MS);
  }
}
