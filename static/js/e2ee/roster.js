import { Pulse } from './pulse.js';

/** @typedef {import('./encoding.js').Bytes} Bytes */
/**
 * @typedef {object} Member somebody whose hello proved to be genuine
 * @property {number} index
 * @property {string} sig signing key, as text
 * @property {CryptoKey} key signing key
 * @property {boolean} host whether it is the host's key
 * @property {Bytes} kem where to seal the next epoch's secret
 * @property {number} issued the epoch after which `kem` was made; -1 for the one in the hello
 * @property {number} since position of the hello in the order of the server's messages
 * @property {number} until position of its end; Infinity while it is there
 * @property {Pulse} pulse
 */

/**
 * Who is in the meeting, in the words of the ordered broadcast. Everybody sees the same messages in the same
 * order, so what holds at one position holds there for everybody.
 */
export class Roster {
  /** @type {Map<number, Member>} live ones, and those who went since the last epoch */
  #members = new Map();
  /** @type {Set<number>} indexes that may never come back */
  #gone = new Set();
  /** @type {ReadonlyMap<number, string>} index → signing key, put out by the host */
  #kicked = new Map();
  /** Counts the server's messages. */
  position = 0;
  /** Where the last epoch stood. */
  #settled = 0;

  /** @param {Omit<Member, 'since' | 'until' | 'pulse'>} identity @param {number} now @returns {Member} */
  add(identity, now) {
    const member = { ...identity, since: this.position, until: Infinity, pulse: new Pulse(now) };
    this.#members.set(member.index, member);
    return member;
  }

  /** @param {number} index @returns {Member | undefined} somebody who is there */
  get(index) {
    const member = this.#members.get(index);
    return member?.until === Infinity ? member : undefined;
  }

  /** @param {number} index */
  leave(index) {
    this.#gone.add(index);
    const member = this.get(index);
    if (member) member.until = this.position;
  }

  /** @param {number} index */
  isGone(index) {
    return this.#gone.has(index);
  }

  /** @param {number} index @param {string} sig */
  isBarred(index, sig) {
    return this.#kicked.has(index) || [...this.#kicked.values()].includes(sig);
  }

  get kicked() {
    return this.#kicked;
  }

  /** Those who are there, in the order in which they are called upon to commit: hosts, then by index. */
  get line() {
    return [...this.#members.values()]
      .filter(({ until }) => until === Infinity)
      .sort((a, b) => Number(b.host) - Number(a.host) || a.index - b.index);
  }

  /** @param {ReadonlyMap<number, string>} roster whether these are exactly the ones who are there */
  matches(roster) {
    const { line } = this;
    return roster.size === line.length && line.every(({ index, sig }) => roster.get(index) === sig);
  }

  /**
   * Whether an honest committer can have written this roster. It saw everything up to the previous epoch and
   * up to the newest hello it names; what came after that it may or may not have seen.
   * @param {ReadonlyMap<number, string>} roster
   * @param {ReadonlyMap<number, string>} kicked
   */
  allows(roster, kicked) {
    let seen = this.#settled;
    for (const [index, sig] of roster) {
      const member = this.#members.get(index);
      if (!member || member.sig !== sig || kicked.has(index)) return false;
      seen = Math.max(seen, member.since);
    }
    return [...this.#members.values()].every(({ index, since, until }) => {
      if (roster.has(index)) return until > seen;
      return since > seen || until !== Infinity || kicked.has(index);
    });
  }

  /**
   * An epoch was accepted here: those who went before it cannot be in a later one.
   * @param {ReadonlyMap<number, string>} kicked everybody whom the host has put out so far
   */
  settle(kicked) {
    this.#settled = this.position;
    this.bar(kicked);
    for (const { index, until } of this.#members.values()) {
      if (until !== Infinity) this.#members.delete(index);
    }
  }

  /** @param {ReadonlyMap<number, string>} kicked everybody whom the host has put out so far */
  bar(kicked) {
    this.#kicked = kicked;
    for (const { index, sig } of this.#members.values()) {
      if (!this.isBarred(index, sig)) continue;
      this.#members.delete(index);
      this.#gone.add(index);
    }
  }
}
