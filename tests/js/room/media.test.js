import assert from 'node:assert/strict';
import { test } from 'node:test';

import { activeLayers, wantedCodecs } from '../../../static/js/room/encodings.js';
import { loudness } from '../../../static/js/room/level-meter.js';
import { LocalMedia } from '../../../static/js/room/media-devices.js';
import { OfferQueue } from '../../../static/js/room/offer-queue.js';
import { PreferenceStore } from '../../../static/js/room/preferences.js';
import { ShieldState } from '../../../static/js/room/shield-state.js';
import { StageOrder } from '../../../static/js/room/stage-order.js';
import { LossMeter, ownQuality, receivedTracks } from '../../../static/js/room/stats.js';
import { ViewSizes } from '../../../static/js/room/view-sizes.js';
import { FakeClock, listen } from './fakes.js';

test('only codecs that our frame encryption can wrap are offered', () => {
  const codecs = ['video/VP8', 'video/rtx', 'video/VP9', 'video/H264', 'video/red', 'video/ulpfec'].map((mimeType) => ({ mimeType }));
  assert.deepEqual(wantedCodecs('video', codecs).map(({ mimeType }) => mimeType), ['video/VP8', 'video/rtx']);
  assert.deepEqual(wantedCodecs('audio', [{ mimeType: 'audio/opus' }, { mimeType: 'audio/red' }]), [{ mimeType: 'audio/opus' }]);
});

test('the smallest layer stays on when nobody watches', () => {
  assert.deepEqual(Object.fromEntries(activeLayers(['q', 'h', 'f'], [])), { q: true, h: false, f: false });
  assert.deepEqual(Object.fromEntries(activeLayers(['q', 'h', 'f'], ['f'])), { q: true, h: false, f: true });
});

test('one offer is out at a time and the next follows its answer', async () => {
  const sent = [];
  const queue = new OfferQueue({ make: async () => ({ sdp: 's', sources: {} }), send: ({ gen }) => sent.push(gen), failed: assert.fail });
  await queue.request();
  await queue.request();
  await queue.request();
  assert.deepEqual(sent, [1]);
  assert.equal(queue.expects(1), true);
  assert.equal(queue.expects(2), false);
  await queue.settled();
  assert.deepEqual(sent, [1, 2]);
  await queue.settled();
  assert.deepEqual(sent, [1, 2]);
});

test('an offer that cannot be made is told and does not block the next', async () => {
  const errors = [];
  let broken = true;
  const sent = [];
  const make = async () => { if (broken) throw new Error('no'); return { sdp: '', sources: {} }; };
  const queue = new OfferQueue({ make, send: ({ gen }) => sent.push(gen), failed: (error) => errors.push(error.message) });
  await queue.request();
  broken = false;
  await queue.request();
  assert.deepEqual([errors, sent], [['no'], [1]]);
});

class FakeTrack extends EventTarget {
  stopped = false;
  constructor(kind) { super(); this.kind = kind; }
  stop() { this.stopped = true; }
}

class FakeDevices extends EventTarget {
  problems = {};
  asked = [];
  list = [{ kind: 'videoinput', deviceId: 'v', label: '' }, { kind: 'audioinput', deviceId: 'a', label: '' }];

  async getUserMedia(constraints) {
    this.asked.push(Object.keys(constraints).sort().join('+'));
    for (const kind of Object.keys(constraints)) if (this.problems[kind]) throw new DOMException('', this.problems[kind]);
    const tracks = Object.keys(constraints).map((kind) => new FakeTrack(kind));
    const of = (kind) => tracks.filter((track) => track.kind === kind);
    return { getTracks: () => tracks, getAudioTracks: () => of('audio'), getVideoTracks: () => of('video') };
  }

  async enumerateDevices() { return this.list; }
}

const memory = () => {
  const items = new Map();
  return { getItem: (key) => items.get(key) ?? null, setItem: (key, value) => void items.set(key, value) };
};

function localMedia(problems = {}) {
  const devices = Object.assign(new FakeDevices(), { problems });
  const preferences = new PreferenceStore(memory());
  return { devices, preferences, media: new LocalMedia(devices, preferences) };
}

test('camera and microphone are asked for in one question', async () => {
  const { media, devices } = localMedia();
  await media.start();
  assert.deepEqual(devices.asked, ['audio+video']);
  assert.equal(media.on('camera') && media.on('microphone'), true);
});

for (const [error, problem] of [['NotAllowedError', 'denied'], ['NotFoundError', 'missing'], ['NotReadableError', 'busy']]) {
  test(`a camera that fails with ${error} is ${problem}, and the microphone works all the same`, async () => {
    const { media } = localMedia({ video: error });
    await media.start();
    assert.deepEqual([media.on('camera'), media.problem('camera')], [false, problem]);
    assert.deepEqual([media.on('microphone'), media.problem('microphone')], [true, null]);
  });
}

test('a page without media devices says that it is insecure', async () => {
  const media = new LocalMedia(undefined, new PreferenceStore(memory()));
  await media.start();
  assert.equal(media.problem('camera'), 'insecure');
});

test('a camera that is switched off is closed, a muted microphone stays open', async () => {
  const { media } = localMedia();
  await media.start();
  const [camera, microphone] = [media.track('camera'), media.track('microphone')];
  await media.set('camera', false);
  await media.set('microphone', false);
  assert.equal(camera.stopped, true);
  assert.equal(media.track('camera'), null);
  assert.equal(microphone.stopped, false);
  assert.equal(media.on('microphone'), false);
});

test('a camera that is pulled out is told, and another one takes its place', async () => {
  const { media, devices } = localMedia();
  await media.start();
  const first = media.track('camera');
  first.dispatchEvent(new Event('ended'));
  await media.set('microphone', true);
  assert.notEqual(media.track('camera'), first);
  assert.equal(media.on('camera'), true);
  devices.list = [];
  media.track('camera').dispatchEvent(new Event('ended'));
  await media.set('microphone', true);
  assert.deepEqual([media.on('camera'), media.problem('camera')], [false, 'unplugged']);
});

test('choices are remembered, and a spoilt store is an empty one', () => {
  const storage = memory();
  new PreferenceStore(storage).save({ name: 'Ada', cameraOn: false });
  assert.equal(new PreferenceStore(storage).load().name, 'Ada');
  assert.equal(new PreferenceStore(storage).load().cameraOn, false);
  for (const spoilt of ['{', 'null', '[1]', '{"name":7}']) {
    assert.equal(new PreferenceStore({ getItem: () => spoilt, setItem: () => undefined }).load().name, '');
  }
  assert.equal(new PreferenceStore(null).load().cameraOn, true);
});

test('sizes are told at once, then gathered, and only when they change', () => {
  const clock = new FakeClock();
  const told = [];
  const views = new ViewSizes((type, { sizes }) => told.push(sizes), clock);
  views.show(new Map([['1:camera', [320, 180]]]), 2);
  assert.deepEqual(told, [{ '1:camera': [640, 368] }]);
  for (let width = 330; width < 500; width += 10) views.show(new Map([['1:camera', [width, 180]]]), 2);
  assert.equal(told.length, 1);
  clock.advance(1000);
  assert.equal(told.length, 2);
  views.show(new Map([['1:camera', [490, 180]]]), 2);
  clock.advance(1000);
  assert.equal(told.length, 2);
});

test('a page in the background looks at nothing', () => {
  const told = [];
  const views = new ViewSizes((type, { sizes }) => told.push(sizes), new FakeClock());
  views.hide(true);
  views.show(new Map([['1:camera', [320, 180]]]), 1);
  assert.deepEqual(told.at(-1), {});
});

test('a new session is told what is on the screen even if nothing changed', () => {
  const clock = new FakeClock();
  const told = [];
  const views = new ViewSizes((type, { sizes }) => told.push(sizes), clock);
  const sizes = new Map([['1:camera', [320, 180]]]);
  views.show(sizes, 1);
  views.forget();
  views.show(sizes, 1);
  assert.equal(told.length, 2);
});

test('people keep their places, and a speaker takes the place of the longest silent', () => {
  const order = new StageOrder();
  assert.deepEqual(order.visible([1, 2, 3], 4), [1, 2, 3]);
  assert.deepEqual(order.visible([1, 2, 3, 4, 5], 3), [1, 2, 3]);
  order.spoke([1]);
  order.spoke([3]);
  order.spoke([5]);
  assert.deepEqual(order.visible([1, 2, 3, 4, 5], 3), [1, 5, 3]);
  assert.deepEqual(order.visible([1, 2, 3, 4, 5], 3), [1, 5, 3]);
  assert.deepEqual(order.visible([2, 4, 5], 3), [2, 4, 5]);
});

test('the shield is secure once keys are agreed on, and an alarm stays', () => {
  const shield = new ShieldState();
  assert.equal(shield.view.state, 'establishing');
  shield.agreed({ n: 1, code: '12345', members: [0] });
  assert.equal(shield.view.state, 'secure');
  shield.trouble('silence', true);
  assert.deepEqual([shield.view.state, shield.view.reason], ['problem', 'silence']);
  shield.trouble('silence', false);
  assert.equal(shield.view.state, 'secure');
  shield.alarm('locked-out');
  shield.agreed({ n: 2, code: '67890', members: [0] });
  assert.deepEqual([shield.view.state, shield.view.reason], ['problem', 'locked-out']);
  shield.reset();
  assert.equal(shield.view.state, 'establishing');
});

test('joining anew does not make an attack untrue', () => {
  const shield = new ShieldState();
  shield.alarm('fork');
  shield.outsider(4);
  shield.reset();
  assert.deepEqual([shield.view.state, shield.view.reason, shield.isOutsider(4)], ['problem', 'fork', false]);
});

test('statistics are found by media section, and strangers are left out', () => {
  const entries = [{ type: 'inbound-rtp', mid: '1', kind: 'video', framesDecoded: 9 }, { type: 'inbound-rtp', mid: '7' }, { type: 'codec' }];
  const tracks = receivedTracks(entries, (mid) => (mid === '1' ? '2:camera' : undefined));
  assert.deepEqual(Object.keys(tracks), ['2:camera']);
  assert.equal(tracks['2:camera'].framesDecoded, 9);
});

test('quality falls with loss and with a broken connection', () => {
  const well = { up: 'connected', down: 'connected', signalling: 'joined' };
  const sent = { loss: 0, roundTrip: 0.05, frames: 0 };
  assert.equal(ownQuality(well, sent, 0), 3);
  assert.equal(ownQuality(well, sent, 0.05), 2);
  assert.equal(ownQuality(well, { ...sent, loss: 0.2 }, 0), 1);
  assert.equal(ownQuality({ ...well, up: 'failed' }, sent, 0), 0);
  assert.equal(ownQuality({ ...well, signalling: 'interrupted' }, sent, 0), 0);
});

test('loss is what was lost since the last look', () => {
  const meter = new LossMeter();
  const look = (packetsReceived, packetsLost) => meter.look({ a: { packetsReceived, packetsLost } });
  assert.equal(look(100, 0), 0);
  assert.equal(look(190, 10), 0.1);
  assert.equal(look(290, 10), 0);
});

test('loudness runs from silence to full scale', () => {
  assert.equal(loudness(new Float32Array(100)), 0);
  assert.equal(loudness(new Float32Array(100).fill(1)), 1);
  const quiet = loudness(new Float32Array(100).fill(0.01));
  assert.ok(quiet > 0.2 && quiet < 0.5);
});

test('events of a closed shield do not repeat themselves', () => {
  const shield = new ShieldState();
  const changes = listen(shield, 'changed');
  shield.trouble('refused', false);
  shield.alarm('fork');
  shield.alarm('fork');
  assert.equal(changes.length, 1);
});
