import assert from 'node:assert/strict';
import { test } from 'node:test';

import { FirstUse } from '../../../static/js/room/first-use.js';
import { LocalMedia } from '../../../static/js/room/media-devices.js';
import { PreferenceStore } from '../../../static/js/room/preferences.js';

const RULES = {
  notice: 'house/1',
  functions: { camera: { agree: true, record: true }, microphone: { agree: false, record: true }, chat: { agree: false, record: false } },
};

/** A browser's storage. */
function drawer() {
  const kept = new Map();
  return { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => kept.set(key, value) };
}

/** Devices that open whatever is asked for. */
function devices() {
  const opened = [];
  return {
    opened,
    getUserMedia: async (wanted) => {
      const kinds = ['audio', 'video'].filter((kind) => wanted[kind]);
      opened.push(...kinds);
      const tracks = kinds.map((kind) => Object.assign(new EventTarget(), { kind, stop: () => undefined }));
      const of = (kind) => tracks.filter((track) => track.kind === kind);
      return { getTracks: () => tracks, getAudioTracks: () => of('audio'), getVideoTracks: () => of('video') };
    },
    enumerateDevices: async () => [],
  };
}

test('what the notice asks about may be used only after a yes', () => {
  const firstUse = new FirstUse(RULES, drawer(), () => undefined);
  assert.equal(firstUse.may('camera'), false);
  assert.equal(firstUse.may('microphone'), true);
  firstUse.accept('camera');
  assert.equal(firstUse.may('camera'), true);
});

test('a consent is recorded once, and only where the notice wants a record', () => {
  const recorded = [];
  const firstUse = new FirstUse(RULES, drawer(), (name) => recorded.push(name));
  for (const name of ['chat', 'camera', 'camera', 'microphone']) firstUse.accept(name);
  assert.deepEqual(recorded, ['camera', 'microphone']);
});

test('the tab remembers, until another notice holds', () => {
  const storage = drawer();
  new FirstUse(RULES, storage, () => undefined).accept('camera');
  assert.equal(new FirstUse(RULES, storage, () => undefined).may('camera'), true);
  assert.equal(new FirstUse({ ...RULES, notice: 'house/2' }, storage, () => undefined).may('camera'), false);
});

test('a storage that is spoilt or forbidden asks again and breaks nothing', () => {
  const spoilt = { getItem: () => '{"notice":"house/1","accepted":7', setItem: () => { throw new Error('full'); } };
  const firstUse = new FirstUse(RULES, spoilt, () => undefined);
  assert.equal(firstUse.isNew('camera'), true);
  firstUse.accept('camera');
  assert.equal(firstUse.may('camera'), true);
});

test('a device that needs a yes is not opened before it, neither at the start nor by its switch', async () => {
  const firstUse = new FirstUse(RULES, drawer(), () => undefined);
  const made = devices();
  const media = new LocalMedia(made, new PreferenceStore(drawer()), (device) => firstUse.may(device));
  const asked = [];
  media.addEventListener('ask', ({ detail }) => asked.push(detail));
  await media.start();
  assert.deepEqual(made.opened, ['audio']);
  assert.equal(await media.set('camera', true), false);
  assert.deepEqual(asked, ['camera']);
  assert.deepEqual(made.opened, ['audio']);
  firstUse.accept('camera');
  assert.equal(await media.set('camera', true), true);
  assert.deepEqual(made.opened, ['audio', 'video']);
});
