// A meeting without a network: the relay's ordered broadcast and its log, any number of members, and hooks
// through which a dishonest server or member acts.

import { createLink, parseFragment } from '../../static/js/e2ee/link.js';
import { MeetingKeys } from '../../static/js/e2ee/meeting-keys.js';

const KEPT = new Set(['hello', 'next', 'epoch']);

/** One participant and what its key schedule said. */
export class Participant {
  epochs = [];
  alarms = [];
  silences = [];
  hosts = [];
  keyframes = [];
  revokes = [];
  sent = [];

  constructor(meeting, index, { host = false, secret, hostKey, fingerprint } = {}) {
    this.index = index;
    this.meeting = meeting;
    this.keys = new MeetingKeys({
      room: meeting.room,
      instance: meeting.instance,
      index,
      secret: secret ?? meeting.secret,
      hostFingerprint: fingerprint ?? meeting.hostFingerprint,
      hostKey: host ? meeting.hostKey : hostKey,
      now: () => meeting.now,
    });
    const collect = (type, list) => this.keys.addEventListener(type, ({ detail }) => list.push(detail));
    collect('epoch', this.epochs);
    collect('alarm', this.alarms);
    collect('silence', this.silences);
    collect('host', this.hosts);
    collect('keyframe', this.keyframes);
    collect('revoke', this.revokes);
    this.keys.addEventListener('send', ({ detail }) => {
      const body = JSON.parse(JSON.stringify(detail));
      this.sent.push(body);
      meeting.wire.push({ from: index, body });
    });
  }

  get epoch() {
    return this.epochs.at(-1);
  }

  get alarmKinds() {
    return this.alarms.map(({ kind }) => kind);
  }
}

export class Meeting {
  now = 1000;
  room = 'abc-defg-hij';
  instance = 'instance-1';
  /** Live participants by index. */
  members = new Map();
  log = [];
  wire = [];
  /** Everything that ever went over the wire. */
  seen = [];
  /** (message, to) → message, null to withhold, or an array; the server's dishonesty. */
  tamper = (message) => message;
  #next = 0;

  static async create() {
    const meeting = new Meeting();
    const { fragment, hostKey } = await createLink();
    Object.assign(meeting, parseFragment(fragment), { fragment, hostKey });
    return meeting;
  }

  /** Join, and let everything that follows from it happen. */
  async join(options = {}) {
    const member = await this.enter(options);
    await this.settle();
    return member;
  }

  /** Join; nothing of it is delivered yet. */
  async enter(options = {}) {
    const member = new Participant(this, options.index ?? this.#next, options);
    this.#next = Math.max(this.#next, member.index) + 1;
    const log = options.log ?? this.log;
    for (const entry of log) await member.keys.feed(entry);
    this.members.set(member.index, member);
    await member.keys.start();
    return member;
  }

  async leave(member) {
    this.drop(member);
    await this.left(member.index);
    await this.settle();
  }

  /** The server stops to deliver to somebody. */
  drop(member) {
    this.members.delete(member.index);
    this.log = this.log.filter(({ from, body }) => from !== member.index || body.kind === 'epoch');
    member.keys.close();
  }

  async left(index) {
    for (const member of this.members.values()) await member.keys.left(index);
  }

  /** Something that a dishonest server or member puts on the wire. */
  async inject(from, body) {
    this.wire.push({ from, body });
    await this.settle();
  }

  async settle() {
    while (this.wire.length) await this.deliver(this.wire.shift());
  }

  async deliver(message) {
    this.seen.push(message);
    this.remember(message);
    for (const member of [...this.members.values()]) {
      const given = this.tamper(message, member.index);
      for (const one of [given].flat()) {
        if (one) await member.keys.feed(structuredClone(one));
      }
    }
  }

  /** What the relay keeps for joiners (onmeet/signalling/PROTOCOL.md, Key messages). */
  remember(message) {
    const { from, body } = message;
    if (!KEPT.has(body?.kind)) return;
    this.log = this.log.filter((entry) => entry.body.kind !== body.kind || (body.kind !== 'epoch' && entry.from !== from));
    this.log.push(message);
  }

  async tick() {
    for (const member of [...this.members.values()]) await member.keys.tick();
    await this.settle();
  }

  /** Let time pass in small steps. */
  async pass(ms, step = 250) {
    for (let end = this.now + ms; this.now < end;) {
      this.now += step;
      await this.tick();
    }
  }
}

/** Whether all these hold the very same keys. */
export function agree(...members) {
  const [first, ...rest] = members.map(({ epoch }) => epoch && JSON.stringify([epoch.n, epoch.code, epoch.members, hex(epoch.bases)]));
  return first !== undefined && rest.every((other) => other === first);
}

export const hex = (bases) => Object.values(bases).map((bytes) => Buffer.from(bytes).toString('hex')).join();
