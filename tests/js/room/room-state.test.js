import assert from 'node:assert/strict';
import { test } from 'node:test';

import { RoomState, splitTrackId } from '../../../static/js/room/room-state.js';
import { listen } from './fakes.js';

const person = (index, more = {}) => ({
  index, name: `P${index}`, role: 'guest', kind: 'browser', muted: [], hand: false,
  tracks: ['microphone', 'camera'], joined_at: 1000 + index, connected: true, ...more,
});

function entered() {
  const state = new RoomState();
  state.apply({
    type: 'welcome', seq: 1, you: 2, token: 't', heartbeat: 25, ice: { servers: [] }, log: [],
    room: { code: 'abc-defg-hjk', instance: 'i', locked: false, started_at: 999, limit: 50 },
    participants: [person(2), person(0, { role: 'host' }), person(1)],
  });
  return state;
}

test('a welcome tells who is here, in the order in which they came', () => {
  const state = entered();
  assert.deepEqual(state.all().map(({ index }) => index), [0, 1, 2]);
  assert.deepEqual(state.others().map(({ index }) => index), [0, 1]);
  assert.equal(state.me.name, 'P2');
  assert.equal(state.limit, 50);
});

test('somebody who joins and leaves is told with what they were', () => {
  const state = entered();
  const [came, went] = [listen(state, 'joined'), listen(state, 'left')];
  state.apply({ type: 'joined', seq: 2, participant: person(3) });
  state.apply({ type: 'left', seq: 3, index: 3, reason: 'lost' });
  assert.equal(came[0].now.name, 'P3');
  assert.deepEqual([went[0].before.name, went[0].reason], ['P3', 'lost']);
  assert.equal(state.get(3), undefined);
});

test('a change touches only the fields it names', () => {
  const state = entered();
  const changes = listen(state, 'changed');
  state.apply({ type: 'changed', seq: 2, index: 1, muted: ['microphone'], hand: true });
  assert.deepEqual(state.get(1), person(1, { muted: ['microphone'], hand: true }));
  assert.equal(changes[0].before.hand, false);
});

test('news of somebody unknown is left alone', () => {
  const state = entered();
  const events = [...['changed', 'left'].map((type) => listen(state, type))];
  state.apply({ type: 'changed', seq: 2, index: 77, hand: true });
  state.apply({ type: 'left', seq: 3, index: 77, reason: 'left' });
  assert.deepEqual(events.flat(), []);
});

test('a source is live when it is published and not muted', () => {
  const state = entered();
  assert.equal(state.live(1, 'camera'), true);
  assert.equal(state.live(1, 'screen'), false);
  state.apply({ type: 'changed', seq: 2, index: 1, muted: ['camera'] });
  assert.equal(state.live(1, 'camera'), false);
  assert.equal(state.live(77, 'camera'), false);
});

test('whoever leaves speaks no more', () => {
  const state = entered();
  state.apply({ type: 'speakers', seq: 2, indexes: [1, 0, 99] });
  assert.deepEqual(state.speakers, [1, 0]);
  state.apply({ type: 'left', seq: 3, index: 1, reason: 'left' });
  assert.equal(state.speaking(1), false);
  assert.equal(state.speaking(0), true);
});

test('quality is good until the relay says otherwise', () => {
  const state = entered();
  assert.equal(state.quality(1), 3);
  state.apply({ type: 'quality', seq: 2, levels: { 1: 0 } });
  assert.equal(state.quality(1), 0);
});

test('the lock is told only when it turns', () => {
  const state = entered();
  const turns = listen(state, 'locked');
  for (const locked of [true, true, false]) state.apply({ type: 'locked', seq: 2, locked });
  assert.deepEqual(turns, [true, false]);
});

test('a second welcome forgets the first meeting altogether', () => {
  const state = entered();
  state.apply({ type: 'speakers', seq: 2, indexes: [1] });
  state.apply({
    type: 'welcome', seq: 1, you: 0, token: 'u', heartbeat: 25, ice: { servers: [] }, log: [],
    room: { code: 'abc-defg-hjk', instance: 'j', locked: true, started_at: 5, limit: 9 }, participants: [person(0)],
  });
  assert.deepEqual([state.size, state.speakers, state.instance, state.locked], [1, [], 'j', true]);
});

test('messages about other things are not for the state', () => {
  const state = entered();
  for (const type of ['offer', 'key', 'ping', 'constructor', '__proto__']) {
    assert.equal(state.apply({ type, seq: 2 }), false);
  }
});

test('a participant cannot be changed from outside', () => {
  const state = entered();
  assert.throws(() => { state.get(1).name = 'Mallory'; }, TypeError);
});

test('a track id names its owner and its source', () => {
  assert.deepEqual(splitTrackId('12:screen-audio'), { index: 12, source: 'screen-audio' });
});
