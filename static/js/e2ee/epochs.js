// Writing and checking epochs: everything about them that needs no memory.

import { canonical, concat, fromBase64url, sameBytes, toBase64url, u16, u32, utf8 } from './encoding.js';
import { baseKey, confirmation, sha256 } from './hashing.js';
import { seal } from './hpke.js';
import { SECRET_BYTES, label } from './labels.js';
import { hostFingerprint } from './link.js';
import { importPublicKey, isSigned, signed } from './signing.js';

/** @typedef {import('./encoding.js').Bytes} Bytes */
/** @typedef {import('./roster.js').Member} Member */
/** @typedef {import('./bodies.js').Epoch} Epoch */
/** @typedef {{kind: string, s: string}} Statement signed by the host, as it goes over the wire */
/** @typedef {{room: string, start: Bytes, hostFingerprint: Bytes}} Meeting */

/** @param {number} n @param {Bytes} prev */
const sealInfo = (n, prev) => label('epoch', u32(n), prev);
/** @param {number} by @param {number} to */
const sealAad = (by, to) => concat(u16(by), u16(to));

/** The hash of the transcript up to and with this epoch. @param {Bytes} prev @param {object} body */
export const transcriptHash = (prev, body) => sha256(prev, utf8(canonical(body)));

/** The transcript hash that an epoch leads to, if it is accepted. @param {Epoch} epoch */
export const epochHash = ({ prev, raw }) => transcriptHash(prev, raw);

/**
 * A new epoch with a fresh secret, sealed to every member but its author.
 * @param {object} parts
 * @param {Meeting} parts.meeting
 * @param {{index: number, key: CryptoKey}} parts.author
 * @param {{n: number, prev: Bytes, t: number}} parts.place
 * @param {Member[]} parts.members the author included
 * @param {Statement | null} parts.kick
 * @param {{statement: Statement, call: string, gw: Bytes}[]} parts.grants
 * @param {Bytes} secret
 */
export async function composeEpoch({ meeting, author, place, members, kick, grants }, secret) {
  const { n, prev, t } = place;
  const others = members.filter(({ index }) => index !== author.index);
  const seals = await Promise.all(others.map(async ({ index, kem }) =>
    [index, toBase64url(await seal(kem, sealInfo(n, prev), sealAad(author.index, index), secret))]));
  const body = {
    kind: 'epoch', n, prev: toBase64url(prev), by: author.index, t,
    roster: Object.fromEntries(members.map(({ index, sig }) => [index, sig])),
    seal: Object.fromEntries(seals),
    confirm: toBase64url(await confirmation(secret, meeting.room, n, prev)),
    ...(kick && { kick }),
    ...(grants.length && {
      grant: grants.map(({ statement }) => statement),
      gwSeal: await sealToGateways(meeting.room, place, author.index, grants, secret),
    }),
  };
  return signed(author.key, meeting.start, body);
}

/**
 * Sound only: a gateway gets the base key of class audio and nothing that leads to the others.
 * @param {string} room @param {{n: number, prev: Bytes}} place @param {number} by
 * @param {{call: string, gw: Bytes}[]} grants @param {Bytes} secret
 */
async function sealToGateways(room, { n, prev }, by, grants, secret) {
  const audio = await baseKey(secret, room, n, 'audio');
  const rows = grants.map(async ({ call, gw }) => {
    const info = label('phone', u32(n), prev, fromBase64url(call, 16));
    return [call, toBase64url(await seal(gw, info, u16(by), audio))];
  });
  return Object.fromEntries(await Promise.all(rows));
}

/**
 * The epoch's secret for member `index`; null where the seal is not for us or the secret is not the one
 * that everybody else got.
 * @param {string} room @param {Epoch} epoch @param {number} index @param {import('./own-keys.js').OwnKeys} own
 */
export async function openEpoch(room, { n, prev, by, seal: seals, confirm }, index, own) {
  const sealed = seals.get(index);
  const secret = sealed ? await own.open(sealInfo(n, prev), sealAad(by, index), sealed) : null;
  if (secret?.length !== SECRET_BYTES) return null;
  return sameBytes(confirm, await confirmation(secret, room, n, prev)) ? secret : null;
}

/**
 * Whether the host of this meeting signed a kick, a grant or a revocation.
 * @param {Meeting} meeting @param {{host: string, raw: Statement}} statement
 */
export async function isByHost(meeting, { host, raw }) {
  const bytes = fromBase64url(host, 32);
  if (!sameBytes(await hostFingerprint(bytes), meeting.hostFingerprint)) return false;
  const key = await importPublicKey(bytes);
  return key !== null && isSigned(key, meeting.start, raw);
}

/**
 * Whether an epoch's kick is the host's and takes nobody back in.
 * @param {Meeting} meeting @param {Epoch} epoch @param {ReadonlyMap<number, string>} known kicked before
 */
export async function isKickValid(meeting, { kick }, known) {
  if (!kick) return known.size === 0;
  return [...known].every(([index, sig]) => kick.who.get(index) === sig) && isByHost(meeting, kick);
}

/**
 * Whether the gateways that an epoch lets listen were all admitted by the host, who wrote it.
 * @param {Meeting} meeting @param {Epoch} epoch @param {boolean} hostWroteIt
 */
export async function areGrantsValid(meeting, { n, grant = [] }, hostWroteIt) {
  if (grant.length && !hostWroteIt) return false;
  const checks = await Promise.all(grant.map((one) => one.from <= n && isByHost(meeting, one)));
  return checks.every(Boolean);
}
