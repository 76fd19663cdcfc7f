import { sealsMatch } from './bodies.js';
import { sameBytes } from './encoding.js';
import { areGrantsValid, epochHash, isKickValid } from './epochs.js';
import { HINT_MAX } from './labels.js';

/** @typedef {import('./encoding.js').Bytes} Bytes */
/** @typedef {import('./bodies.js').Epoch} Epoch */
/** @typedef {import('./roster.js').Member} Member */
/** @typedef {import('./roster.js').Roster} Roster */
/** @typedef {import('./turns.js').Turns} Turns */
/** @typedef {{n: number, th: Bytes, by: number, roster: ReadonlyMap<number, string>}} Tip */
/**
 * @typedef {'accept' | 'hint' | 'park' | 'ignore' | {alarm: string, lost: boolean}} Verdict
 * `hint`: not for us, but it says where the chain stands; `park`: may count later; `ignore`: harmless
 */

/** @type {ReadonlyMap<number, string>} */
export const NOBODY = new Map();

/** The chain of epochs as one participant sees it, and the rules by which it grows. */
export class Chain {
  #roster;
  #turns;
  #index;
  /** We were in an epoch: from here on the chain has no gaps. */
  joined = false;
  /** No epoch with this number or a lower one can follow any more. */
  floor = -1;
  /** The newest kick, which every later epoch has to carry on. @type {import('./bodies.js').Kick | undefined} */
  kick;

  /** @param {number} index ours @param {Roster} roster @param {Turns} turns */
  constructor(index, roster, turns) {
    this.#index = index;
    this.#roster = roster;
    this.#turns = turns;
    /** @type {Tip} */
    this.tip = { n: 0, th: new Uint8Array(0), by: -1, roster: NOBODY };
  }

  /**
   * @param {import('./epochs.js').Meeting} meeting
   * @param {Epoch} epoch signed by its author @param {Member} author @param {number} now
   * @returns {Promise<Verdict>}
   */
  async judge(meeting, epoch, author, now) {
    const { n, th } = this.tip;
    if (epoch.n <= this.floor) return 'ignore';
    if (!this.#turns.mayCommit(author, now)) return this.#outOfTurn(author);
    if (this.joined && epoch.n > n + 1) return { alarm: 'withheld', lost: true };
    if (this.joined && !sameBytes(epoch.prev, th)) return { alarm: 'fork', lost: true };
    if (!this.joined && !epoch.roster.has(this.#index)) return 'hint';
    const problem = await this.#problemOf(meeting, epoch, author);
    return problem ? { alarm: problem, lost: true } : 'accept';
  }

  /** Take in an epoch that was accepted. @param {Epoch} epoch */
  async grow(epoch) {
    await this.follow(epoch);
    this.joined = true;
    this.kick = epoch.kick;
    this.#roster.settle(epoch.kick?.who ?? NOBODY);
  }

  /**
   * Before we are in an epoch: whom the host has put out, by the host's word, whoever passes it on.
   * @param {import('./epochs.js').Meeting} meeting @param {Epoch} epoch
   */
  async learn(meeting, epoch) {
    if (this.joined || !epoch.kick || !(await isKickValid(meeting, epoch, this.#roster.kicked))) return;
    this.kick = epoch.kick;
    this.#roster.bar(epoch.kick.who);
  }

  /** Where the chain stands, as far as somebody can tell who is not in it yet. @param {Epoch} epoch */
  async hint(epoch) {
    const { n, by, roster } = epoch;
    this.tip = { n: Math.min(n, HINT_MAX), th: await epochHash(epoch), by, roster };
  }

  /** Take note of an epoch that counts. @param {Epoch} epoch */
  async follow(epoch) {
    const { n, by, roster } = epoch;
    this.tip = { n, th: await epochHash(epoch), by, roster };
    this.floor = n;
  }

  /** Believe somebody who is in the chain. @param {import('./bodies.js').Standing} standing */
  place({ id, n, th }) {
    this.tip = { n, th, by: id, roster: NOBODY };
    this.floor = n;
  }

  /** Whether we know of any epoch. */
  get begun() {
    return this.tip.by >= 0;
  }

  /** Whether the epoch in force is not one by `index` for exactly those who are there. @param {number} index */
  isStale(index) {
    return this.tip.by !== index || !this.#roster.matches(this.tip.roster);
  }

  /** @param {Member} author @returns {Verdict} */
  #outOfTurn(author) {
    if (!this.joined && this.#turns.isSecond(author)) return 'park';
    return this.#turns.hasLed(author.index) ? 'ignore' : { alarm: 'usurped', lost: false };
  }

  /** @param {import('./epochs.js').Meeting} meeting @param {Epoch} epoch @param {Member} author @returns {Promise<string | null>} */
  async #problemOf(meeting, epoch, author) {
    if (!sealsMatch(epoch)) return 'malformed';
    if (!(await isKickValid(meeting, epoch, this.joined ? this.#roster.kicked : NOBODY))) return 'bad-kick';
    const out = epoch.kick?.who ?? NOBODY;
    if (out.has(this.#index) && !epoch.roster.has(this.#index)) return 'kicked';
    if (!(await areGrantsValid(meeting, epoch, author.host))) return 'bad-grant';
    return this.#roster.allows(epoch.roster, out) ? null : 'roster';
  }
}
