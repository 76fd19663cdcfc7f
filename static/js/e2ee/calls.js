// What a telephone gateway says of a waiting call, and what people compare (docs/e2ee.md, Telephone).
// onmeet/e2ee/calls.py does the same.

import { BodyError, concat, fromBase64url, utf8 } from './encoding.js';
import { digitGroups, sha256 } from './hashing.js';
import { label } from './labels.js';
import { SIGNATURE_BYTES, importPublicKey, isSigned } from './signing.js';

/** @typedef {import('./encoding.js').Bytes} Bytes */
/** @typedef {{call: Bytes, gw: Bytes, gateway: Bytes}} Caller */
/**
 * @typedef {Caller & {room: string, expires: number, raw: {s: string}}} CallStatement a gateway's word for one
 * call: its key `gw`, until `expires` (unix seconds), signed by the key `gateway`
 */
/**
 * Why a statement is not good: for another room, too old, too far ahead, not by its key.
 * @typedef {'room' | 'expired' | 'ahead' | 'signature'} Fault
 */

/** How far ahead a statement may expire, seconds; a call that waits longer is stated anew. */
export const MAX_AHEAD_SECONDS = 3600;

const CALL_BYTES = 16;
const KEY_BYTES = 32;
const ROOM = /^[a-z0-9-]{1,64}$/;
const FIELDS = 'call,expires,gateway,gw,kind,room,s';

/** In the place of a meeting's start hash: a caller may wait before there is a meeting. */
const start = () => sha256(label('call'));

/**
 * Whatever came from the network as a statement; its signature is not checked yet.
 * @param {unknown} value
 * @returns {CallStatement}
 * @throws {BodyError}
 */
export function readStatement(value) {
  if (typeof value !== 'object' || value === null || Object.keys(value).sort().join() !== FIELDS) {
    throw new BodyError('statement');
  }
  const { kind, room, call, gw, expires, gateway, s } = /** @type {Record<string, any>} */ (value);
  if (kind !== 'call' || typeof room !== 'string' || !ROOM.test(room)) throw new BodyError('statement');
  if (!Number.isSafeInteger(expires) || expires < 0) throw new BodyError('number');
  fromBase64url(s, SIGNATURE_BYTES);
  return {
    room, expires,
    call: fromBase64url(call, CALL_BYTES),
    gw: fromBase64url(gw, KEY_BYTES),
    gateway: fromBase64url(gateway, KEY_BYTES),
    raw: /** @type {{s: string}} */ (value),
  };
}

/**
 * What is wrong with a statement for this room; null where it is good. Whether its gateway is the one that
 * this browser knows is another question.
 * @param {CallStatement} statement
 * @param {string} room
 * @param {number} now unix seconds
 * @returns {Promise<Fault | null>}
 */
export async function checkStatement({ room: stated, expires, gateway, raw }, room, now) {
  if (stated !== room) return 'room';
  if (expires <= now) return 'expired';
  if (expires > now + MAX_AHEAD_SECONDS) return 'ahead';
  const key = await importPublicKey(gateway);
  return key && (await isSigned(key, await start(), raw)) ? null : 'signature';
}

/** By what people know a gateway: six groups of five digits. @param {Bytes} gateway its public key */
export const gatewayFingerprint = async (gateway) => digitGroups(await sha256(label('gateway', gateway)));

/**
 * Six digits that tie the voice on the telephone to the row in the host's list.
 * @param {string} room @param {Caller} caller @returns {Promise<string>}
 */
export async function spokenCode(room, { call, gw, gateway }) {
  const hash = await sha256(label('caller', utf8(`${room}\0`), concat(call, gw, gateway)));
  const number = hash.subarray(0, 6).reduce((sum, byte) => sum * 256 + byte, 0);
  return String(number % 1_000_000).padStart(6, '0');
}
