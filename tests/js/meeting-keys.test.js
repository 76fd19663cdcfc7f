// What is particular to the JavaScript side: events, order, limits. The schedule itself is tried in
// tests/e2ee, where members in both languages meet.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { createLink, parseFragment } from '../../static/js/e2ee/link.js';
import { MeetingKeys } from '../../static/js/e2ee/meeting-keys.js';

const { fragment, hostKey } = await createLink();

function keys(index, more = {}) {
  const made = new MeetingKeys({ room: 'abc-defg-hij', instance: 'one', index, ...parseFragment(fragment), ...more });
  const heard = [];
  for (const type of ['send', 'epoch', 'alarm', 'silence', 'host']) {
    made.addEventListener(type, ({ detail }) => heard.push([type, detail]));
  }
  return { made, heard, of: (wanted) => heard.filter(([type]) => type === wanted).map(([, detail]) => detail) };
}

test('calls count in their order, whether or not anybody waits', async () => {
  const one = keys(0);
  one.made.addEventListener('send', ({ detail }) => void one.made.feed({ from: 0, body: detail }));
  await one.made.start();
  await one.made.tick();
  await one.made.tick();
  await one.made.tick();
  assert.deepEqual(one.of('send').map(({ kind }) => kind), ['hello', 'epoch', 'next']);
  assert.equal(one.of('epoch')[0].n, 1);
});

test('what is said before the hello counts, too', async () => {
  const first = keys(0, { hostKey });
  await first.made.start();
  const second = keys(1);
  void second.made.feed({ from: 0, body: first.of('send')[0] });
  await second.made.start();
  assert.deepEqual(second.of('host'), [{ index: 0 }]);
});

test('secrets of the caller may be changed afterwards', async () => {
  const { secret, hostFingerprint } = parseFragment(fragment);
  const one = keys(0, { secret, hostFingerprint });
  secret.fill(0);
  hostFingerprint.fill(0);
  await one.made.start();
  const two = keys(1);
  await two.made.feed({ from: 0, body: one.of('send')[0] });
  assert.deepEqual(two.of('alarm'), []);
});

test('after closing nothing is said any more', async () => {
  const one = keys(0);
  const starting = one.made.start();
  one.made.close();
  await starting;
  await one.made.tick();
  assert.deepEqual(one.heard, []);
});

test('a flood that nobody can keep up with is cut off', async () => {
  const one = keys(0);
  const feeding = Array.from({ length: 5000 }, () => one.made.feed({ from: 1, body: {} }));
  await Promise.all(feeding);
  assert.ok(one.of('alarm').some(({ kind, lost }) => kind === 'overload' && lost));
});

test('bodies that are no objects raise one alarm', async () => {
  const one = keys(0);
  for (const body of [null, undefined, 7, 'hello', [], () => 1, new Map(), Symbol('x')]) {
    await one.made.feed({ from: 1, body });
  }
  assert.deepEqual(one.of('alarm'), [{ kind: 'malformed', index: 1, lost: false }]);
});
