// The secret part of a meeting's link: `1.<L>.<HF>`. It stands after the `#`, which browsers do not send.

import { fromBase64url, randomBytes, toBase64url, utf8 } from './encoding.js';
import { hkdf, rawPublicKey, sha256 } from './hashing.js';
import { label } from './labels.js';
import { generateSigningPair } from './signing.js';

/** @typedef {import('./encoding.js').Bytes} Bytes */

const LINK_VERSION = '1';
const SECRET_BYTES = 32;
const FINGERPRINT_BYTES = 16;

/** What is wrong with a fragment. */
export class LinkError extends Error {
  /** @param {'missing' | 'version' | 'malformed'} code */
  constructor(code) {
    super(code);
    this.code = code;
  }
}

/** @param {Bytes} publicKey the host's raw Ed25519 key @returns {Promise<Bytes>} 16 bytes */
export const hostFingerprint = async (publicKey) =>
  (await sha256(label('host', publicKey))).slice(0, FINGERPRINT_BYTES);

/** The key under which a `hello` proves to know the link.
 * @param {Bytes} secret L @param {string} room */
export const joinKey = (secret, room) => hkdf(secret, label('join', utf8(room)), 32);

/**
 * A new meeting's link and its host's signing key, whose private half cannot be exported.
 * @returns {Promise<{fragment: string, hostKey: CryptoKeyPair, secret: Bytes}>} the fragment without `#`
 */
export async function createLink() {
  const hostKey = await generateSigningPair();
  const secret = randomBytes(SECRET_BYTES);
  const fingerprint = await hostFingerprint(await rawPublicKey(hostKey.publicKey));
  const fragment = `${LINK_VERSION}.${toBase64url(secret)}.${toBase64url(fingerprint)}`;
  return { fragment, hostKey, secret };
}

/**
 * @param {string} fragment with or without `#`
 * @returns {{secret: Bytes, hostFingerprint: Bytes}}
 * @throws {LinkError}
 */
export function parseFragment(fragment) {
  const text = fragment.startsWith('#') ? fragment.slice(1) : fragment;
  if (text === '') throw new LinkError('missing');
  const [version, secret, fingerprint, ...more] = text.split('.');
  if (version !== LINK_VERSION) throw new LinkError(/^\d+$/.test(version) ? 'version' : 'malformed');
  if (more.length) throw new LinkError('malformed');
  try {
    return {
      secret: fromBase64url(secret, SECRET_BYTES),
      hostFingerprint: fromBase64url(fingerprint, FINGERPRINT_BYTES),
    };
  } catch {
    throw new LinkError('malformed');
  }
}
