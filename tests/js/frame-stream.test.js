import assert from 'node:assert/strict';
import { test } from 'node:test';

import { FrameStream } from '../../static/js/e2ee/frame-stream.js';

const VIDEO = { media: 'video', codec: 'vp8', index: 3 };
const keyFrame = () => ({ data: new Uint8Array([0x10, ...Array(20).fill(7)]).buffer });
const deltaFrame = () => ({ data: new Uint8Array([0x11, ...Array(20).fill(7)]).buffer });

/** Frame keys that answer what the test wants, and a clock. */
function rig(role, aim = VIDEO) {
  const state = { reason: undefined, now: 0, news: [], calls: [] };
  const treat = (...args) => {
    state.calls.push(args);
    if (state.error) throw state.error;
    return Promise.resolve(state.reason ? { reason: state.reason } : { data: new Uint8Array([1, 2, 3]) });
  };
  const keys = { seal: treat, open: treat };
  state.stream = new FrameStream(role, aim, keys, (news) => state.news.push(news), () => state.now);
  return state;
}

test('clear bytes: 10 of a VP8 key frame, 1 of another, none of Opus', async () => {
  const video = rig('send');
  await video.stream.process(keyFrame());
  await video.stream.process(deltaFrame());
  assert.deepEqual(video.calls.map(([media, , clear]) => [media, clear]), [['video', 10], ['video', 1]]);
  const audio = rig('send', { media: 'audio', codec: 'opus' });
  await audio.stream.process(keyFrame());
  assert.equal(audio.calls[0][2], 0);
});

test('what cannot be treated does not pass, whatever the reason', async () => {
  for (const role of ['send', 'receive']) {
    const state = rig(role);
    state.reason = 'no-key';
    const frame = deltaFrame();
    const before = frame.data;
    assert.equal(await state.stream.process(frame), false);
    assert.equal(frame.data, before);
    state.reason = undefined;
    state.error = new Error('broken');
    assert.equal(await state.stream.process(frame), false);
    assert.equal(await state.stream.process({ data: new ArrayBuffer(0) }), false);
    assert.deepEqual(state.stream.stats.dropped, { 'no-key': 1, error: 1, malformed: 1 });
    assert.equal(state.stream.stats.passed, 0);
  }
});

test('a receiver says what it drops, at most twice a second', async () => {
  const state = rig('receive');
  state.reason = 'tag';
  for (let frame = 0; frame < 30; frame += 1) {
    state.now += 33;
    await state.stream.process(deltaFrame());
  }
  assert.deepEqual(state.news.map(({ count }) => count), [1, 16]);
  assert.deepEqual(state.news[0], { type: 'undecryptable', index: 3, media: 'video', reason: 'tag', count: 1 });
});

test('a picture that lacks frames asks until a key frame comes', async () => {
  const state = rig('receive');
  state.reason = 'no-key';
  await state.stream.process(keyFrame());
  state.reason = undefined;
  for (const frame of [deltaFrame(), deltaFrame(), keyFrame(), deltaFrame()]) {
    state.now += 600;
    assert.equal(await state.stream.process(frame), true);
  }
  assert.deepEqual(state.news.map(({ reason }) => reason), ['no-key', 'gap', 'gap']);
});

test('a frame that comes twice is dropped without a word', async () => {
  const state = rig('receive');
  state.reason = 'replay';
  await state.stream.process(deltaFrame());
  state.reason = undefined;
  await state.stream.process(deltaFrame());
  assert.deepEqual(state.news, []);
  assert.deepEqual(state.stream.stats.dropped, { replay: 1 });
});

test('a sender that goes on without a key frame says so once', async () => {
  const state = rig('send');
  state.reason = 'no-key';
  await state.stream.process(keyFrame());
  state.reason = undefined;
  for (const frame of [deltaFrame(), deltaFrame()]) await state.stream.process(frame);
  assert.deepEqual(state.news, [{ type: 'resumed', media: 'video' }]);
});

test('a stream that is aimed anew takes the new sender', async () => {
  const state = rig('receive');
  state.stream.aim = { media: 'share', codec: 'vp8', index: 9 };
  await state.stream.process(deltaFrame());
  assert.deepEqual(state.calls[0].slice(0, 2), ['share', 9]);
});
