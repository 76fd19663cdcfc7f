// The link of a call's meeting on its way: sealed by the caller's browser to a key that the accepting browser
// made for this call alone. The server passes it on and cannot open it (docs/calls.md).

import { fromBase64url, toBase64url, utf8 } from '../e2ee/encoding.js';
import { PUBLIC_KEY_BYTES, generateKemPair, open, seal } from '../e2ee/hpke.js';
import { label } from '../e2ee/labels.js';
import { parseFragment } from '../e2ee/link.js';

const FRAGMENT_BYTES = 68; // `1.`, 43 letters of the secret, `.`, 22 of the host's fingerprint
const SEALED_BYTES = FRAGMENT_BYTES + PUBLIC_KEY_BYTES + 16;

/** @param {string} room */
const info = (room) => label('direct call', utf8(room));

/** What the browser that accepts holds until the link has come. */
export class Acceptance {
  #pair;

  /** @param {import('../e2ee/hpke.js').KemPair} pair */
  constructor(pair) {
    this.#pair = pair;
    this.key = toBase64url(pair.publicKey);
  }

  /** @returns {Promise<Acceptance>} with a fresh key */
  static async create() {
    return new Acceptance(await generateKemPair());
  }

  /**
   * @param {string} call @param {string} room @param {string} sealed
   * @returns {Promise<string>} the fragment, without `#`
   * @throws {Error} for anything that is not the link of this call, sealed to this key
   */
  async open(call, room, sealed) {
    const bytes = fromBase64url(sealed, SEALED_BYTES);
    const fragment = new TextDecoder().decode(await open(this.#pair, info(room), utf8(call), bytes));
    parseFragment(fragment);
    return fragment;
  }
}

/**
 * @param {string} key of the browser that accepted
 * @param {string} call @param {string} room @param {string} fragment without `#`
 * @returns {Promise<string>}
 * @throws {Error} where the key is none
 */
export async function sealLink(key, call, room, fragment) {
  const recipient = fromBase64url(key, PUBLIC_KEY_BYTES);
  return toBase64url(await seal(recipient, info(room), utf8(call), utf8(fragment)));
}
