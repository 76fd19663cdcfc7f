import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { GatewayPin } from '../../../static/js/room/gateway-pin.js';
import { PhoneDesk } from '../../../static/js/room/phone-desk.js';
import { RoomState } from '../../../static/js/room/room-state.js';
import { ShieldState } from '../../../static/js/room/shield-state.js';
import { WaitingCalls } from '../../../static/js/room/waiting-calls.js';
import { listen } from './fakes.js';

const { statements } = JSON.parse(readFileSync(new URL('../../e2ee/vectors/calls.json', import.meta.url), 'utf8'));
const { statement } = statements[0];
const { call, gw, gateway, expires, s, room } = statement;
const caller = {
  call, gw, gateway, expires, s, label: '+49 … 42', withheld: false, dialled_out: false, language: 'de', since: 7,
};
const phone = {
  index: 5, name: 'Grandma', role: 'guest', kind: 'phone', muted: [], hand: false, tracks: ['microphone'],
  joined_at: 9, connected: true, call,
};

/** A host's desk in a meeting, and all that it does. */
async function desk({ holdsKey = true } = {}) {
  const state = new RoomState();
  const shield = new ShieldState();
  const waiting = new WaitingCalls(room, new GatewayPin(null), () => (expires - 60) * 1000);
  const done = [];
  let seq = 0;
  const line = {
    send: (type, fields) => { done.push([type, fields]); return ++seq; },
    grant: (id, key) => done.push(['grant', Buffer.from(id).toString('base64url'), Buffer.from(key).toString('base64url')]),
    revoke: (id) => done.push(['revoke', Buffer.from(id).toString('base64url')]),
  };
  const made = new PhoneDesk({ state, shield, waiting, line, holdsKey });
  state.apply({
    type: 'welcome', seq: 1, you: 0, participants: [{ ...phone, index: 0, kind: 'browser', role: 'host', call: undefined }],
    room: { code: room, instance: 'i', locked: false, started_at: 1, limit: 9 },
  });
  await waiting.take([caller]);
  return { desk: made, state, shield, waiting, done };
}

const epoch = (n, phones) => ({ n, code: 'c', members: [0], phones });
const joins = (state, more = {}) => state.apply({ type: 'joined', seq: 2, participant: { ...phone, ...more } });
const leaves = (state) => state.apply({ type: 'left', seq: 3, index: 5, reason: 'left' });

test('a grant follows the seat, for the key that the gateway signed', async () => {
  const { desk: it, state, waiting, done } = await desk();
  it.admit(waiting.list[0], 'Grandma');
  assert.deepEqual(done.splice(0), [['admit', { call, name: 'Grandma' }]]);
  joins(state);
  assert.deepEqual(done.splice(0), [['grant', call, gw]]);
  joins(state, { index: 6 });
  assert.deepEqual(done, [], 'one seat, one grant');
});

test('a seat that this host did not give gets no grant', async () => {
  const { state, done } = await desk();
  joins(state);
  assert.deepEqual(done, []);
});

test('without the host\'s key, or with a bad statement, nobody is admitted', async () => {
  const keyless = await desk({ holdsKey: false });
  keyless.desk.admit(keyless.waiting.list[0], '');
  assert.equal(keyless.desk.canAdmit, false);
  const { desk: it, waiting, done } = await desk();
  await waiting.take([{ ...caller, gw: statements[1].statement.gw }]);
  it.admit(waiting.list[0], '');
  assert.deepEqual([...done, ...keyless.done], []);
});

test('with the caller the grant goes, once', async () => {
  const { desk: it, state, shield, waiting, done } = await desk();
  it.admit(waiting.list[0], '');
  joins(state);
  shield.agreed(epoch(2, [call]));
  assert.equal(it.hears(phone), true);
  done.length = 0;
  leaves(state);
  shield.agreed(epoch(3, [call])); // an epoch that crossed with the revocation
  assert.deepEqual(done, [['revoke', call]]);
  shield.agreed(epoch(4, []));
  assert.equal(it.hears(phone), false);
  assert.deepEqual(done, [['revoke', call]]);
});

test('a caller who hangs up before the epoch is in force is revoked all the same', async () => {
  const { desk: it, state, waiting, done } = await desk();
  it.admit(waiting.list[0], '');
  joins(state);
  leaves(state);
  assert.deepEqual(done.map(([what]) => what), ['admit', 'grant', 'revoke']);
});

test('a grant in an epoch without a caller in the meeting is revoked', async () => {
  const { shield, done } = await desk();
  shield.agreed(epoch(2, [call]));
  assert.deepEqual(done, [['revoke', call]]);
});

test('a guest revokes nothing', async () => {
  const { state, shield, done } = await desk({ holdsKey: false });
  shield.agreed(epoch(2, [call]));
  joins(state);
  leaves(state);
  assert.deepEqual(done, []);
});

test('hold and hang-up take the keys first, then the seat', async () => {
  for (const [act, type] of [['hold', 'hold'], ['hangUp', 'kick']]) {
    const { desk: it, state, shield, waiting, done } = await desk();
    it.admit(waiting.list[0], '');
    joins(state);
    shield.agreed(epoch(2, [call]));
    done.length = 0;
    it[act](state.get(5));
    leaves(state);
    assert.deepEqual(done, [['revoke', call], [type, { index: 5 }]]);
  }
});

test('a refusal is told and leaves no grant waiting', async () => {
  const { desk: it, state, waiting, done } = await desk();
  const refused = listen(it, 'refused');
  it.admit(waiting.list[0], '');
  it.take({ type: 'error', seq: 4, code: 'full', about: 'admit', re: 1 });
  it.take({ type: 'error', seq: 5, code: 'full', about: 'admit', re: 77 });
  assert.deepEqual(refused, [{ code: 'full', call }]);
  joins(state);
  assert.deepEqual(done.map(([what]) => what), ['admit']);
});

test('a new session knows nothing of the old one', async () => {
  const { desk: it, state, waiting, done } = await desk();
  it.admit(waiting.list[0], '');
  state.clear();
  assert.deepEqual(waiting.list, []);
  joins(state);
  assert.deepEqual(done.map(([what]) => what), ['admit']);
});

test('the shield is open exactly while an epoch has grants, and a problem goes first', () => {
  const shield = new ShieldState();
  shield.agreed(epoch(1, []));
  assert.equal(shield.view.state, 'secure');
  shield.agreed(epoch(2, [call]));
  assert.deepEqual([shield.view.state, shield.view.phones], ['open', [call]]);
  shield.alarm('fork');
  assert.equal(shield.view.state, 'problem');
  shield.reset();
  assert.deepEqual(shield.view.phones, []);
});
