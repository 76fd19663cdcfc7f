import { TAKEOVER_MS } from './labels.js';

/** @typedef {import('./chain.js').Chain} Chain */
/** @typedef {import('./roster.js').Roster} Roster */
/** @typedef {import('./roster.js').Member} Member */
/** @typedef {import('./turns.js').Turns} Turns */

/**
 * How somebody who comes in to lead learns where the chain stands (docs/e2ee.md, Takeover). Both sides of it:
 * the one inside who tells a newcomer, and the newcomer who waits to be told.
 */
export class Takeover {
  #index;
  #chain;
  #roster;
  #turns;
  #greetedAt = 0;
  #told = false;
  /** The leader and the epoch that we spoke about last. */
  #answered = '';

  /** @param {number} index ours @param {Chain} chain @param {Roster} roster @param {Turns} turns */
  constructor(index, chain, roster, turns) {
    this.#index = index;
    this.#chain = chain;
    this.#roster = roster;
    this.#turns = turns;
  }

  /**
   * Whom it is on us to tell where the chain stands; each newcomer once for each epoch.
   * @returns {number | null}
   */
  asker() {
    if (!this.#chain.joined) return null;
    const { line } = this.#roster;
    const { n, roster } = this.#chain.tip;
    const inside = line.find(({ index, sig }) => roster.get(index) === sig);
    if (inside?.index !== this.#index || inside === line[0]) return null;
    const question = `${line[0].index}:${n}`;
    if (question === this.#answered) return null;
    this.#answered = question;
    return line[0].index;
  }

  /** Our hello has come back. @param {number} now */
  greeted(now) {
    this.#greetedAt = now;
  }

  /**
   * Whether we, in no epoch yet and first in line, take this member's word: it was there before us.
   * @param {Member} member
   */
  believes(member) {
    const [first] = this.#roster.line;
    return !this.#chain.joined && first.index === this.#index && member.since < first.since;
  }

  /**
   * Somebody inside tells us; what is older than what we saw come ourselves is too late.
   * @param {import('./bodies.js').Standing} standing
   */
  take(standing) {
    if (standing.n < this.#chain.floor) return;
    this.#chain.place(standing);
    this.#told = true;
  }

  /**
   * Whether we may write an epoch: we know where the chain stands, or nobody is there to tell us.
   * @param {number} now
   */
  isReady(now) {
    if (this.#chain.joined || this.#told || !this.#chain.begun || this.#isAlone) return true;
    return now - Math.max(this.#greetedAt, this.#turns.leadSince) >= TAKEOVER_MS;
  }

  get #isAlone() {
    const { line } = this.#roster;
    return line[0]?.index === this.#index && !line.some((member) => this.believes(member));
  }
}
