/** @typedef {'first' | 'same' | 'changed'} Standing */

const KEY = 'onmeet.gateway';

/**
 * Remembers by which key this site's telephone gateway was known when a caller was last admitted: trust on
 * first use. A browser that keeps nothing sees each gateway for the first time.
 */
export class GatewayPin {
  #storage;

  /** @param {Storage | null} storage */
  constructor(storage) {
    this.#storage = storage;
  }

  /**
   * @param {string} gateway public key, base64url
   * @returns {Standing}
   */
  standing(gateway) {
    const known = this.#read();
    if (!known) return 'first';
    return known === gateway ? 'same' : 'changed';
  }

  /** The host has admitted a call of this gateway. @param {string} gateway */
  accept(gateway) {
    try {
      this.#storage?.setItem(KEY, gateway);
    } catch {
      // full or forbidden: then it is the first time again
    }
  }

  #read() {
    try {
      return this.#storage?.getItem(KEY) ?? '';
    } catch {
      return '';
    }
  }
}
