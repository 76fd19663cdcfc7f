import assert from 'node:assert/strict';
import { test } from 'node:test';

import { BodyError, canonical, fromBase64url, toBase64url } from '../../static/js/e2ee/encoding.js';
import { LinkError, createLink, hostFingerprint, parseFragment } from '../../static/js/e2ee/link.js';

const [KEY, PRINT] = ['A'.repeat(43), 'A'.repeat(22)];

test('a new link comes back from its fragment', async () => {
  const { fragment, hostKey, secret } = await createLink();
  const parsed = parseFragment(`#${fragment}`);
  assert.deepEqual(parsed.secret, secret);
  const raw = new Uint8Array(await crypto.subtle.exportKey('raw', hostKey.publicKey));
  assert.deepEqual(parsed.hostFingerprint, await hostFingerprint(raw));
  assert.equal(hostKey.privateKey.extractable, false);
  assert.notEqual((await createLink()).fragment, fragment);
});

for (const [fragment, code] of [
  ['', 'missing'], ['#', 'missing'], [`2.${KEY}.${PRINT}`, 'version'], ['hello', 'malformed'], ['1', 'malformed'],
  [`1.${KEY}`, 'malformed'], [`1.${KEY}.${PRINT}.A`, 'malformed'], [`1.${KEY}x.${PRINT}`, 'malformed'],
  [`1.${'A'.repeat(42)}B.${PRINT}`, 'malformed'], [`1.${'ä'.repeat(43)}.${PRINT}`, 'malformed'],
]) {
  test(`a broken fragment says what is wrong: ${code}, ${fragment.slice(0, 12)}`, () => {
    assert.throws(() => parseFragment(fragment), (error) => error instanceof LinkError && error.code === code);
  });
}

test('base64url has one spelling', () => {
  for (let length = 0; length < 70; length += 1) {
    const bytes = crypto.getRandomValues(new Uint8Array(length));
    assert.deepEqual(fromBase64url(toBase64url(bytes), length), bytes);
  }
  for (const text of ['AB', 'A', 'A=', 'A A', '+A', 'AAA', null, 7]) {
    assert.throws(() => fromBase64url(text, 1), BodyError);
  }
});

test('the canonical form sorts keys as text and keeps arrays', () => {
  assert.equal(canonical({ b: [2, 1], 10: 0, 9: {}, a: 'x' }), '{"10":0,"9":{},"a":"x","b":[2,1]}');
  assert.equal(canonical(-0), '0');
});

test('what has no canonical form is refused', () => {
  for (const value of [null, undefined, true, -1, 0.5, 2 ** 53, 'ü', 'a"b', 'a\\b', 'a\n']) {
    assert.throws(() => canonical({ value }), BodyError);
  }
});
