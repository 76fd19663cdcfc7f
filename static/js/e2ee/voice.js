import { canonicalWithout, concat, randomBytes, sameBytes, toBase64url } from './encoding.js';
import { hmac, rawPublicKey, startHash } from './hashing.js';
import { hostFingerprint, joinKey } from './link.js';
import { generateSigningPair, signed } from './signing.js';

/** @typedef {import('./encoding.js').Bytes} Bytes */
/** @typedef {import('./epochs.js').Meeting} Meeting */
/**
 * @typedef {object} Origins
 * @property {string} room the meeting's code
 * @property {string} instance of the live meeting, from the server
 * @property {Uint8Array} secret L of the link
 * @property {Uint8Array} hostFingerprint HF of the link
 * @property {CryptoKeyPair} [hostKey] in the host's browser
 */

/** Who we are in this meeting, and everything that we say in our own name. */
export class Voice {
  #pair;
  #joinKey;
  #last = -1;

  /**
   * @param {number} index @param {Meeting} meeting @param {Bytes} join
   * @param {CryptoKeyPair} pair @param {string} sig its public half, as text @param {boolean} isHost
   */
  constructor(index, meeting, join, pair, sig, isHost) {
    this.index = index;
    this.meeting = meeting;
    this.sig = sig;
    this.isHost = isHost;
    this.#pair = pair;
    this.#joinKey = join;
  }

  /** With the host's key where it is the key of this very link, else with a new one. @param {number} index @param {Origins} origins */
  static async find(index, { room, instance, secret, hostFingerprint: expected, hostKey }) {
    // The caller may wipe what it gave before anything here has run.
    const [fingerprint, known] = [Uint8Array.from(expected), Uint8Array.from(secret)];
    const meeting = { room, start: await startHash(room, instance), hostFingerprint: fingerprint };
    const isHost = hostKey ? await isFor(hostKey, fingerprint) : false;
    const pair = hostKey && isHost ? hostKey : await generateSigningPair();
    const sig = toBase64url(await rawPublicKey(pair.publicKey));
    return new Voice(index, meeting, await joinKey(known, room), pair, sig, isHost);
  }

  /** The signing key. */
  get key() {
    return this.#pair.privateKey;
  }

  /** @param {string} kem */
  async hello(kem) {
    const body = { kind: 'hello', id: this.index, sig: this.sig, kem, nonce: toBase64url(randomBytes(16)) };
    return this.#sign({ ...body, mac: toBase64url(await this.macOf(body)) });
  }

  /** What only somebody who knows the link can make. @param {object} hello */
  macOf(hello) {
    return hmac(this.#joinKey, concat(this.meeting.start, canonicalWithout(hello, 'mac', 's')));
  }

  /** @param {number} n @param {string} kem */
  next(n, kem) {
    return this.#sign({ kind: 'next', id: this.index, n, kem });
  }

  /** @param {{n: number, th: Bytes}} tip @param {number} t */
  heartbeat({ n, th }, t) {
    return this.#sign({ kind: 'heartbeat', id: this.index, n, th: toBase64url(th), t });
  }

  /** For a newcomer: where the chain stands. @param {number} to @param {{n: number, th: Bytes}} tip */
  standing(to, { n, th }) {
    return this.#sign({ kind: 'standing', id: this.index, to, n, th: toBase64url(th) });
  }

  /** @param {Iterable<[number, string]>} who everybody whom the host has put out so far */
  kick(who) {
    return this.#sign({ kind: 'kick', who: Object.fromEntries(who), host: this.sig });
  }

  /** @param {{call: string, gw: Bytes}} admitted @param {number} from the first epoch */
  grant({ call, gw }, from) {
    return this.#sign({ kind: 'grant', call, gw: toBase64url(gw), cls: 'audio', from, host: this.sig });
  }

  /** @param {string} call */
  revoke(call) {
    return this.#sign({ kind: 'revoke', call, host: this.sig });
  }

  /** Our clock for others: whole milliseconds, each one greater than the last. @param {number} elapsed */
  clock(elapsed) {
    this.#last = Math.max(this.#last + 1, Math.floor(elapsed));
    return this.#last;
  }

  /** @template {object} T @param {T} body */
  #sign(body) {
    return signed(this.key, this.meeting.start, body);
  }
}

/** @param {CryptoKeyPair} hostKey @param {Bytes} fingerprint */
async function isFor({ publicKey }, fingerprint) {
  return sameBytes(await hostFingerprint(await rawPublicKey(publicKey)), fingerprint);
}
