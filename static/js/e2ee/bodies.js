// The bodies of key messages: strict reading, one table row a field (docs/e2ee.md, Bodies).
// Whatever is not exactly as described throws BodyError; nothing of it is kept.

import { BodyError, fromBase64url } from './encoding.js';
import { EPOCH_MAX, INDEX_MAX, MAX_GRANTS, MAX_KICKS, SECRET_BYTES } from './labels.js';
import { OVERHEAD_BYTES, PUBLIC_KEY_BYTES } from './hpke.js';
import { SIGNATURE_BYTES } from './signing.js';

/** @typedef {import('./encoding.js').Bytes} Bytes */
/** @typedef {{kind: string, s: string}} Raw the checked message itself, as it is signed and hashed */
/** @typedef {{kind: 'hello', id: number, sig: string, kem: Bytes, nonce: string, mac: Bytes, raw: Raw}} Hello */
/** @typedef {{kind: 'next', id: number, n: number, kem: Bytes, raw: Raw}} Next */
/** @typedef {{kind: 'heartbeat', id: number, n: number, th: Bytes, t: number, raw: Raw}} Heartbeat */
/** @typedef {{kind: 'standing', id: number, to: number, n: number, th: Bytes, raw: Raw}} Standing tells `to` where the chain stands */
/** @typedef {{kind: 'revoke', call: string, host: string, raw: Raw}} Revoke */
/** @typedef {{kind: 'kf', to: number, media: 'video' | 'share'}} KeyFrame */
/** @typedef {{kind: 'kick', who: Map<number, string>, host: string, raw: Raw}} Kick */
/** @typedef {{kind: 'grant', call: string, gw: Bytes, cls: 'audio', from: number, host: string, raw: Raw}} Grant */
/**
 * @typedef {object} Epoch
 * @property {'epoch'} kind
 * @property {number} n
 * @property {Bytes} prev
 * @property {number} by
 * @property {number} t
 * @property {Map<number, string>} roster index → signing key
 * @property {Map<number, Bytes>} seal index → the epoch secret, sealed
 * @property {Bytes} confirm
 * @property {Kick} [kick]
 * @property {Grant[]} [grant]
 * @property {Map<string, Bytes>} [gwSeal] call → the base key of class audio, sealed
 * @property {Raw} raw
 */
/** @typedef {Hello | Next | Epoch | Heartbeat | Standing | Revoke | KeyFrame} Body */
/** @typedef {(value: unknown) => any} Reader */
/** @typedef {Record<string, Reader>} Shape a trailing `?` marks what may be absent */

const KEY_BYTES = 32;
const HASH_BYTES = 32;
const CALL_BYTES = 16;
const NONCE_BYTES = 16;
const INDEX_TEXT = /^(0|[1-9]\d{0,3})$/;

/** @param {number} length @returns {Reader} */
const bytes = (length) => (value) => fromBase64url(value, length);

/** Checked, but left in its text form. @param {number} length @returns {Reader} */
const text = (length) => (value) => fromBase64url(value, length) && value;

/** @param {number} max @returns {Reader} */
const number = (max) => (value) => {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0 || value > max) {
    throw new BodyError('number');
  }
  return value;
};

/** @param {unknown[]} allowed @returns {Reader} */
const oneOf = (...allowed) => (value) => {
  if (!allowed.includes(value)) throw new BodyError('value');
  return value;
};

/** @param {unknown} value @returns {[string, unknown][]} */
function entries(value) {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new BodyError('object');
  return Object.entries(value);
}

/** @param {Reader} key @param {Reader} item @param {number} max @returns {Reader} */
const table = (key, item, max) => (value) => {
  const rows = entries(value);
  if (rows.length > max) throw new BodyError('too many');
  return new Map(rows.map(([name, field]) => [key(name), item(field)]));
};

/** @param {Reader} item @param {number} max @returns {Reader} */
const list = (item, max) => (value) => {
  if (!Array.isArray(value) || value.length > max) throw new BodyError('list');
  return value.map(item);
};

/** @type {Reader} */
const index = number(INDEX_MAX);
/** @type {Reader} */
const indexText = (value) => {
  if (typeof value !== 'string' || !INDEX_TEXT.test(value)) throw new BodyError('index');
  return index(Number(value));
};

/** @param {Shape} shape @returns {Reader} */
const shaped = (shape) => (value) => {
  const given = new Map(entries(value));
  /** @type {Record<string, unknown>} */
  const body = { raw: value };
  for (const [field, read] of Object.entries(shape)) {
    const name = field.replace('?', '');
    if (given.has(name)) body[name] = read(given.get(name));
    else if (name === field) throw new BodyError('missing field');
    given.delete(name);
  }
  if (given.size) throw new BodyError('unknown field');
  return body;
};

const epochNumber = number(EPOCH_MAX);
const moment = number(Number.MAX_SAFE_INTEGER);
const signature = text(SIGNATURE_BYTES);
const members = table(indexText, text(KEY_BYTES), INDEX_MAX + 1);

const KICK = shaped({
  kind: oneOf('kick'),
  who: table(indexText, text(KEY_BYTES), MAX_KICKS),
  host: text(KEY_BYTES),
  s: signature,
});

const GRANT = shaped({
  kind: oneOf('grant'),
  call: text(CALL_BYTES),
  gw: bytes(PUBLIC_KEY_BYTES),
  cls: oneOf('audio'),
  from: epochNumber,
  host: text(KEY_BYTES),
  s: signature,
});

/** @type {ReadonlyMap<unknown, Reader>} */
const BODIES = new Map([
  ['hello', shaped({
    kind: oneOf('hello'),
    id: index,
    sig: text(KEY_BYTES),
    kem: bytes(PUBLIC_KEY_BYTES),
    nonce: text(NONCE_BYTES),
    mac: bytes(HASH_BYTES),
    s: signature,
  })],
  ['next', shaped({
    kind: oneOf('next'), id: index, n: epochNumber, kem: bytes(PUBLIC_KEY_BYTES), s: signature,
  })],
  ['epoch', shaped({
    kind: oneOf('epoch'),
    n: epochNumber,
    prev: bytes(HASH_BYTES),
    by: index,
    t: moment,
    roster: members,
    seal: table(indexText, bytes(SECRET_BYTES + OVERHEAD_BYTES), INDEX_MAX + 1),
    confirm: bytes(HASH_BYTES),
    'kick?': KICK,
    'grant?': list(GRANT, MAX_GRANTS),
    'gwSeal?': table(text(CALL_BYTES), bytes(SECRET_BYTES + OVERHEAD_BYTES), MAX_GRANTS),
    s: signature,
  })],
  ['heartbeat', shaped({
    kind: oneOf('heartbeat'), id: index, n: epochNumber, th: bytes(HASH_BYTES), t: moment, s: signature,
  })],
  ['standing', shaped({
    kind: oneOf('standing'), id: index, to: index, n: epochNumber, th: bytes(HASH_BYTES), s: signature,
  })],
  ['revoke', shaped({ kind: oneOf('revoke'), call: text(CALL_BYTES), host: text(KEY_BYTES), s: signature })],
  ['kf', shaped({ kind: oneOf('kf'), to: index, media: oneOf('video', 'share') })],
]);

/**
 * @param {unknown} value whatever came from the network
 * @returns {Body}
 * @throws {BodyError}
 */
export function readBody(value) {
  const kind = new Map(entries(value)).get('kind');
  const read = BODIES.get(kind);
  if (!read) throw new BodyError('kind');
  return read(value);
}

/**
 * Who a body says it is from; null where it does not say.
 * @param {Body} body
 */
export function claimedSender(body) {
  if ('by' in body) return body.by;
  return 'id' in body ? body.id : null;
}

/** @param {{grant?: Grant[], gwSeal?: Map<string, Bytes>, seal: Map<number, Bytes>, roster: Map<number, string>, by: number}} epoch */
export function sealsMatch({ grant = [], gwSeal = new Map(), seal, roster, by }) {
  const calls = new Set(grant.map(({ call }) => call));
  return roster.has(by) && !seal.has(by) && seal.size === roster.size - 1
    && [...seal.keys()].every((member) => roster.has(member))
    && calls.size === grant.length && calls.size === gwSeal.size && [...calls].every((call) => gwSeal.has(call));
}
