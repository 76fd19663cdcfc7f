import { toBase64url } from './encoding.js';
import { HpkeError, generateKemPair, open } from './hpke.js';

/** @typedef {import('./encoding.js').Bytes} Bytes */

/**
 * Our HPKE keys, a fresh one after each epoch. A committer seals to the newest that it has seen, so a key
 * goes when an epoch has come after the echo of a newer one: never more than three are held, usually two.
 */
export class OwnKeys {
  /** @type {{name: string, pair: import('./hpke.js').KemPair, echoed: boolean}[]} */
  #keys = [];

  /** @returns {Promise<string>} the public half of a new key, as text */
  async issue() {
    const pair = await generateKemPair();
    const name = toBase64url(pair.publicKey);
    this.#keys.push({ name, pair, echoed: false });
    return name;
  }

  /** Everybody has seen this key of ours. @param {Bytes} publicKey */
  echoed(publicKey) {
    const key = this.#keys.find(({ name }) => name === toBase64url(publicKey));
    if (key) key.echoed = true;
  }

  /** An epoch was accepted: forget what no later one can be sealed to. @returns {boolean} whether a new key is due */
  settle() {
    const newest = this.#keys.findLastIndex(({ echoed }) => echoed);
    this.#keys = this.#keys.slice(Math.max(0, newest));
    return this.#keys.length === 1;
  }

  /** @param {Bytes} info @param {Bytes} aad @param {Bytes} sealed @returns {Promise<Bytes | null>} */
  async open(info, aad, sealed) {
    for (const { pair } of this.#keys) {
      try {
        return await open(pair, info, aad, sealed);
      } catch (error) {
        if (!(error instanceof HpkeError)) throw error;
      }
    }
    return null;
  }

  forget() {
    this.#keys = [];
  }
}
