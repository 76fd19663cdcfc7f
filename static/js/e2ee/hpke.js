// HPKE (RFC 9180), base mode, single shot: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-128-GCM.

import { concat, u16, utf8 } from './encoding.js';
import { rawPublicKey } from './hashing.js';

/** @typedef {import('./encoding.js').Bytes} Bytes */
/** @typedef {{publicKey: Bytes, privateKey: CryptoKey}} KemPair */

/** The sealed text, the key or the public key is not good. */
export class HpkeError extends Error {}

const VERSION = utf8('HPKE-v1');
const KEM_SUITE = concat(utf8('KEM'), u16(0x0020));
const SUITE = concat(utf8('HPKE'), u16(0x0020), u16(0x0001), u16(0x0001));
const X25519 = { name: 'X25519' };
const NONE = new Uint8Array(0);
export const PUBLIC_KEY_BYTES = 32;
/** What sealing adds: the encapsulated key and the tag. */
export const OVERHEAD_BYTES = PUBLIC_KEY_BYTES + 16;

/** @param {Bytes} salt @param {Bytes} ikm @returns {Promise<Bytes>} HKDF-Extract (RFC 5869 §2.2) */
async function extract(salt, ikm) {
  const raw = salt.length ? salt : new Uint8Array(32);
  const key = await crypto.subtle.importKey('raw', raw, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  return new Uint8Array(await crypto.subtle.sign('HMAC', key, ikm));
}

/** HKDF-Expand, one block is enough here (RFC 5869 §2.3).
 * @param {Bytes} prk @param {Bytes} info @param {number} length */
const expand = async (prk, info, length) =>
  (await extract(prk, concat(info, new Uint8Array([1])))).slice(0, length);

/** RFC 9180 §4. @param {Bytes} suite @param {Bytes} salt @param {string} name @param {Bytes} ikm */
const labeledExtract = (suite, salt, name, ikm) => extract(salt, concat(VERSION, suite, utf8(name), ikm));

/** RFC 9180 §4.
 * @param {Bytes} suite @param {Bytes} prk @param {string} name @param {Bytes} info @param {number} length */
const labeledExpand = (suite, prk, name, info, length) =>
  expand(prk, concat(u16(length), VERSION, suite, utf8(name), info), length);

/** @returns {Promise<KemPair>} a fresh pair; the private key cannot leave the browser's key store */
export async function generateKemPair() {
  const pair = /** @type {CryptoKeyPair} */ (await crypto.subtle.generateKey(X25519, false, ['deriveBits']));
  return { publicKey: await rawPublicKey(pair.publicKey), privateKey: pair.privateKey };
}

/** @param {CryptoKey} privateKey @param {Bytes} publicKey @returns {Promise<Bytes>} */
async function diffieHellman(privateKey, publicKey) {
  let shared;
  try {
    const peer = await crypto.subtle.importKey('raw', publicKey, X25519, false, []);
    shared = new Uint8Array(await crypto.subtle.deriveBits({ ...X25519, public: peer }, privateKey, 256));
  } catch {
    throw new HpkeError('public key');
  }
  // Points of small order give zero whatever the secret (RFC 9180 §7.1.4); not every engine refuses them.
  if (shared.every((byte) => byte === 0)) throw new HpkeError('public key');
  return shared;
}

/**
 * Whether sealing to this key can work; every member must come to the same answer.
 * @param {Bytes} publicKey @param {KemPair} probe any pair of ours
 */
export const isUsable = (publicKey, probe) =>
  diffieHellman(probe.privateKey, publicKey).then(() => true, () => false);

/**
 * The AEAD key and the nonce of the first and only message (RFC 9180 §4.1 and §5.1, base mode).
 * @param {Bytes} shared @param {Bytes} enc @param {Bytes} recipient @param {Bytes} info
 */
async function keySchedule(shared, enc, recipient, info) {
  const eaePrk = await labeledExtract(KEM_SUITE, NONE, 'eae_prk', shared);
  const kemContext = concat(enc, recipient);
  const sharedSecret = await labeledExpand(KEM_SUITE, eaePrk, 'shared_secret', kemContext, 32);
  const pskIdHash = await labeledExtract(SUITE, NONE, 'psk_id_hash', NONE);
  const infoHash = await labeledExtract(SUITE, NONE, 'info_hash', info);
  const context = concat(new Uint8Array([0]), pskIdHash, infoHash);
  const secret = await labeledExtract(SUITE, sharedSecret, 'secret', NONE);
  const key = await labeledExpand(SUITE, secret, 'key', context, 16);
  const nonce = await labeledExpand(SUITE, secret, 'base_nonce', context, 12);
  return { sharedSecret, key, nonce };
}

/** @param {Bytes} key @param {'encrypt' | 'decrypt'} usage */
const aesKey = (key, usage) => crypto.subtle.importKey('raw', key, 'AES-GCM', false, [usage]);

/**
 * Seals `plain` to the holder of `recipient`'s private key.
 * @param {Bytes} recipient @param {Bytes} info @param {Bytes} aad @param {Bytes} plain
 * @param {KemPair} [ephemeral] only for test vectors
 * @returns {Promise<Bytes>} encapsulated key ‖ ciphertext ‖ tag
 * @throws {HpkeError} where `recipient` is no usable public key
 */
export async function seal(recipient, info, aad, plain, ephemeral) {
  const pair = ephemeral ?? (await generateKemPair());
  const shared = await diffieHellman(pair.privateKey, recipient);
  const { key, nonce } = await keySchedule(shared, pair.publicKey, recipient, info);
  const params = { name: 'AES-GCM', iv: nonce, additionalData: aad };
  const sealed = await crypto.subtle.encrypt(params, await aesKey(key, 'encrypt'), plain);
  return concat(pair.publicKey, new Uint8Array(sealed));
}

/**
 * @param {KemPair} pair @param {Bytes} info @param {Bytes} aad @param {Bytes} sealed as made by `seal`
 * @returns {Promise<Bytes>}
 * @throws {HpkeError}
 */
export async function open(pair, info, aad, sealed) {
  if (sealed.length < OVERHEAD_BYTES) throw new HpkeError('too short');
  const enc = sealed.slice(0, PUBLIC_KEY_BYTES);
  const shared = await diffieHellman(pair.privateKey, enc);
  const { key, nonce } = await keySchedule(shared, enc, pair.publicKey, info);
  const params = { name: 'AES-GCM', iv: nonce, additionalData: aad };
  try {
    const body = sealed.subarray(PUBLIC_KEY_BYTES);
    return new Uint8Array(await crypto.subtle.decrypt(params, await aesKey(key, 'decrypt'), body));
  } catch {
    throw new HpkeError('not for this key');
  }
}
