// Bytes, text and the canonical form of key messages. No DOM, no state.

/** @typedef {Uint8Array<ArrayBuffer>} Bytes */

/** A key message, or a part of one, that breaks docs/e2ee.md. */
export class BodyError extends Error {}

const encoder = new TextEncoder();
const BASE64URL = /^[A-Za-z0-9_-]*$/;
// Printable ASCII without quote and backslash: one text, one JSON form, in every language.
const PLAIN = /^[ !#-[\]-~]*$/;

/** @param {string} text @returns {Bytes} */
export const utf8 = (text) => encoder.encode(text);

/** @param {Uint8Array[]} parts @returns {Bytes} */
export function concat(...parts) {
  const out = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** @param {number} value @returns {Bytes} two bytes, big endian */
export const u16 = (value) => new Uint8Array([value >>> 8, value]);

/** @param {number} value @returns {Bytes} four bytes, big endian */
export const u32 = (value) => new Uint8Array([value >>> 24, value >>> 16, value >>> 8, value]);

/** @param {number} length @returns {Bytes} */
export const randomBytes = (length) => crypto.getRandomValues(new Uint8Array(length));

/** @param {Uint8Array} bytes @returns {string} base64url without padding (RFC 4648 §5) */
export function toBase64url(bytes) {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/**
 * The bytes of a base64url text of exactly `length` bytes, in its one valid spelling.
 * @param {unknown} text @param {number} length @returns {Bytes}
 * @throws {BodyError}
 */
export function fromBase64url(text, length) {
  if (typeof text !== 'string' || text.length !== Math.ceil((length * 4) / 3) || !BASE64URL.test(text)) {
    throw new BodyError('base64url');
  }
  const raw = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  const bytes = Uint8Array.from(raw, (char) => char.charCodeAt(0));
  // Spare low bits in the last character would give one value several spellings.
  if (toBase64url(bytes) !== text) throw new BodyError('base64url');
  return bytes;
}

/** @param {Uint8Array} a @param {Uint8Array} b */
export const sameBytes = (a, b) => a.length === b.length && a.every((byte, i) => byte === b[i]);

/**
 * The one JSON text of a value made of objects, arrays, plain ASCII strings and whole numbers: keys in
 * code-point order, no white space. This is what is signed and hashed.
 * @param {unknown} value @returns {string}
 * @throws {BodyError}
 */
export function canonical(value) {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return String(value);
  if (typeof value === 'string' && PLAIN.test(value)) return `"${value}"`;
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) throw new BodyError('not canonical');
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, item]) => `${canonical(key)}:${canonical(item)}`).join(',')}}`;
}

/**
 * `body` without the named fields, in canonical form.
 * @param {object} body @param {string[]} fields @returns {Bytes}
 */
export function canonicalWithout(body, ...fields) {
  return utf8(canonical(Object.fromEntries(Object.entries(body).filter(([key]) => !fields.includes(key)))));
}
