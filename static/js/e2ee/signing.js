// Ed25519 over canonical bodies. A signature names the meeting it belongs to and, by the body's `kind`,
// what is being said: none can be used in another place.

import { canonicalWithout, concat, fromBase64url, toBase64url } from './encoding.js';
import { label } from './labels.js';

/** @typedef {import('./encoding.js').Bytes} Bytes */

const ED25519 = { name: 'Ed25519' };
export const SIGNATURE_BYTES = 64;

/** @returns {Promise<CryptoKeyPair>} the private key cannot be exported */
export async function generateSigningPair() {
  return /** @type {CryptoKeyPair} */ (await crypto.subtle.generateKey(ED25519, false, ['sign', 'verify']));
}

/** @param {Bytes} raw @returns {Promise<CryptoKey | null>} null where this is no public key */
export const importPublicKey = (raw) =>
  crypto.subtle.importKey('raw', raw, ED25519, false, ['verify']).catch(() => null);

/** @param {Bytes} start the meeting's start hash @param {object} body */
const signedBytes = (start, body) => concat(label('sign', start), canonicalWithout(body, 's'));

/**
 * The body with its signature `s`.
 * @template {object} T
 * @param {CryptoKey} key @param {Bytes} start @param {T} body @returns {Promise<T & {s: string}>}
 */
export async function signed(key, start, body) {
  const signature = await crypto.subtle.sign(ED25519, key, signedBytes(start, body));
  return { ...body, s: toBase64url(new Uint8Array(signature)) };
}

/**
 * @param {CryptoKey} key @param {Bytes} start @param {{s: string}} body as received, shape already checked
 * @returns {Promise<boolean>}
 */
export const isSigned = (key, start, body) =>
  crypto.subtle.verify(ED25519, key, fromBase64url(body.s, SIGNATURE_BYTES), signedBytes(start, body))
    .catch(() => false);
