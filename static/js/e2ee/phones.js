import { MAX_GRANTS } from './labels.js';

/** @typedef {import('./encoding.js').Bytes} Bytes */
/** @typedef {import('./epochs.js').Statement} Statement */
/** @typedef {{statement: Statement, call: string, gw: Bytes}} Admitted */

/**
 * The host's exceptions for telephone calls: whom the next epoch lets hear the sound. A grant is in force
 * only in epochs that carry it, and only a host's epoch may.
 */
export class Phones {
  /** @type {Map<string, Bytes>} calls that the host has just let in */
  #wanted = new Map();
  /** @type {Map<string, Admitted>} what the epoch in force carries */
  #admitted = new Map();
  /** @type {Set<string>} calls that must not be carried on */
  #ended = new Set();

  /**
   * Let a call in with the next epoch; again for one that is in: it gets a new grant.
   * @param {string} call @param {Bytes} gw the call's public key @returns {boolean} whether there was room
   */
  admit(call, gw) {
    if (new Set([...this.#wanted.keys(), ...this.#admitted.keys(), call]).size > MAX_GRANTS) return false;
    this.#wanted.set(call, gw);
    this.#ended.delete(call);
    return true;
  }

  /** @param {string} call */
  end(call) {
    this.#wanted.delete(call);
    if (this.#admitted.has(call)) this.#ended.add(call);
  }

  /** Whether the epoch in force is not what the host wants. */
  get changed() {
    return this.#wanted.size > 0 || this.#ended.size > 0;
  }

  /** @returns {string[]} calls that can hear this epoch's sound */
  get calls() {
    return [...this.#admitted.keys()];
  }

  /**
   * What epoch `n` is to carry, new grants signed.
   * @param {import('./voice.js').Voice} host @param {number} n
   * @returns {Promise<Admitted[]>}
   */
  async statements(host, n) {
    const going = [...this.#admitted.values()].filter(({ call }) => !this.#ended.has(call) && !this.#wanted.has(call));
    const fresh = [...this.#wanted].map(async ([call, gw]) =>
      ({ statement: await host.grant({ call, gw }, n), call, gw }));
    return [...going, ...(await Promise.all(fresh))];
  }

  /** @param {import('./bodies.js').Grant[]} grants of the epoch that was accepted */
  settle(grants) {
    this.#admitted = new Map(grants.map(({ raw, call, gw }) => [call, { statement: raw, call, gw }]));
    for (const call of this.#admitted.keys()) this.#wanted.delete(call);
    for (const call of this.#ended) if (!this.#admitted.has(call)) this.#ended.delete(call);
  }
}
