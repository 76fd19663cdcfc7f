import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { GatewayPin } from '../../../static/js/room/gateway-pin.js';
import { WaitingCalls } from '../../../static/js/room/waiting-calls.js';
import { listen } from './fakes.js';

const vectors = JSON.parse(readFileSync(new URL('../../e2ee/vectors/calls.json', import.meta.url), 'utf8'));
const [{ statement, code, fingerprint }] = vectors.statements;
const ROOM = statement.room;

/** What the relay says of a caller; its statement is from the vectors. */
function caller(more = {}) {
  const { call, gw, gateway, expires, s } = statement;
  return {
    call, gw, gateway, expires, s, label: '+49 … 42', withheld: false, dialled_out: false, language: 'de', since: 7, ...more,
  };
}

const at = (seconds) => () => (statement.expires + seconds) * 1000;
const waiting = (now = at(-60), room = ROOM) => new WaitingCalls(room, new GatewayPin(null), now);

test('a genuine caller is shown with code and fingerprint', async () => {
  const calls = waiting();
  await calls.take([caller()]);
  const [found] = calls.list;
  assert.deepEqual([found.code, found.fingerprint, found.fault, found.standing], [code, fingerprint, null, 'first']);
  assert.equal(found.label, '+49 … 42');
  assert.equal(calls.get(found.call), found);
});

test('who withholds the number is shown without a label, whatever came', async () => {
  const calls = waiting();
  await calls.take([caller({ withheld: true, label: '+49 30 1234567' })]);
  assert.equal(calls.list[0].label, '');
});

test('what the gateway did not sign has no code and no statement to admit by', async () => {
  const other = vectors.statements[1].statement;
  for (const change of [{ gw: other.gw }, { gateway: other.gateway }, { call: other.call }, { s: other.s }, { s: '' }]) {
    const calls = waiting();
    await calls.take([caller(change)]);
    const [{ fault, code: shown, statement: signed }] = calls.list;
    assert.ok(fault, JSON.stringify(change));
    assert.deepEqual([shown, signed], ['', null]);
  }
});

test('a statement about another meeting is worth nothing', async () => {
  const calls = waiting(at(-60), 'abc-defg-hik');
  await calls.take([caller()]);
  assert.equal(calls.list[0].fault, 'signature');
});

test('clocks may differ by minutes, not by more', async () => {
  for (const [seconds, fault] of [[299, null], [301, 'expired'], [-3600 - 299, null], [-3600 - 301, 'ahead']]) {
    const calls = waiting(at(seconds));
    await calls.take([caller()]);
    assert.equal(calls.list[0].fault, fault, String(seconds));
  }
});

test('each caller is told once, however often the list comes, and again after another call', async () => {
  const calls = waiting();
  const arrived = listen(calls, 'arrived');
  await calls.take([caller()]);
  await calls.take([caller({ label: 'new' })]);
  calls.clear();
  await calls.take([caller()]);
  assert.equal(arrived.length, 1);
  await calls.take([]);
  await calls.take([caller()]);
  assert.equal(arrived.length, 2);
});

test('the newest list counts, also when an older one is checked later', async () => {
  const calls = waiting();
  await Promise.all([calls.take([caller(), caller({ call: 'x' })]), calls.take([])]);
  assert.deepEqual(calls.list, []);
});

test('a trusted gateway is the same as before from then on', async () => {
  const kept = new Map();
  const storage = { getItem: (name) => kept.get(name) ?? null, setItem: (name, value) => kept.set(name, value) };
  const calls = new WaitingCalls(ROOM, new GatewayPin(storage), at(-60));
  await calls.take([caller()]);
  calls.trust(calls.list[0]);
  assert.equal(calls.list[0].standing, 'same');
});
