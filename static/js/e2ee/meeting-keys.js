import { claimedSender, readBody, sealsMatch } from './bodies.js';
import {
  BodyError, canonicalWithout, concat, fromBase64url, randomBytes, sameBytes, toBase64url,
} from './encoding.js';
import { areGrantsValid, composeEpoch, isByHost, isKickValid, openEpoch, transcriptHash } from './epochs.js';
import { baseKeys, hmac, rawPublicKey, safetyCode, startHash } from './hashing.js';
import { generateKemPair, isUsable } from './hpke.js';
import { COALESCE_MS, HEARTBEAT_MS, MAX_KICKS, SECRET_BYTES, SILENCE_MS } from './labels.js';
import { hostFingerprint, joinKey } from './link.js';
import { OwnKeys } from './own-keys.js';
import { Phones } from './phones.js';
import { Roster } from './roster.js';
import { generateSigningPair, importPublicKey, isSigned, signed } from './signing.js';
import { Turns } from './turns.js';

/** @typedef {import('./encoding.js').Bytes} Bytes */
/** @typedef {import('./roster.js').Member} Member */
/** @typedef {import('./bodies.js').Epoch} Epoch */
/** @typedef {{n: number, th: Bytes, by: number, roster: ReadonlyMap<number, string>}} Tip */
/** @typedef {{room: string, start: Bytes, hostFingerprint: Bytes, joinKey: Bytes}} Meeting */
/** @typedef {{pair: CryptoKeyPair, sig: string, host: boolean, probe: import('./hpke.js').KemPair}} Identity */

/** More waiting than this, and the page cannot keep up with what it is sent. */
const MAX_WAITING = 4096;
const KF_MS = 300;
/** @type {ReadonlyMap<number, string>} */
const NOBODY = new Map();

/**
 * The key schedule of one participant, from the first hello to the end (docs/e2ee.md). It sees every key
 * message and every end of a participant in the server's order, and says by events what to send and which
 * keys are in force. No sockets, no DOM; the time is an argument.
 *
 * Events (all CustomEvent):
 * - `send` {detail: body}: broadcast this, in order.
 * - `epoch` {detail: {n, code, members, bases, committer, phones}}: new keys; `bases` are for the worker.
 * - `silence` {detail: boolean}: true means that nothing may be sent until it is false again.
 * - `alarm` {detail: {kind, index?, lost}}: something was refused; `lost` where keys cannot go on by themselves.
 * - `host` {detail: {index}}: who holds the host's key; null where nobody does.
 * - `keyframe` {detail: {media, from}}: somebody asks for a key frame.
 * - `revoke` {detail: {call}}: the host ends a call's permission to listen.
 */
export class MeetingKeys extends EventTarget {
  #index;
  #now;
  #roster = new Roster();
  #turns = new Turns(this.#roster);
  #own = new OwnKeys();
  #phones = new Phones();
  /** @type {Promise<void>} */
  #tail;
  #waiting = 0;
  #closed = false;
  /** @type {Meeting} */
  #meeting;
  /** @type {Identity} */
  #identity;
  /** @type {Tip} */
  #tip;
  #time;
  #started;
  #lastClock = -1;
  /** Our hello has come back: from here on the order of messages is known first hand. */
  #joined = false;
  /** We were in an epoch: from here on the chain has no gaps. */
  #chained = false;
  /** The epoch in force cannot be used, or the chain was seen to break. */
  #broken = false;
  #silent = false;
  #fresh = 0;
  #lastCommit = -Infinity;
  #lastBeat = -Infinity;
  /** @type {{th: Bytes, n: number, secret: Bytes} | null} our epoch that is on its way */
  #pending = null;
  /** @type {{epoch: Epoch, author: Member} | null} a stand-in's epoch, in case the leader stays silent */
  #parked = null;
  /** @type {import('./bodies.js').Kick | undefined} */
  #kick;
  /** @type {Map<number, string>} whom the host is about to put out */
  #wantedOut = new Map();
  /** @type {number | null} */
  #host = null;
  /** @type {Set<string>} alarms raised in this epoch */
  #raised = new Set();
  /** @type {Map<string, number>} */
  #lastKeyFrame = new Map();
  /** @type {Record<string, (body: any) => void | Promise<void>>} */
  #handlers = {
    hello: (body) => this.#onHello(body),
    next: (body) => this.#onNext(body),
    epoch: (body) => this.#onEpoch(body),
    heartbeat: (body) => this.#onHeartbeat(body),
    revoke: (body) => this.#onRevoke(body),
  };

  /**
   * @param {object} options
   * @param {string} options.room the meeting's code
   * @param {string} options.instance of the live meeting, from the server
   * @param {number} options.index ours
   * @param {Uint8Array} options.secret L of the link
   * @param {Uint8Array} options.hostFingerprint HF of the link
   * @param {CryptoKeyPair} [options.hostKey] in the host's browser
   * @param {() => number} [options.now] milliseconds, never going back
   */
  constructor({ room, instance, index, secret, hostFingerprint: fingerprint, hostKey, now = () => performance.now() }) {
    super();
    this.#index = index;
    this.#now = now;
    this.#time = this.#started = now();
    this.#tip = { n: 0, th: new Uint8Array(0), by: -1, roster: NOBODY };
    // Filled by #prepare before anything else runs.
    this.#meeting = { room, start: this.#tip.th, hostFingerprint: Uint8Array.from(fingerprint), joinKey: this.#tip.th };
    this.#identity = /** @type {Identity} */ ({ sig: '', host: false });
    this.#tail = Promise.resolve();
    void this.#post(() => this.#prepare(instance, Uint8Array.from(secret), hostKey));
  }

  /** Say hello. The log of the meeting may be fed before or after. @returns {Promise<void>} when it is done */
  start() {
    return this.#post(() => this.#sayHello());
  }

  /** A key message, in the server's order. @param {{from: number, body: unknown}} message @returns {Promise<void>} */
  feed({ from, body }) {
    return this.#post(() => this.#receive(from, body));
  }

  /** Somebody has gone, in the server's order. @param {number} index @returns {Promise<void>} */
  left(index) {
    return this.#post(() => {
      this.#roster.position += 1;
      this.#roster.leave(index);
      return this.#lineChanged();
    });
  }

  /** Put somebody out for good; only the host can. @param {number} index @returns {Promise<void>} */
  kick(index) {
    return this.#post(async () => {
      const member = this.#roster.get(index);
      const full = this.#roster.kicked.size + this.#wantedOut.size >= MAX_KICKS;
      if (!this.#identity.host || !member || member.host || full) return;
      this.#wantedOut.set(index, member.sig);
      await this.#act();
    });
  }

  /**
   * Let a telephone call hear the sound, from a new epoch on; only the host can.
   * @param {Uint8Array} call its id, 16 bytes @param {Uint8Array} gw its X25519 public key @returns {Promise<void>}
   */
  admit(call, gw) {
    return this.#post(async () => {
      if (this.#identity.host && this.#phones.admit(toBase64url(call), Uint8Array.from(gw))) await this.#act();
    });
  }

  /** End a call's permission; only the host can. @param {Uint8Array} call @returns {Promise<void>} */
  revoke(call) {
    return this.#post(async () => {
      if (!this.#identity.host) return;
      const body = { kind: 'revoke', call: toBase64url(call), host: this.#identity.sig };
      this.#tell('send', await signed(this.#identity.pair.privateKey, this.#meeting.start, body));
    });
  }

  /** Ask somebody for a key frame. @param {number} to @param {'video' | 'share'} media */
  askKeyFrame(to, media) {
    this.#tell('send', { kind: 'kf', to, media });
  }

  /** To be called several times a second: what is due by time alone. @returns {Promise<void>} */
  tick() {
    return this.#post(() => this.#onTick());
  }

  close() {
    this.#closed = true;
    this.#own.forget();
    this.#pending = this.#parked = null;
  }

  /** One after the other, in the order of the calls. @param {() => void | Promise<void>} task @returns {Promise<void>} */
  #post(task) {
    if (this.#closed) return Promise.resolve();
    if (this.#waiting >= MAX_WAITING) return Promise.resolve(this.#lose('overload'));
    const at = this.#now();
    this.#waiting += 1;
    this.#tail = this.#tail.then(async () => {
      this.#waiting -= 1;
      if (this.#closed) return;
      this.#time = Math.max(this.#time, at);
      await task();
    }).catch((error) => this.#lose('internal', undefined, error));
    return this.#tail;
  }

  /** @param {string} instance @param {Bytes} secret @param {CryptoKeyPair | undefined} hostKey */
  async #prepare(instance, secret, hostKey) {
    const { room, hostFingerprint: expected } = this.#meeting;
    const start = await startHash(room, instance);
    this.#meeting = { room, start, hostFingerprint: expected, joinKey: await joinKey(secret, room) };
    this.#tip.th = start;
    const hostRaw = hostKey && (await rawPublicKey(hostKey.publicKey));
    const host = hostRaw !== undefined && sameBytes(await hostFingerprint(hostRaw), expected);
    const pair = hostKey && host ? hostKey : await generateSigningPair();
    this.#identity = { pair, sig: toBase64url(await rawPublicKey(pair.publicKey)), host, probe: await generateKemPair() };
  }

  async #sayHello() {
    const { sig, pair } = this.#identity;
    const kem = await this.#own.issue();
    const body = { kind: 'hello', id: this.#index, sig, kem, nonce: toBase64url(randomBytes(16)) };
    const mac = toBase64url(await this.#macOf(body));
    this.#tell('send', await signed(pair.privateKey, this.#meeting.start, { ...body, mac }));
  }

  /** What only somebody who knows the link can make. @param {object} hello */
  #macOf(hello) {
    return hmac(this.#meeting.joinKey, concat(this.#meeting.start, canonicalWithout(hello, 'mac', 's')));
  }

  /** @param {number} from @param {unknown} value */
  async #receive(from, value) {
    this.#roster.position += 1;
    let body;
    try {
      body = readBody(value);
    } catch (error) {
      if (!(error instanceof BodyError)) throw error;
      return this.#alarm('malformed', from);
    }
    if (body.kind === 'kf') return this.#onKeyFrame(from, body);
    const claimed = claimedSender(body);
    if (claimed !== null && claimed !== from) return this.#alarm('forged', from);
    return this.#handlers[body.kind](body);
  }

  /** @param {import('./bodies.js').Hello} hello */
  async #onHello({ id, sig, kem, mac, raw }) {
    const known = this.#roster.get(id);
    if (known?.sig === sig) return undefined;
    const foreign = id === this.#index && sig !== this.#identity.sig;
    if (known || foreign || this.#roster.isGone(id)) return this.#alarm('forged', id);
    if (this.#roster.isBarred(id, sig)) return this.#alarm('barred', id);
    if (!sameBytes(mac, await this.#macOf(raw))) return this.#alarm('no-link', id);
    const bytes = fromBase64url(sig, 32);
    const key = await importPublicKey(bytes);
    if (!key || !(await isSigned(key, this.#meeting.start, raw)) || !(await isUsable(kem, this.#identity.probe))) {
      return this.#alarm('forged', id);
    }
    const host = sameBytes(await hostFingerprint(bytes), this.#meeting.hostFingerprint);
    this.#roster.add({ index: id, sig, key, host, kem, issued: -1 }, this.#time);
    if (id === this.#index) {
      this.#joined = true;
      this.#own.echoed(kem);
    }
    return this.#lineChanged();
  }

  /** @param {import('./bodies.js').Next} next */
  async #onNext({ id, n, kem, raw }) {
    const member = this.#roster.get(id);
    if (!member) return;
    const good = n > member.issued && (await isSigned(member.key, this.#meeting.start, raw)) && (await isUsable(kem, this.#identity.probe));
    if (!good) return void this.#alarm('forged', id);
    member.issued = n;
    member.kem = kem;
    if (id === this.#index) this.#own.echoed(kem);
  }

  /** @param {Epoch} epoch */
  async #onEpoch(epoch) {
    const author = this.#roster.get(epoch.by);
    // In the log an author may be gone already. What it wrote only says where the chain stands.
    if (!author) return this.#joined ? this.#alarm('unknown', epoch.by) : this.#hint(epoch);
    if (!(await isSigned(author.key, this.#meeting.start, epoch.raw))) return this.#alarm('forged', epoch.by);
    if (!this.#chained && epoch.kick && (await isByHost(this.#meeting, epoch.kick))) {
      this.#roster.bar(epoch.kick.who);
      this.#turns.update(this.#time);
    }
    if (!this.#joined) return this.#hint(epoch);
    await this.#consider(epoch, author);
    // Our own epoch has come back, as the winner or not; or another won.
    if (epoch.by === this.#index || (this.#pending && this.#pending.n <= this.#tip.n)) this.#pending = null;
    return this.#act();
  }

  /** @param {Epoch} epoch @param {Member} author */
  async #consider(epoch, author) {
    const { n, th } = this.#tip;
    if (this.#chained && epoch.n <= n) return undefined;
    if (!this.#turns.mayCommit(author, this.#time)) return this.#outOfTurn(epoch, author);
    if (this.#chained && epoch.n > n + 1) return this.#lose('withheld', epoch.by);
    if (this.#chained && !sameBytes(epoch.prev, th)) return this.#lose('fork', epoch.by);
    if (!this.#chained && !epoch.roster.has(this.#index)) return this.#hint(epoch);
    const problem = await this.#problemOf(epoch, author);
    return problem ? this.#lose(problem, epoch.by) : this.#accept(epoch, author);
  }

  /** @param {Epoch} epoch @param {Member} author */
  #outOfTurn(epoch, author) {
    if (!this.#chained && this.#turns.isSecond(author)) this.#parked = { epoch, author };
    else if (!this.#turns.hasLed(author.index)) this.#alarm('usurped', author.index);
  }

  /** Where the chain stands, as far as somebody can tell who is not in it yet. @param {Epoch} epoch */
  async #hint(epoch) {
    const { n, prev, by, roster, raw } = epoch;
    this.#tip = { n, th: await transcriptHash(prev, raw), by, roster };
    this.#roster.settle(this.#roster.kicked);
  }

  /** @param {Epoch} epoch @param {Member} author @returns {Promise<string | null>} */
  async #problemOf(epoch, author) {
    if (!sealsMatch(epoch)) return 'malformed';
    const known = this.#chained ? this.#roster.kicked : NOBODY;
    if (!(await isKickValid(this.#meeting, epoch, known))) return 'bad-kick';
    const out = epoch.kick?.who ?? NOBODY;
    if (out.has(this.#index) && !epoch.roster.has(this.#index)) return 'kicked';
    if (!(await areGrantsValid(this.#meeting, epoch, author.host))) return 'bad-grant';
    return this.#roster.allows(epoch.roster, out) ? null : 'roster';
  }

  /** @param {Epoch} epoch @param {Member} author */
  async #accept(epoch, author) {
    const { n, prev, by, roster, t, raw } = epoch;
    const th = await transcriptHash(prev, raw);
    const mine = this.#pending && sameBytes(this.#pending.th, th) ? this.#pending.secret : null;
    const secret = mine ?? (await openEpoch(this.#meeting.room, epoch, this.#index, this.#own));
    if (by !== this.#tip.by) author.pulse.restart();
    this.#fresh = author.pulse.beat(t, this.#time) ?? this.#time;
    this.#tip = { n, th, by, roster };
    this.#chained = true;
    this.#kick = epoch.kick;
    this.#parked = null;
    this.#raised.clear();
    this.#roster.settle(epoch.kick?.who ?? NOBODY);
    for (const index of this.#roster.kicked.keys()) this.#wantedOut.delete(index);
    this.#phones.settle(epoch.grant ?? []);
    this.#turns.update(this.#time);
    this.#turns.settle();
    this.#lastBeat = this.#time;
    if (secret) await this.#enter(secret);
    else this.#lose('locked-out', by);
    if (this.#own.settle()) await this.#sayNext(n);
  }

  /** The secret of the tip is ours: its keys come into force. @param {Bytes} secret */
  async #enter(secret) {
    const { n, th, by, roster } = this.#tip;
    const { room } = this.#meeting;
    const [bases, code] = await Promise.all([baseKeys(secret, room, n), safetyCode(secret, room, n, th)]);
    const members = [...roster.keys()].sort((a, b) => a - b);
    this.#broken = false;
    this.#tell('epoch', { n, code, members, bases, committer: by, phones: this.#phones.calls });
    this.#weighSilence();
  }

  /** @param {number} n */
  async #sayNext(n) {
    const body = { kind: 'next', id: this.#index, n, kem: await this.#own.issue() };
    this.#tell('send', await signed(this.#identity.pair.privateKey, this.#meeting.start, body));
  }

  /** @param {import('./bodies.js').Heartbeat} beat */
  async #onHeartbeat({ id, n, th, t, raw }) {
    const member = this.#roster.get(id);
    const counts = id === this.#tip.by || member === this.#roster.line[0];
    if (!this.#chained || !member || !counts) return;
    if (!(await isSigned(member.key, this.#meeting.start, raw))) return void this.#alarm('forged', id);
    if (n < this.#tip.n) return;
    if (n > this.#tip.n) return void this.#lose('withheld', id);
    if (!sameBytes(th, this.#tip.th)) return void this.#lose('fork', id);
    const sent = member.pulse.beat(t, this.#time);
    if (sent !== null && id === this.#tip.by) this.#fresh = Math.max(this.#fresh, sent);
    this.#weighSilence();
  }

  /** @param {import('./bodies.js').Revoke} revoke */
  async #onRevoke(revoke) {
    if (!(await isByHost(this.#meeting, revoke))) return;
    this.#phones.end(revoke.call);
    this.#tell('revoke', { call: revoke.call });
    await this.#act();
  }

  /** @param {number} from @param {import('./bodies.js').KeyFrame} ask */
  #onKeyFrame(from, { to, media }) {
    if (to !== this.#index || this.#time - (this.#lastKeyFrame.get(media) ?? -Infinity) < KF_MS) return;
    this.#lastKeyFrame.set(media, this.#time);
    this.#tell('keyframe', { media, from });
  }

  async #onTick() {
    const { epoch, author } = this.#parked ?? {};
    if (epoch && author && this.#turns.mayCommit(author, this.#time)) {
      this.#parked = null;
      await this.#consider(epoch, author);
    }
    this.#weighSilence();
    if (this.#chained && this.#tip.by === this.#index && this.#time - this.#lastBeat >= HEARTBEAT_MS) {
      this.#lastBeat = this.#time;
      await this.#sayHeartbeat();
    }
    await this.#act();
  }

  async #sayHeartbeat() {
    const { n, th } = this.#tip;
    const body = { kind: 'heartbeat', id: this.#index, n, th: toBase64url(th), t: this.#clock() };
    this.#tell('send', await signed(this.#identity.pair.privateKey, this.#meeting.start, body));
  }

  /** Our clock for others: whole milliseconds, each one greater than the last. */
  #clock() {
    this.#lastClock = Math.max(this.#lastClock + 1, Math.floor(this.#time - this.#started));
    return this.#lastClock;
  }

  #lineChanged() {
    this.#turns.update(this.#time);
    const host = this.#roster.line.find((member) => member.host)?.index ?? null;
    if (host !== this.#host) {
      this.#host = host;
      this.#tell('host', { index: host });
    }
    return this.#act();
  }

  /** Write an epoch if it is our turn, one is needed, and the last one is long enough ago. */
  async #act() {
    if (!this.#joined || this.#pending) return;
    const urgent = this.#identity.host && (this.#wantedOut.size > 0 || this.#phones.changed);
    const stale = this.#tip.by !== this.#index || !this.#roster.matches(this.#tip.roster);
    const ours = stale && this.#turns.isOurs(this.#index, this.#time)
      && this.#time - this.#lastCommit >= COALESCE_MS;
    if (urgent || ours) await this.#commit();
  }

  async #commit() {
    const { start } = this.#meeting;
    const { pair, sig, host } = this.#identity;
    const n = this.#tip.n + 1;
    const secret = randomBytes(SECRET_BYTES);
    const body = await composeEpoch({
      meeting: this.#meeting,
      author: { index: this.#index, key: pair.privateKey },
      place: { n, prev: this.#tip.th, t: this.#clock() },
      members: this.#roster.line.filter(({ index }) => !this.#wantedOut.has(index)),
      kick: await this.#kickStatement(),
      grants: host ? await this.#phones.statements(pair, sig, start, n) : [],
    }, secret);
    this.#pending = { n, secret, th: await transcriptHash(this.#tip.th, body) };
    this.#lastCommit = this.#time;
    this.#tell('send', body);
  }

  /** Everybody whom the host has put out so far, in the host's words. */
  async #kickStatement() {
    if (!this.#wantedOut.size) return this.#kick?.raw ?? null;
    const { pair, sig } = this.#identity;
    const who = Object.fromEntries([...this.#roster.kicked, ...this.#wantedOut]);
    return signed(pair.privateKey, this.#meeting.start, { kind: 'kick', who, host: sig });
  }

  #weighSilence() {
    const silent = this.#chained && (this.#broken || this.#time - this.#fresh > SILENCE_MS);
    if (silent === this.#silent) return;
    this.#silent = silent;
    this.#tell('silence', silent);
  }

  /** The chain cannot go on as it should: nothing may be sent until it does. @param {string} kind
   * @param {number} [index] @param {unknown} [error] */
  #lose(kind, index, error) {
    this.#broken = this.#chained;
    this.#alarm(kind, index, true, error);
    this.#weighSilence();
  }

  /** @param {string} kind @param {number} [index] @param {boolean} [lost] @param {unknown} [error] */
  #alarm(kind, index, lost = false, error) {
    const name = `${kind}:${index}`;
    if (this.#raised.has(name)) return;
    this.#raised.add(name);
    this.#tell('alarm', { kind, index, lost, ...(error !== undefined && { error }) });
  }

  /** @param {string} type @param {unknown} detail */
  #tell(type, detail) {
    if (!this.#closed) this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
