// Key schedules under node, driven over standard input: one JSON command a line, one JSON answer a line.
// The Python tests (tests/e2ee/meeting.py) let these meet the ones in Python.

import { createInterface } from 'node:readline';

import { fromBase64url } from '../../static/js/e2ee/encoding.js';
import { FrameKeys } from '../../static/js/e2ee/frame-keys.js';
import * as hpke from '../../static/js/e2ee/hpke.js';
import { MeetingKeys } from '../../static/js/e2ee/meeting-keys.js';

const EVENTS = ['send', 'epoch', 'silence', 'alarm', 'host', 'keyframe', 'revoke'];
const { subtle } = globalThis.crypto;

const hex = (bytes) => Buffer.from(bytes).toString('hex');
const unhex = (text) => Uint8Array.from(Buffer.from(text, 'hex'));
const bytesToHex = (_, value) => (value instanceof Uint8Array ? hex(value) : value);

// The head of a PKCS#8 file with a raw private key of curve 25519 (RFC 8410 §7).
const pkcs8 = (oid, raw) => Buffer.concat([Buffer.from(`302e020100300506032b65${oid}04220420`, 'hex'), raw]);

async function ed25519({ seed, publicKey }) {
  return {
    privateKey: await subtle.importKey('pkcs8', pkcs8('70', unhex(seed)), 'Ed25519', false, ['sign']),
    publicKey: await subtle.importKey('raw', unhex(publicKey), 'Ed25519', true, ['verify']),
  };
}

async function x25519({ seed, publicKey }) {
  const privateKey = await subtle.importKey('pkcs8', pkcs8('6e', unhex(seed)), 'X25519', false, ['deriveBits']);
  return { privateKey, publicKey: unhex(publicKey) };
}

const members = new Map();

class Peer {
  events = [];
  now = 0;

  static async create({ now, secret, hostFingerprint, hostKey, ...rest }) {
    const peer = new Peer();
    peer.now = now;
    peer.keys = new MeetingKeys({
      ...rest,
      secret: unhex(secret),
      hostFingerprint: unhex(hostFingerprint),
      hostKey: hostKey && (await ed25519(hostKey)),
      now: () => peer.now,
    });
    peer.frames = new FrameKeys(() => peer.now);
    for (const type of EVENTS) {
      peer.keys.addEventListener(type, ({ detail }) => {
        // A bug of ours must not pass for an alarm.
        if (detail?.error) throw detail.error;
        peer.events.push({ type, detail });
        if (type === 'epoch') peer.frames.setEpoch({ ...detail, index: rest.index });
        if (type === 'silence') peer.frames.silence(detail);
      });
    }
    return peer;
  }
}

const SCHEDULE = {
  start: ({ keys }) => keys.start(),
  feed: ({ keys }, { from, body }) => keys.feed({ from, body }),
  left: ({ keys }, { index }) => keys.left(index),
  kick: ({ keys }, { index }) => keys.kick(index),
  tick: ({ keys }) => keys.tick(),
  admit: ({ keys }, { call, gw }) => keys.admit(unhex(call), unhex(gw)),
  revoke: ({ keys }, { call }) => keys.revoke(unhex(call)),
};

const COMMANDS = {
  async new({ id, ...options }) {
    members.set(id, await Peer.create(options));
    return [];
  },
  async act({ id, what, now, ...rest }) {
    const peer = members.get(id);
    peer.now = now;
    await SCHEDULE[what](peer, rest);
    return peer.events.splice(0);
  },
  async seal({ id, name, data, clear }) {
    return members.get(id).frames.seal(name, unhex(data), clear);
  },
  async open({ id, now, name, index, data, clear }) {
    members.get(id).now = now;
    return members.get(id).frames.open(name, index, unhex(data), clear);
  },
  async hpkeSeal({ recipient, info, aad, plain }) {
    return hpke.seal(unhex(recipient), unhex(info), unhex(aad), unhex(plain));
  },
  async hpkeOpen({ pair, info, aad, sealed }) {
    return hpke.open(await x25519(pair), unhex(info), unhex(aad), unhex(sealed)).catch(String);
  },
  async close({ id }) {
    members.get(id)?.keys.close();
    members.delete(id);
    return null;
  },
  async base64url({ text, length }) {
    return fromBase64url(text, length);
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { command, ...rest } = JSON.parse(line);
  const answer = await COMMANDS[command](rest);
  process.stdout.write(`${JSON.stringify(answer ?? null, bytesToHex)}\n`);
}
