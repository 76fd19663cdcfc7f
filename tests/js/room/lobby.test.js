import assert from 'node:assert/strict';
import { test } from 'node:test';

import { LobbyDesk } from '../../../static/js/room/lobby-desk.js';
import { RoomState } from '../../../static/js/room/room-state.js';
import { Signalling } from '../../../static/js/room/signalling.js';
import { FakeClock, FakeSocket, listen } from './fakes.js';

const guest = (number, name, more = {}) => ({ guest: number, name, signed_in: false, since: 7, ...more });

function desk() {
  const state = new RoomState();
  const sent = [];
  const made = new LobbyDesk({ state, send: (type, fields) => sent.push([type, fields]) });
  return { desk: made, state, sent, arrived: listen(made, 'arrived'), refused: listen(made, 'refused') };
}

test('everybody who comes to wait is announced once', () => {
  const { desk: it, state, arrived } = desk();
  it.take({ type: 'knocks', waiting: [guest(1, 'Gus')] });
  it.take({ type: 'knocks', waiting: [guest(1, 'Gus'), guest(2, 'Eve')] });
  state.clear(); // our own connection was lost, and the relay tells the list again
  assert.deepEqual(it.list, []);
  it.take({ type: 'knocks', waiting: [guest(1, 'Gus'), guest(2, 'Eve')] });
  assert.deepEqual(arrived.map((all) => all.map(({ name }) => name)), [['Gus'], ['Eve']]);
  it.take({ type: 'knocks', waiting: [guest(1, 'Tom', { since: 9 })] });
  assert.equal(arrived.at(-1)[0].name, 'Tom', 'after a restart numbers begin anew');
});

test('exactly those come in who were named, in messages of at most a hundred', () => {
  const { desk: it, sent } = desk();
  it.letIn([3, 1]);
  it.letIn(Array.from({ length: 101 }, (_, at) => at + 1));
  assert.deepEqual(sent.map(([, { guests }]) => guests.length), [2, 100, 1]);
  assert.deepEqual(sent[0], ['let-in', { guests: [3, 1] }]);
  it.turnAway(3);
  it.switch(true);
  assert.deepEqual(sent.slice(3), [['turn-away', { guest: 3 }], ['lobby', { on: true }]]);
});

test('a refusal is told once, and only of our own letting in', () => {
  const { desk: it, refused } = desk();
  it.letIn([1]);
  it.take({ type: 'error', code: 'full', about: 'let-in', re: 1 });
  it.take({ type: 'error', code: 'full', about: 'let-in', re: 1 });
  it.take({ type: 'error', code: 'not-now', about: 'offer', re: 5 });
  it.switch(false);
  it.take({ type: 'error', code: 'not-now', about: 'lobby', re: 2 });
  assert.deepEqual(refused, [{ about: 'let-in', code: 'full' }, { about: 'lobby', code: 'not-now' }]);
});

test('the room knows whether guests wait', () => {
  const { state } = desk();
  const told = listen(state, 'lobby');
  const room = { code: 'c', instance: 'i', locked: false, lobby: true, started_at: 1, limit: 9 };
  state.apply({ type: 'welcome', you: 0, participants: [], room });
  assert.equal(state.lobby, true);
  state.apply({ type: 'lobby', on: true });
  state.apply({ type: 'lobby', on: false });
  assert.deepEqual([state.lobby, told], [false, [false]]);
});

// the session of who waits

function waiting() {
  const clock = new FakeClock();
  const sockets = [];
  const makeSocket = () => { sockets.push(new FakeSocket()); return sockets.at(-1); };
  const signalling = new Signalling('wss://x/m/y/socket', { makeSocket, clock, random: () => 0 });
  const phases = listen(signalling, 'phase');
  signalling.join({ name: 'Gus', muted: [] });
  sockets[0].open();
  sockets[0].say({ type: 'waiting', seq: 1, token: 'tok' });
  return { clock, sockets, signalling, phases };
}

const WELCOME = { type: 'welcome', you: 3, token: 'tok', room: {}, participants: [], log: [] };

test('who waits keeps its session over a broken socket, and is then let in', () => {
  const { clock, sockets, signalling, phases } = waiting();
  assert.equal(signalling.phase, 'waiting');
  sockets[0].drop(1006);
  clock.advance(1000);
  sockets[1].open();
  assert.deepEqual(sockets[1].sent, [{ type: 'resume', seq: 2, token: 'tok', ack: 1 }]);
  sockets[1].say({ type: 'resumed', seq: 2, ack: 1 });
  assert.equal(signalling.phase, 'waiting');
  sockets[1].say({ ...WELCOME, seq: 2 });
  assert.deepEqual(phases, ['joining', 'waiting', 'interrupted', 'waiting', 'joined']);
});

test('who was let in while its socket was broken hears so after it', () => {
  const { clock, sockets, signalling } = waiting();
  sockets[0].drop(1006);
  clock.advance(1000);
  sockets[1].open();
  sockets[1].say({ type: 'resumed', seq: 3, ack: 1 });
  sockets[1].say({ ...WELCOME, seq: 2 });
  assert.equal(signalling.phase, 'joined');
});

test('who stops waiting says so', () => {
  const { sockets, signalling } = waiting();
  signalling.leave();
  assert.equal(sockets[0].sent.at(-1).type, 'leave');
});

test('who was turned away does not come back by itself', () => {
  const { clock, sockets, signalling } = waiting();
  const stopped = listen(signalling, 'stopped');
  sockets[0].drop(4412);
  clock.advance(60_000);
  assert.deepEqual([stopped, sockets.length], [['turned-away'], 1]);
});

test('who waited for a relay that restarts knocks again', () => {
  const { clock, sockets, signalling } = waiting();
  const afresh = listen(signalling, 'afresh');
  sockets[0].drop(1012);
  clock.advance(1000);
  sockets[1].open();
  sockets[1].drop(4404);
  assert.equal(afresh.length, 1);
  signalling.join({ name: 'Gus', muted: [] });
  assert.equal(signalling.phase, 'joining');
});
