// SFrame (RFC 9605): headers, cipher suites, one frame at a time. OnMeet uses suite 4 only; the others
// are here because one table serves them all and the published vectors then prove the key derivation in
// every size. Suites 6 to 8 come from the working group's vectors, not from the RFC.

import { concat, utf8 } from './encoding.js';

/** @typedef {import('./encoding.js').Bytes} Bytes */
/** @typedef {{hash: 'SHA-256' | 'SHA-512', enc: number, auth: number, tag: number}} Suite sizes in bytes */
/** @typedef {{kid: number, counter: number, size: number}} Header */

/** A frame that cannot be opened; `reason` is `malformed` or `tag`. */
export class FrameError extends Error {
  /** @param {'malformed' | 'tag'} reason */
  constructor(reason) {
    super(reason);
    this.reason = reason;
  }
}

export const SUITE_ID = 4;
export const TAG_BYTES = 16;

/** @type {Readonly<Record<number, Suite>>} RFC 9605 §4.5; `auth` is 0 for AEAD ciphers */
export const SUITES = Object.freeze({
  1: { hash: 'SHA-256', enc: 16, auth: 32, tag: 10 },
  2: { hash: 'SHA-256', enc: 16, auth: 32, tag: 8 },
  3: { hash: 'SHA-256', enc: 16, auth: 32, tag: 4 },
  4: { hash: 'SHA-256', enc: 16, auth: 0, tag: 16 },
  5: { hash: 'SHA-512', enc: 32, auth: 0, tag: 16 },
  6: { hash: 'SHA-512', enc: 32, auth: 64, tag: 10 },
  7: { hash: 'SHA-512', enc: 32, auth: 64, tag: 8 },
  8: { hash: 'SHA-512', enc: 32, auth: 64, tag: 4 },
});

/** @param {number} value @returns {number[]} big endian; empty where the config byte holds the value */
function fieldBytes(value) {
  const bytes = [];
  if (value >= 8) for (let rest = value; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return bytes;
}

/**
 * The shortest header for this key identifier and counter (RFC 9605 §4.3).
 * @param {number} kid @param {number} counter both at most 2^53 - 1
 * @returns {Bytes} 1 to 15 bytes
 */
export function encodeHeader(kid, counter) {
  if (!Number.isSafeInteger(kid) || !Number.isSafeInteger(counter)) throw new RangeError('KID or counter');
  const [kidBytes, counterBytes] = [fieldBytes(kid), fieldBytes(counter)];
  const high = kidBytes.length ? 8 | (kidBytes.length - 1) : kid;
  const low = counterBytes.length ? 8 | (counterBytes.length - 1) : counter;
  return new Uint8Array([(high << 4) | low, ...kidBytes, ...counterBytes]);
}

/**
 * The header at the start of `data`, or null: too short, longer than needed, or a number past 2^53 (none
 * that we or any honest peer make; a counter would take millions of years).
 * @param {Uint8Array} data @returns {Header | null}
 */
export function decodeHeader(data) {
  if (data.length === 0) return null;
  let at = 1;
  const numbers = [];
  for (const half of [data[0] >> 4, data[0] & 15]) {
    if (half < 8) {
      numbers.push(half);
      continue;
    }
    const end = at + (half & 7) + 1;
    if (end > data.length || (end - at > 1 ? data[at] === 0 : data[at] < 8)) return null;
    let value = 0;
    while (at < end) value = value * 256 + data[at++];
    if (!Number.isSafeInteger(value)) return null;
    numbers.push(value);
  }
  return { kid: numbers[0], counter: numbers[1], size: at };
}

/** @param {number} value @param {number} size @returns {Bytes} big endian */
function bigEndian(value, size) {
  const out = new Uint8Array(size);
  for (let at = size - 1, rest = value; rest > 0; at -= 1, rest = Math.floor(rest / 256)) out[at] = rest % 256;
  return out;
}

/** @param {Bytes} salt @param {number} counter @returns {Bytes} salt XOR counter (RFC 9605 §4.4.3) */
function nonceOf(salt, counter) {
  const nonce = salt.slice();
  for (let at = nonce.length - 1, rest = counter; rest > 0; at -= 1, rest = Math.floor(rest / 256)) {
    nonce[at] ^= rest % 256;
  }
  return nonce;
}

/**
 * The secret, key and salt of one KID (RFC 9605 §4.4.2), as bytes.
 * @param {number} suiteId @param {Bytes} baseKey @param {number} kid
 */
export async function deriveSecrets(suiteId, baseKey, kid) {
  const { hash, enc, auth } = SUITES[suiteId];
  const tail = concat(bigEndian(kid, 8), bigEndian(suiteId, 2));
  const ikm = await crypto.subtle.importKey('raw', baseKey, 'HKDF', false, ['deriveBits']);
  /** @param {string} name @param {number} length */
  const expand = async (name, length) => {
    const info = concat(utf8(`SFrame 1.0 Secret ${name} `), tail);
    const params = { name: 'HKDF', hash, salt: new Uint8Array(0), info };
    return new Uint8Array(await crypto.subtle.deriveBits(params, ikm, length * 8));
  };
  const [key, salt] = await Promise.all([expand('key', enc + auth), expand('salt', 12)]);
  return { key, salt };
}

/** The key and salt of one KID; seals and opens single frames and keeps no counter. */
export class FrameKey {
  #cipher;
  #salt;
  #kid;

  /** @param {import('./sframe-ciphers.js').FrameCipher} cipher @param {Bytes} salt @param {number} kid */
  constructor(cipher, salt, kid) {
    this.#cipher = cipher;
    this.#salt = salt;
    this.#kid = kid;
  }

  /**
   * Writes `clear` ‖ header ‖ ciphertext ‖ tag into one new buffer; header and clear bytes are authenticated.
   * @param {number} counter @param {Bytes} data @param {number} [clear] leading bytes of `data` left readable
   * @param {Bytes} [metadata] authenticated, not sent; the clear bytes unless given
   * @returns {Promise<Bytes>}
   */
  async seal(counter, data, clear = 0, metadata = data.subarray(0, clear)) {
    const header = encodeHeader(this.#kid, counter);
    const aad = metadata.length ? concat(header, metadata) : header;
    const sealed = await this.#cipher.seal(nonceOf(this.#salt, counter), data.subarray(clear), aad);
    const out = new Uint8Array(clear + header.length + sealed.byteLength);
    out.set(data.subarray(0, clear));
    out.set(header, clear);
    out.set(new Uint8Array(sealed), clear + header.length);
    return out;
  }

  /**
   * The plain frame, its clear bytes in front.
   * @param {Header} header @param {Bytes} data @param {number} [clear]
   * @param {Bytes} [metadata] the clear bytes unless given
   * @returns {Promise<Bytes>}
   * @throws {FrameError} `tag`
   */
  async open(header, data, clear = 0, metadata = data.subarray(0, clear)) {
    const start = clear + header.size;
    const front = data.subarray(clear, start);
    const aad = metadata.length ? concat(front, metadata) : front;
    const plain = await this.#cipher.open(nonceOf(this.#salt, header.counter), data.subarray(start), aad);
    if (clear === 0) return new Uint8Array(plain);
    return concat(data.subarray(0, clear), new Uint8Array(plain));
  }
}
