// SHA-256, HKDF and HMAC on WebCrypto, in the few shapes that the protocol uses.

import { concat, utf8, u32 } from './encoding.js';
import { SECRET_BYTES, label } from './labels.js';

/** @typedef {import('./encoding.js').Bytes} Bytes */
/** @typedef {import('./labels.js').FrameClass} FrameClass */
/** @typedef {Record<FrameClass, Bytes>} Bases the base key of each class */

const NO_SALT = new Uint8Array(0);
const HMAC = { name: 'HMAC', hash: 'SHA-256' };

/** @param {Bytes[]} parts @returns {Promise<Bytes>} */
export async function sha256(...parts) {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', concat(...parts)));
}

/** @param {Bytes} key @param {Bytes} data @returns {Promise<Bytes>} HMAC-SHA256 */
export async function hmac(key, data) {
  const imported = await crypto.subtle.importKey('raw', key, HMAC, false, ['sign']);
  return new Uint8Array(await crypto.subtle.sign('HMAC', imported, data));
}

/**
 * HKDF-SHA256 with an empty salt (RFC 5869).
 * @param {Bytes} ikm @param {Bytes} info @param {number} length @returns {Promise<Bytes>}
 */
export async function hkdf(ikm, info, length) {
  const key = await crypto.subtle.importKey('raw', ikm, 'HKDF', false, ['deriveBits']);
  const params = { name: 'HKDF', hash: 'SHA-256', salt: NO_SALT, info };
  return new Uint8Array(await crypto.subtle.deriveBits(params, key, length * 8));
}

/** @param {CryptoKey} key @returns {Promise<Bytes>} */
export const rawPublicKey = async (key) => new Uint8Array(await crypto.subtle.exportKey('raw', key));

/** The hash that a meeting's transcript starts from; it names the meeting in every signature, too.
 * @param {string} room @param {string} instance */
export const startHash = (room, instance) => sha256(label('start', utf8(`${room}\0${instance}`)));

/** What proves to an epoch's members that they all opened the same secret.
 * @param {Bytes} secret @param {string} room @param {number} n @param {Bytes} prev */
export const confirmation = (secret, room, n, prev) =>
  hkdf(secret, label('confirm', utf8(room), u32(n), prev), SECRET_BYTES);

/** @param {Bytes} secret @param {string} room @param {number} n @param {FrameClass} name */
export const baseKey = (secret, room, n, name) => hkdf(secret, label(name, utf8(room), u32(n)), SECRET_BYTES);

/** @param {Bytes} secret @param {string} room @param {number} n @returns {Promise<Bases>} */
export async function baseKeys(secret, room, n) {
  const [audio, video, share, chat] = await Promise.all([
    baseKey(secret, room, n, 'audio'),
    baseKey(secret, room, n, 'video'),
    baseKey(secret, room, n, 'share'),
    baseKey(secret, room, n, 'chat'),
  ]);
  return { audio, video, share, chat };
}

/**
 * Six groups of five digits, the same for all who hold this epoch's secret and transcript.
 * @param {Bytes} secret @param {string} room @param {number} n @param {Bytes} th
 */
export async function safetyCode(secret, room, n, th) {
  return digitGroups(await hkdf(secret, label('code', utf8(room), u32(n), th), 30));
}

/** The first 30 bytes as six groups of five digits, to be read aloud. @param {Bytes} bytes */
export function digitGroups(bytes) {
  const groups = [];
  for (let at = 0; at < 30; at += 5) {
    const number = bytes.subarray(at, at + 5).reduce((sum, byte) => sum * 256 + byte, 0);
    groups.push(String(number % 100_000).padStart(5, '0'));
  }
  return groups.join(' ');
}
