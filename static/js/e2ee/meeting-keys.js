import { claimedSender, readBody } from './bodies.js';
import { Chain } from './chain.js';
import { BodyError, randomBytes, sameBytes, toBase64url } from './encoding.js';
import { composeEpoch, epochHash, isByHost, openEpoch, transcriptHash } from './epochs.js';
import { baseKeys, safetyCode } from './hashing.js';
import { generateKemPair, isUsable } from './hpke.js';
import { COALESCE_MS, HEARTBEAT_MS, KEY_FRAME_MS, MAX_KICKS, SECRET_BYTES, SILENCE_MS } from './labels.js';
import { identify } from './identity.js';
import { OwnKeys } from './own-keys.js';
import { Phones } from './phones.js';
import { Roster } from './roster.js';
import { Serial } from './serial.js';
import { isSigned } from './signing.js';
import { Takeover } from './takeover.js';
import { Turns } from './turns.js';
import { Voice } from './voice.js';

/** @typedef {import('./encoding.js').Bytes} Bytes */
/** @typedef {import('./roster.js').Member} Member */
/** @typedef {import('./bodies.js').Epoch} Epoch */

/** More waiting than this, and the page cannot keep up with what it is sent. */
const MAX_WAITING = 4096;

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
  #chain;
  #takeover;
  #own = new OwnKeys();
  #phones = new Phones();
  /** Set before anything else runs. @type {Voice} */
  #voice = /** @type {any} */ (null);
  /** For trying others' public keys. @type {import('./hpke.js').KemPair} */
  #probe = /** @type {any} */ (null);
  #queue = new Serial(MAX_WAITING);
  #closed = false;
  #time;
  #started;
  /** Our hello has come back: from here on the order of messages is known first hand. */
  #greeted = false;
  /** The epoch in force cannot be used, or the chain was seen to break. */
  #broken = false;
  #silent = false;
  #fresh = 0;
  #lastCommit = -Infinity;
  #lastBeat = -Infinity;
  /** @type {{th: Bytes, n: number, secret: Bytes, landed: boolean} | null} our epoch, until it counts or cannot */
  #pending = null;
  /** @type {{epoch: Epoch, author: Member, lead: number | undefined} | null} put aside, in case that the leader stays silent */
  #parked = null;
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
    standing: (body) => this.#onStanding(body),
    revoke: (body) => this.#onRevoke(body),
  };

  /** @param {import('./voice.js').Origins & {index: number, now?: () => number}} options
   * `now` in milliseconds, never going back */
  constructor({ index, now = () => performance.now(), ...origins }) {
    super();
    this.#index = index;
    this.#chain = new Chain(index, this.#roster, this.#turns);
    this.#takeover = new Takeover(index, this.#chain, this.#roster, this.#turns);
    this.#now = now;
    this.#time = this.#started = now();
    const finding = Voice.find(index, origins);
    void this.#post(async () => {
      this.#voice = await finding;
      this.#probe = await generateKemPair();
      this.#chain.tip.th = this.#voice.meeting.start;
    });
  }

  /** Say hello. The log of the meeting may be fed before or after. @returns {Promise<void>} when it is done */
  start() {
    return this.#post(async () => this.#tell('send', await this.#voice.hello(await this.#own.issue())));
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
      if (!this.#voice.isHost || !member || member.host || full) return;
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
      const key = Uint8Array.from(gw);
      const good = this.#voice.isHost && (await isUsable(key, this.#probe));
      if (good && this.#phones.admit(toBase64url(call), key)) await this.#act();
    });
  }

  /** End a call's permission; only the host can. @param {Uint8Array} call @returns {Promise<void>} */
  revoke(call) {
    return this.#post(async () => {
      if (this.#voice.isHost) this.#tell('send', await this.#voice.revoke(toBase64url(call)));
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
  async #post(task) {
    if (this.#closed) return;
    if (this.#queue.isFull) return this.#refuse('overload', undefined, true);
    const at = this.#now();
    await this.#queue.run(() => {
      this.#time = Math.max(this.#time, at);
      return this.#closed ? undefined : task();
    }, (error) => this.#refuse('internal', undefined, true, error));
  }

  /** @param {number} from @param {unknown} value */
  async #receive(from, value) {
    this.#roster.position += 1;
    let body;
    try {
      body = readBody(value);
    } catch (error) {
      if (!(error instanceof BodyError)) throw error;
      return this.#refuse('malformed', from);
    }
    if (body.kind === 'kf') return this.#onKeyFrame(from, body);
    const claimed = claimedSender(body);
    if (claimed !== null && claimed !== from) return this.#refuse('forged', from);
    return this.#handlers[body.kind](body);
  }

  /** @param {import('./bodies.js').Hello} hello */
  async #onHello(hello) {
    const { id, sig, kem } = hello;
    const known = this.#roster.get(id);
    if (known?.sig === sig) return undefined;
    const foreign = id === this.#index && sig !== this.#voice.sig;
    if (known || foreign || this.#roster.isGone(id)) return this.#refuse('forged', id);
    if (this.#roster.isBarred(id, sig)) return this.#refuse('barred', id);
    const identity = await identify(this.#voice, hello, this.#probe);
    if ('alarm' in identity) return this.#refuse(identity.alarm, id);
    this.#roster.add({ index: id, sig, kem, issued: -1, ...identity }, this.#time);
    if (id === this.#index) {
      this.#greeted = true;
      this.#takeover.greeted(this.#time);
      this.#own.echoed(kem);
    }
    return this.#lineChanged();
  }

  /** @param {import('./bodies.js').Next} next */
  async #onNext({ id, n, kem, raw }) {
    const member = this.#roster.get(id);
    if (!member || n <= member.issued) return;
    const genuine = await isSigned(member.key, this.#voice.meeting.start, raw);
    if (!genuine || !(await isUsable(kem, this.#probe))) return void this.#refuse('forged', id);
    member.issued = n;
    member.kem = kem;
    if (id === this.#index) this.#own.echoed(kem);
  }

  /** @param {Epoch} epoch */
  async #onEpoch(epoch) {
    await this.#chain.learn(this.#voice.meeting, epoch);
    this.#turns.update(this.#time);
    const author = this.#roster.get(epoch.by);
    // In the log an author may be gone already. What it wrote only says where the chain stands.
    if (!author) return this.#greeted ? this.#refuse('unknown', epoch.by) : this.#chain.hint(epoch);
    if (!(await isSigned(author.key, this.#voice.meeting.start, epoch.raw))) return this.#refuse('forged', epoch.by);
    if (!this.#greeted) return this.#chain.hint(epoch);
    await this.#consider(epoch, author);
    if (this.#pending && sameBytes(this.#pending.th, await epochHash(epoch))) this.#pending.landed = true;
    return this.#act();
  }

  /** @param {Epoch} epoch @param {Member} author */
  async #consider(epoch, author) {
    const verdict = await this.#chain.judge(this.#voice.meeting, epoch, author, this.#time);
    if (verdict === 'accept') await this.#accept(epoch, author);
    else if (verdict === 'hint') await this.#chain.follow(epoch);
    else if (verdict === 'park') this.#parked = { epoch, author, lead: this.#turns.lead };
    else if (verdict !== 'ignore') this.#refuse(verdict.alarm, epoch.by, verdict.lost);
  }

  /** @param {Epoch} epoch @param {Member} author */
  async #accept(epoch, author) {
    const secret = await this.#secretOf(epoch);
    if (epoch.by !== this.#chain.tip.by) author.pulse.restart();
    this.#fresh = author.pulse.beat(epoch.t, this.#time) ?? this.#time;
    await this.#chain.grow(epoch);
    this.#turns.update(this.#time);
    this.#turns.settle();
    this.#phones.settle(epoch.grant ?? []);
    for (const index of this.#roster.kicked.keys()) this.#wantedOut.delete(index);
    this.#parked = null;
    this.#raised.clear();
    this.#lastBeat = this.#time;
    if (secret) await this.#enter(secret);
    else this.#refuse('locked-out', epoch.by, true);
    if (this.#own.settle()) this.#tell('send', await this.#voice.next(epoch.n, await this.#own.issue()));
  }

  /** @param {Epoch} epoch @returns {Promise<Bytes | null>} */
  async #secretOf(epoch) {
    const { th, secret } = this.#pending ?? {};
    if (th && secret && sameBytes(th, await epochHash(epoch))) return secret;
    return openEpoch(this.#voice.meeting.room, epoch, this.#index, this.#own);
  }

  /** The secret of the tip is ours: its keys come into force. @param {Bytes} secret */
  async #enter(secret) {
    const { n, th, by, roster } = this.#chain.tip;
    const { room } = this.#voice.meeting;
    const [bases, code] = await Promise.all([baseKeys(secret, room, n), safetyCode(secret, room, n, th)]);
    const members = [...roster.keys()].sort((a, b) => a - b);
    this.#broken = false;
    this.#tell('epoch', { n, code, members, bases, committer: by, phones: this.#phones.calls });
    this.#weighSilence();
  }

  /** @param {import('./bodies.js').Heartbeat} beat */
  async #onHeartbeat({ id, n, th, t, raw }) {
    const member = this.#roster.get(id);
    const counts = id === this.#chain.tip.by || member === this.#roster.line[0];
    if (!this.#chain.joined || !member || !counts) return;
    if (!(await isSigned(member.key, this.#voice.meeting.start, raw))) return void this.#refuse('forged', id);
    if (n < this.#chain.tip.n) return;
    if (n > this.#chain.tip.n) return void this.#refuse('withheld', id, true);
    if (!sameBytes(th, this.#chain.tip.th)) return void this.#refuse('fork', id, true);
    const sent = member.pulse.beat(t, this.#time);
    if (sent !== null && id === this.#chain.tip.by) this.#fresh = Math.max(this.#fresh, sent);
    this.#weighSilence();
  }

  /** @param {import('./bodies.js').Standing} standing */
  async #onStanding(standing) {
    const member = this.#roster.get(standing.id);
    if (standing.to !== this.#index || !member || !this.#takeover.believes(member)) return;
    const genuine = await isSigned(member.key, this.#voice.meeting.start, standing.raw);
    if (!genuine) return void this.#refuse('forged', standing.id);
    this.#takeover.take(standing);
    await this.#act();
  }

  /** @param {import('./bodies.js').Revoke} revoke */
  async #onRevoke(revoke) {
    if (!(await isByHost(this.#voice.meeting, revoke))) return;
    this.#phones.end(revoke.call);
    this.#tell('revoke', { call: revoke.call });
    await this.#act();
  }

  /** @param {number} from @param {import('./bodies.js').KeyFrame} ask */
  #onKeyFrame(from, { to, media }) {
    if (to !== this.#index || this.#time - (this.#lastKeyFrame.get(media) ?? -Infinity) < KEY_FRAME_MS) return;
    this.#lastKeyFrame.set(media, this.#time);
    this.#tell('keyframe', { media, from });
  }

  async #onTick() {
    this.#weighSilence();
    if (this.#chain.joined && this.#chain.tip.by === this.#index && this.#time - this.#lastBeat >= HEARTBEAT_MS) {
      this.#lastBeat = this.#time;
      this.#tell('send', await this.#voice.heartbeat(this.#chain.tip, this.#clock()));
    }
    await this.#act();
  }

  #clock() {
    return this.#voice.clock(this.#time - this.#started);
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
    await this.#reconsider();
    const newcomer = this.#takeover.asker();
    if (newcomer !== null) this.#tell('send', await this.#voice.standing(newcomer, this.#chain.tip));
    if (!this.#greeted || this.#pending || !this.#takeover.isReady(this.#time)) return;
    const urgent = this.#voice.isHost && (this.#wantedOut.size > 0 || this.#phones.changed);
    const ours = this.#chain.isStale(this.#index) && this.#turns.isOurs(this.#index, this.#time)
      && this.#time - this.#lastCommit >= COALESCE_MS;
    if (urgent || ours) await this.#commit();
  }

  /** What was put aside counts when the leader stays silent; who leads next writes anew. */
  async #reconsider() {
    const { epoch, author, lead } = this.#parked ?? {};
    if (lead !== this.#turns.lead) this.#parked = null;
    else if (epoch && author && this.#turns.mayCommit(author, this.#time)) {
      this.#parked = null;
      await this.#consider(epoch, author);
    }
    const isParked = this.#parked?.author.index === this.#index;
    const { n = Infinity, landed } = this.#pending ?? {};
    if (n <= this.#chain.tip.n || (landed && !isParked)) this.#pending = null;
  }

  async #commit() {
    const { n, th: prev } = this.#chain.tip;
    const place = { n: n + 1, prev, t: this.#clock() };
    const secret = randomBytes(SECRET_BYTES);
    const body = await composeEpoch({
      meeting: this.#voice.meeting,
      author: { index: this.#index, key: this.#voice.key },
      place,
      members: this.#roster.line.filter(({ index }) => !this.#wantedOut.has(index)),
      kick: await this.#kickStatement(),
      grants: this.#voice.isHost ? await this.#phones.statements(this.#voice, place.n) : [],
    }, secret);
    this.#pending = { n: place.n, secret, th: await transcriptHash(prev, body), landed: false };
    this.#lastCommit = this.#time;
    this.#tell('send', body);
  }

  /** Everybody whom the host has put out so far, in the host's words. */
  async #kickStatement() {
    if (!this.#wantedOut.size) return this.#chain.kick?.raw ?? null;
    return this.#voice.kick([...this.#roster.kicked, ...this.#wantedOut]);
  }

  #weighSilence() {
    const silent = this.#chain.joined && (this.#broken || this.#time - this.#fresh > SILENCE_MS);
    if (silent === this.#silent) return;
    this.#silent = silent;
    this.#tell('silence', silent);
  }

  /**
   * Say that something was refused, once an epoch for each kind and participant.
   * @param {string} kind @param {number} [index]
   * @param {boolean} [lost] the chain cannot go on as it should: nothing may be sent until it does
   * @param {unknown} [error]
   */
  #refuse(kind, index, lost = false, error) {
    if (lost) this.#broken = this.#chain.joined;
    const name = `${kind}:${index}`;
    if (!this.#raised.has(name)) {
      this.#raised.add(name);
      this.#tell('alarm', { kind, index, lost, ...(error !== undefined && { error }) });
    }
    this.#weighSilence();
  }

  /** @param {string} type @param {unknown} detail */
  #tell(type, detail) {
    if (!this.#closed) this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
