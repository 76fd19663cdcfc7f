import assert from 'node:assert/strict';
import { test } from 'node:test';

import { FrameKeys } from '../../static/js/e2ee/frame-keys.js';
import { HOLD_MS, kid } from '../../static/js/e2ee/labels.js';
import { ReplayWindow, WINDOW } from '../../static/js/e2ee/replay-window.js';
import { decodeHeader } from '../../static/js/e2ee/sframe.js';

const frame = new TextEncoder().encode('0123456789 and the rest of the frame');

function bases(n = 1) {
  const of = (salt) => new Uint8Array(32).fill(n * 8 + salt);
  return { audio: of(1), video: of(2), share: of(3), chat: of(4) };
}

/** Participants 3 and 8 in epoch 1, and their clock. */
function pair() {
  const clock = { now: 0 };
  const [sender, receiver] = [new FrameKeys(() => clock.now), new FrameKeys(() => clock.now)];
  sender.setEpoch({ n: 1, index: 3, bases: bases() });
  receiver.setEpoch({ n: 1, index: 8, bases: bases() });
  return { clock, sender, receiver };
}

const sealed = async (keys, name = 'audio', clear = 0) => (await keys.seal(name, frame, clear)).data;
const reason = async (outcome) => (await outcome).reason;

test('frames come back, clear bytes readable in front', async () => {
  const { sender, receiver } = pair();
  for (const [name, clear] of [['audio', 0], ['video', 10], ['video', 1], ['share', 1], ['chat', 0]]) {
    const data = await sealed(sender, name, clear);
    assert.deepEqual(data.subarray(0, clear), frame.subarray(0, clear));
    assert.equal(data.length, data.byteLength);
    assert.deepEqual((await receiver.open(name, 3, data, clear)).data, frame);
  }
});

test('counters run by class and start once', async () => {
  const { sender } = pair();
  const counter = async () => decodeHeader(await sealed(sender)).counter;
  assert.deepEqual([await counter(), await counter()], [0, 1]);
  sender.setEpoch({ n: 1, index: 3, bases: bases() });
  assert.equal(await counter(), 2);
  assert.equal(decodeHeader(await sealed(sender, 'video')).counter, 0);
  assert.equal(decodeHeader(await sealed(sender, 'video')).kid, kid('video', 3, 1));
  sender.setEpoch({ n: 2, index: 3, bases: bases(2) });
  assert.equal(await counter(), 0);
});

test('counters differ even when frames are sealed at the same time', async () => {
  const { sender } = pair();
  const many = await Promise.all(Array.from({ length: 50 }, () => sealed(sender)));
  assert.equal(new Set(many.map((data) => decodeHeader(data).counter)).size, 50);
});

test('nothing is sealed without a key or in silence', async () => {
  assert.equal(await reason(new FrameKeys().seal('audio', frame)), 'no-key');
  const { sender } = pair();
  sender.silence(true);
  assert.equal(await reason(sender.seal('audio', frame)), 'silent');
  sender.silence(false);
  assert.equal(await reason(sender.seal('audio', frame)), undefined);
  assert.equal(await reason(sender.seal('video', frame.subarray(0, 5), 10)), 'malformed');
});

test('wrong class, wrong sender and reflections are refused', async () => {
  const { sender, receiver } = pair();
  const data = await sealed(sender);
  assert.equal(await reason(receiver.open('video', 3, data)), 'wrong-class');
  assert.equal(await reason(receiver.open('audio', 4, data)), 'wrong-sender');
  assert.equal(await reason(sender.open('audio', 3, data)), 'wrong-sender');
});

test('replays and changed frames are refused', async () => {
  const { sender, receiver } = pair();
  const data = await sealed(sender, 'video', 10);
  for (const at of [0, 9, 10, 12, data.length - 1]) {
    const changed = data.slice();
    changed[at] ^= 1;
    assert.notEqual(await reason(receiver.open('video', 3, changed, 10)), undefined, `byte ${at}`);
  }
  assert.deepEqual((await receiver.open('video', 3, data, 10)).data, frame);
  assert.equal(await reason(receiver.open('video', 3, data, 10)), 'replay');
});

test('the same frame twice at the same time opens once', async () => {
  const { sender, receiver } = pair();
  const data = await sealed(sender);
  const outcomes = await Promise.all([receiver.open('audio', 3, data), receiver.open('audio', 3, data)]);
  assert.deepEqual(outcomes.map((outcome) => outcome.reason).sort(), ['replay', undefined]);
});

test('any bytes are refused', async () => {
  const { receiver } = pair();
  for (let length = 0; length < 200; length += 1) {
    const outcome = await receiver.open('audio', 3, crypto.getRandomValues(new Uint8Array(length % 60)));
    assert.ok(outcome.reason);
  }
});

test('old epochs open for five seconds, and never more than two', async () => {
  const { clock, sender, receiver } = pair();
  const old = [await sealed(sender), await sealed(sender), await sealed(sender)];
  receiver.setEpoch({ n: 2, index: 8, bases: bases(2) });
  clock.now = 4999;
  assert.equal(await reason(receiver.open('audio', 3, old[0])), undefined);
  clock.now = 5000;
  assert.equal(await reason(receiver.open('audio', 3, old[1])), 'no-key');
  const again = pair();
  for (const n of [2, 3, 4]) again.receiver.setEpoch({ n, index: 8, bases: bases(n) });
  assert.equal(await reason(again.receiver.open('audio', 3, old[2])), 'no-key');
});

test('a frame that overtakes its epoch is held until the keys come', async () => {
  const { sender, receiver } = pair();
  sender.setEpoch({ n: 2, index: 3, bases: bases(2) });
  const opening = receiver.open('audio', 3, await sealed(sender));
  receiver.setEpoch({ n: 2, index: 8, bases: bases(2) });
  assert.deepEqual((await opening).data, frame);
});

test('frames of an epoch that never comes are held once, for a moment', async (context) => {
  const { sender, receiver } = pair();
  sender.setEpoch({ n: 2, index: 3, bases: bases(2) });
  const frames = [await sealed(sender), await sealed(sender), await sealed(sender)];
  context.mock.timers.enable({ apis: ['setTimeout'] });
  let over = false;
  const first = reason(receiver.open('audio', 3, frames[0])).finally(() => { over = true; });
  context.mock.timers.tick(HOLD_MS - 1);
  await new Promise(setImmediate);
  assert.equal(over, false);
  context.mock.timers.tick(1);
  assert.equal(await first, 'no-key');
  // time stands still: another wait would have no end
  for (const data of frames) assert.equal(await reason(receiver.open('audio', 3, data)), 'no-key');
});

test('a window accepts each counter once', () => {
  const window = new ReplayWindow();
  assert.ok(window.accept(5));
  assert.ok(!window.accept(5));
  assert.ok(window.accept(0));
  assert.ok(window.accept(5 + WINDOW));
  assert.ok(!window.accept(5));
  assert.ok(!window.isFresh(5), 'too old');
  assert.ok(window.accept(6));
  assert.ok(!window.accept(6));
});
