import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ResendBuffer } from '../../../static/js/room/resend-buffer.js';
import { Signalling } from '../../../static/js/room/signalling.js';
import { FakeClock, FakeSocket, listen } from './fakes.js';

const WELCOME = { type: 'welcome', you: 3, token: 'tok', room: {}, participants: [], log: [] };

function setUp() {
  const clock = new FakeClock();
  const sockets = [];
  const makeSocket = () => {
    const socket = new FakeSocket();
    sockets.push(socket);
    return socket;
  };
  const signalling = new Signalling('wss://x/m/y/socket', { makeSocket, clock, random: () => 0 });
  return { clock, sockets, signalling, last: () => sockets.at(-1) };
}

function joined() {
  const world = setUp();
  world.signalling.join({ name: 'Ada', muted: [] });
  world.last().open();
  world.last().say({ ...WELCOME, seq: 1 });
  return world;
}

test('join goes first and what was sent meanwhile follows in order', () => {
  const { signalling, last } = setUp();
  signalling.join({ name: 'Ada', muted: ['camera'] });
  signalling.send('offer', { pc: 'up', gen: 1 });
  assert.deepEqual(last().sent, []);
  last().open();
  assert.deepEqual(last().sent, [
    { version: 1, name: 'Ada', muted: ['camera'], type: 'join', seq: 1 },
    { pc: 'up', gen: 1, type: 'offer', seq: 2 },
  ]);
});

test('a socket opened ahead of time is used for the join', () => {
  const { signalling, sockets, last } = setUp();
  signalling.warm();
  last().open();
  signalling.join({ name: 'Ada', muted: [] });
  assert.equal(sockets.length, 1);
  assert.deepEqual(last().types(), ['join']);
});

test('a warm socket that the relay closes again does no harm', () => {
  const { signalling, sockets, last, clock } = setUp();
  signalling.warm();
  last().open();
  last().drop(4408);
  clock.advance(60_000);
  assert.equal(sockets.length, 1);
  signalling.join({ name: 'Ada', muted: [] });
  assert.equal(sockets.length, 2);
});

test('nothing can be sent without a session', () => {
  const { signalling } = setUp();
  assert.equal(signalling.send('view', { sizes: {} }), 0);
});

test('a ping is answered at once with what was received', () => {
  const { last } = joined();
  last().say({ type: 'ping', seq: 2, ack: 1 });
  assert.deepEqual(last().sent.at(-1), { type: 'pong', seq: 2, ack: 2 });
});

test('each message is told once and in order', () => {
  const { signalling, last } = joined();
  const seen = listen(signalling, 'message');
  last().say({ type: 'speakers', seq: 2, indexes: [1] });
  last().say({ type: 'speakers', seq: 2, indexes: [1] });
  last().say({ type: 'locked', seq: 3, locked: true });
  assert.deepEqual(seen.map(({ type }) => type), ['speakers', 'locked']);
});

test('a dropped socket is resumed after the back-off and the rest is sent again', () => {
  const { signalling, sockets, last, clock } = joined();
  const phases = listen(signalling, 'phase');
  signalling.send('state', { hand: true });
  last().drop(1006);
  signalling.send('state', { hand: false });
  assert.equal(sockets.length, 1);
  clock.advance(250);
  assert.equal(sockets.length, 2);
  last().open();
  assert.deepEqual(last().sent, [{ type: 'resume', seq: 4, token: 'tok', ack: 1 }]);
  last().say({ type: 'resumed', seq: 2, ack: 2 });
  assert.deepEqual(last().sent.slice(1), [{ hand: false, type: 'state', seq: 3 }]);
  assert.deepEqual(phases, ['interrupted', 'joined']);
});

test('the resumed session goes on counting where it was', () => {
  const { signalling, last, clock } = joined();
  const seen = listen(signalling, 'message');
  last().drop(1006);
  clock.advance(250);
  last().open();
  last().say({ type: 'resumed', seq: 2, ack: 1 });
  last().say({ type: 'speakers', seq: 2, indexes: [] });
  assert.equal(seen.length, 1);
  assert.equal(signalling.send('state', {}), 2);
});

test('what was sent in answer to the resumption comes after what was sent again', () => {
  const { signalling, last, clock } = joined();
  signalling.addEventListener('phase', ({ detail }) => { if (detail === 'joined') signalling.send('view', {}); });
  last().drop(1006);
  signalling.send('state', {});
  clock.advance(250);
  last().open();
  last().say({ type: 'resumed', seq: 2, ack: 1 });
  assert.deepEqual(last().sent.slice(1).map(({ type, seq }) => [type, seq]), [['state', 2], ['view', 3]]);
});

test('the back-off grows while the network stays away', () => {
  const { sockets, last, clock } = joined();
  last().drop(1006);
  const waits = [];
  for (let attempt = 0; attempt < 6; attempt += 1) {
    const [start, before] = [clock.now(), sockets.length];
    while (sockets.length === before) clock.advance(50);
    waits.push(clock.now() - start);
    last().drop(1006);
  }
  assert.deepEqual(waits, [250, 500, 1000, 2000, 4000, 4000]);
});

test('a server that restarts is called again at once', () => {
  const { sockets, last, clock } = joined();
  last().drop(1012);
  clock.advance(0);
  assert.equal(sockets.length, 2);
});

test('a relay that is still starting is asked every second', () => {
  const { sockets, last, clock } = joined();
  last().drop(1012);
  clock.advance(0);
  for (let attempt = 0; attempt < 5; attempt += 1) {
    const before = sockets.length;
    last().drop(1013);
    clock.advance(1000);
    assert.equal(sockets.length, before + 1);
  }
});

test('an unknown token means joining afresh with numbers from one', () => {
  const { signalling, last, clock } = joined();
  const afresh = listen(signalling, 'afresh');
  last().drop(1006);
  clock.advance(250);
  last().open();
  last().drop(4404);
  assert.deepEqual(afresh, [{ wait: 0 }]);
  assert.equal(signalling.phase, 'idle');
  signalling.join({ name: 'Ada', muted: [] });
  last().open();
  assert.deepEqual(last().sent.map(({ type, seq }) => [type, seq]), [['join', 1]]);
  last().say({ ...WELCOME, seq: 1, token: 'new' });
  assert.equal(signalling.phase, 'joined');
});

test('losing the session again and again waits longer each time', () => {
  const { signalling, last } = joined();
  const afresh = listen(signalling, 'afresh');
  for (let round = 0; round < 3; round += 1) {
    last().drop(4400);
    signalling.join({ name: 'Ada', muted: [] });
    last().open();
  }
  assert.deepEqual(afresh.map(({ wait }) => wait), [0, 250, 500]);
});

test('too many messages means waiting five seconds before joining afresh', () => {
  const { signalling, last } = joined();
  const afresh = listen(signalling, 'afresh');
  last().drop(4429);
  assert.deepEqual(afresh, [{ wait: 5000 }]);
});

for (const [code, reason] of [[4403, 'forbidden'], [4409, 'replaced'], [4410, 'ended'], [4411, 'removed'],
  [4423, 'locked'], [4503, 'full'], [1000, 'left']]) {
  test(`close code ${code} is the end: ${reason}`, () => {
    const { signalling, sockets, last, clock } = joined();
    const stopped = listen(signalling, 'stopped');
    last().drop(code);
    clock.advance(600_000);
    assert.deepEqual(stopped, [reason]);
    assert.equal(sockets.length, 1);
    assert.equal(clock.pending, 0);
  });
}

test('leaving says so and ends even when the relay stays silent', () => {
  const { signalling, last, clock } = joined();
  const stopped = listen(signalling, 'stopped');
  signalling.leave();
  assert.equal(last().sent.at(-1).type, 'leave');
  clock.advance(1000);
  assert.deepEqual(stopped, ['left']);
});

test('a relay that says nothing for forty seconds is taken for dead', () => {
  const { signalling, last, clock } = joined();
  clock.advance(39_000);
  assert.equal(signalling.phase, 'joined');
  clock.advance(6000);
  assert.equal(signalling.phase, 'interrupted');
  assert.equal(last().closed || last().sent.length === 0, true);
});

test('a ping from time to time keeps the session alive', () => {
  const { signalling, last, clock } = joined();
  for (let seq = 2; seq < 10; seq += 1) {
    clock.advance(25_000);
    last().say({ type: 'ping', seq, ack: 1 });
  }
  assert.equal(signalling.phase, 'joined');
});

test('a probe that nobody answers reconnects within seconds', () => {
  const { signalling, sockets, clock } = joined();
  signalling.probe();
  clock.advance(3000 + 250);
  assert.equal(sockets.length, 2);
  assert.equal(signalling.phase, 'interrupted');
});

test('a probe that is answered measures the way and changes nothing', () => {
  const { signalling, sockets, last, clock } = joined();
  const trips = listen(signalling, 'rtt');
  signalling.probe();
  clock.advance(40);
  last().say({ type: 'pong', seq: 2, ack: 2 });
  clock.advance(10_000);
  assert.deepEqual(trips, [40]);
  assert.equal(sockets.length, 1);
});

test('the network coming back does not wait for the back-off', () => {
  const { signalling, sockets, last, clock } = joined();
  for (let attempt = 0; attempt < 5; attempt += 1) {
    last().drop(1006);
    clock.advance(4000);
  }
  last().drop(1006);
  const before = sockets.length;
  signalling.probe();
  assert.equal(sockets.length, before + 1);
});

for (const text of ['', 'null', '[]', '{"type":1,"seq":2}', '{"type":"left"}', '{']) {
  test(`a relay that talks nonsense loses the session: ${JSON.stringify(text)}`, () => {
    const { signalling, last } = joined();
    const afresh = listen(signalling, 'afresh');
    last().onmessage({ data: text });
    assert.equal(afresh.length, 1);
    assert.equal(last().closed, true);
  });
}

test('a gap in the numbers loses the session', () => {
  const { signalling, last } = joined();
  const afresh = listen(signalling, 'afresh');
  last().say({ type: 'speakers', seq: 5, indexes: [] });
  assert.equal(afresh.length, 1);
});

test('more unacknowledged messages than may be kept lose the session', () => {
  const { signalling, last } = joined();
  const afresh = listen(signalling, 'afresh');
  last().drop(1006);
  for (let count = 0; count < ResendBuffer.MAX_MESSAGES + 1; count += 1) signalling.send('state', {});
  assert.equal(afresh.length, 1);
});

test('acknowledged messages are forgotten', () => {
  const { signalling, last } = joined();
  const afresh = listen(signalling, 'afresh');
  for (let seq = 2; seq < 2 + 3 * ResendBuffer.MAX_MESSAGES; seq += 1) {
    const sent = signalling.send('state', {});
    last().say({ type: 'ping', seq, ack: sent });
  }
  assert.equal(afresh.length, 0);
});

test('a session given up by us says good-bye and starts over', () => {
  const { signalling, last } = joined();
  const afresh = listen(signalling, 'afresh');
  const socket = last();
  signalling.abandon(1000);
  assert.equal(socket.sent.at(-1).type, 'leave');
  assert.deepEqual(afresh, [{ wait: 1000 }]);
});

test('news of a socket that was given up is not heard', () => {
  const { signalling, last, clock } = joined();
  const seen = listen(signalling, 'message');
  const old = last();
  const { onmessage } = old;
  old.drop(1006);
  clock.advance(250);
  onmessage({ data: JSON.stringify({ type: 'speakers', seq: 2, indexes: [] }) });
  assert.equal(seen.length, 0);
});
