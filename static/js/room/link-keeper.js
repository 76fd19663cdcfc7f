import { loadMeeting, saveMeeting } from '../e2ee/host-store.js';
import { createLink, parseFragment } from '../e2ee/link.js';

/**
 * @typedef {object} KeptLink
 * @property {string} fragment without `#`
 * @property {Uint8Array<ArrayBuffer>} secret
 * @property {Uint8Array<ArrayBuffer>} hostFingerprint
 * @property {CryptoKeyPair | undefined} hostKey only in the browser that made the link
 */

/** Knows the secret part of one meeting's link: from the address, from the store, or newly made. */
export class LinkKeeper {
  #code;

  /** @param {string} code */
  constructor(code) {
    this.#code = code;
  }

  /**
   * The link of an address's fragment, or the one that this browser remembers.
   * @param {string} hash `location.hash`
   * @returns {Promise<KeptLink | null>} null when neither holds a usable one
   */
  async find(hash) {
    const stored = await loadMeeting(this.#code);
    const given = read(hash) ?? (stored && read(stored.fragment));
    if (!given) return null;
    await this.#remember(given.fragment);
    return { ...given, hostKey: stored?.fragment === given.fragment ? stored.hostKey : undefined };
  }

  /**
   * A new secret and host key for this meeting; older links do not meet with it.
   * @returns {Promise<KeptLink>}
   */
  async renew() {
    const { fragment, hostKey } = await createLink();
    await saveMeeting({ code: this.#code, fragment, hostKey }).catch(() => undefined);
    return { ...parseFragment(fragment), fragment, hostKey };
  }

  /** @param {string} fragment */
  async #remember(fragment) {
    // a browser that keeps nothing still has the address
    await saveMeeting({ code: this.#code, fragment }).catch(() => undefined);
  }
}

/**
 * @param {string} text with or without `#`
 */
function read(text) {
  try {
    return { ...parseFragment(text), fragment: text.replace(/^#/, '') };
  } catch {
    return null;
  }
}
