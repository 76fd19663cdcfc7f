import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';

import { CryptoRefusal, FrameCrypto } from '../../static/js/e2ee/frame-crypto.js';

/** A worker that keeps what it was told. */
class Recorder extends EventTarget {
  posted = [];
  ended = false;

  postMessage(message, transfer) {
    this.posted.push(structuredClone(message, { transfer }));
  }

  terminate() {
    this.ended = true;
  }

  say(data) {
    this.dispatchEvent(new MessageEvent('message', { data }));
  }

  last(type) {
    return this.posted.findLast((message) => message.type === type);
  }
}

const sender = (more = {}) => ({ track: null, transform: null, ...more });
let worker;
let frames;

beforeEach(() => {
  mock.timers.enable({ apis: ['setInterval'] });
  worker = new Recorder();
  frames = new FrameCrypto(worker, { makeTransform: (target, options) => ({ target, options }) });
});
afterEach(() => {
  frames.close();
  mock.timers.reset();
});

test('a sender gets its transform at once', () => {
  const one = sender();
  frames.attachSender(one, { media: 'video', codec: 'vp8' });
  assert.equal(one.transform.target, worker);
  assert.deepEqual(one.transform.options, { id: 1, role: 'send', aim: { media: 'video', codec: 'vp8' } });
});

test('a sender that has a track or a transform is refused', () => {
  const kind = { media: 'video', codec: 'vp8' };
  assert.throws(() => frames.attachSender(sender({ track: {} }), kind), TypeError);
  assert.throws(() => frames.attachSender(sender({ transform: {} }), kind), TypeError);
});

test('a receiver that gets another track is aimed anew', () => {
  const receiver = { transform: null };
  frames.attachReceiver(receiver, { media: 'audio', codec: 'opus', index: 1 });
  const { transform } = receiver;
  frames.attachReceiver(receiver, { media: 'share', codec: 'opus', index: 2 });
  assert.equal(receiver.transform, transform);
  assert.deepEqual(worker.last('aim'), { type: 'aim', id: 1, aim: { media: 'share', codec: 'opus', index: 2 } });
  assert.throws(() => frames.attachReceiver({ transform: {} }, { media: 'audio', codec: 'opus', index: 1 }), TypeError);
});

test('bases are gone from the page once the worker has them', () => {
  const bases = { audio: new Uint8Array(32).fill(1), video: new Uint8Array(32), share: new Uint8Array(32), chat: new Uint8Array(32) };
  frames.setEpoch({ n: 4, index: 2, bases });
  const { epoch } = worker.last('epoch');
  assert.deepEqual([epoch.n, epoch.index, epoch.bases.audio], [4, 2, new Uint8Array(32).fill(1)]);
  assert.equal(bases.audio.length, 0);
  assert.throws(() => frames.setEpoch({ n: 4, index: 2, bases }));
});

test('seal and open bring back what the worker answers', async () => {
  const sealing = frames.seal(new Uint8Array([1]));
  worker.say({ type: 'done', id: worker.last('seal').id, data: new Uint8Array([2]) });
  assert.deepEqual(await sealing, new Uint8Array([2]));
  const opening = frames.open(new Uint8Array([2]), 7);
  assert.equal(worker.last('open').index, 7);
  worker.say({ type: 'done', id: worker.last('open').id, reason: 'tag' });
  await assert.rejects(opening, (error) => error instanceof CryptoRefusal && error.reason === 'tag');
});

test('the caller keeps the bytes that it gave', () => {
  const bytes = new Uint8Array([1, 2]);
  frames.seal(bytes).catch(() => {});
  assert.equal(bytes.length, 2);
});

test('too many questions at once are refused', async () => {
  const asked = Array.from({ length: 256 }, () => frames.seal(new Uint8Array(1)));
  await assert.rejects(frames.seal(new Uint8Array(1)), /busy/);
  frames.close();
  for (const each of asked) await assert.rejects(each, /dead/);
});

test('news of the worker become events', () => {
  const heard = [];
  frames.addEventListener('undecryptable', ({ detail }) => heard.push(detail));
  worker.say({ type: 'undecryptable', index: 1, media: 'video', reason: 'tag', count: 3 });
  assert.deepEqual(heard, [{ index: 1, media: 'video', reason: 'tag', count: 3 }]);
});

test('a worker that fails is dead, and stays dead', async () => {
  let deaths = 0;
  frames.addEventListener('dead', () => { deaths += 1; });
  const waiting = frames.seal(new Uint8Array(1));
  worker.dispatchEvent(new Event('error'));
  worker.dispatchEvent(new Event('error'));
  await assert.rejects(waiting, /dead/);
  await assert.rejects(frames.seal(new Uint8Array(1)), /dead/);
  assert.equal(deaths, 1);
});

test('a worker that hangs is dead after fifteen seconds', async () => {
  let dead = false;
  frames.addEventListener('dead', () => { dead = true; });
  mock.timers.tick(5000);
  worker.say({ type: 'done', id: worker.last('ping').id });
  await Promise.resolve();
  await Promise.resolve();
  mock.timers.tick(10_000);
  assert.equal(dead, false);
  mock.timers.tick(5000);
  assert.equal(dead, true);
});

test('closing ends the worker', () => {
  frames.close();
  assert.ok(worker.ended);
  const before = worker.posted.length;
  frames.silence(true);
  assert.equal(worker.posted.length, before);
});
