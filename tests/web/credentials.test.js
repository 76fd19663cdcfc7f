/* Passkeys between JSON and buffers. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { answerOf, base64url, bytes, creationOptions, requestOptions } from '../../static/js/pages/credentials.js';

const buffer = (...values) => Uint8Array.from(values).buffer;

test('bytes survive the way there and back, without padding and with the signs of addresses', () => {
  for (const values of [[], [0], [255, 254], [251, 255, 191], [1, 2, 3, 4, 5]]) {
    const text = base64url(buffer(...values));
    assert.match(text, /^[A-Za-z0-9_-]*$/);
    assert.deepEqual([...bytes(text)], values);
  }
  assert.equal(base64url(buffer(251, 255, 191)), '-_-_');
});

test('options become buffers wherever the browser wants them', () => {
  const made = creationOptions({
    challenge: 'AQI', user: { id: 'Aw', name: 'ada' }, excludeCredentials: [{ id: 'BA', type: 'public-key' }],
  });
  assert.deepEqual([...made.challenge], [1, 2]);
  assert.deepEqual([...made.user.id], [3]);
  assert.deepEqual([...made.excludeCredentials[0].id], [4]);
  const asked = requestOptions({ challenge: 'AQI', rpId: 'example.org' });
  assert.deepEqual(asked.allowCredentials, []);
  assert.equal(asked.rpId, 'example.org');
});

test('the answer holds what is signed, and nothing else about the device', () => {
  const response = {
    clientDataJSON: buffer(1), authenticatorData: buffer(2), signature: buffer(3), userHandle: null,
    getTransports: () => ['internal'],
  };
  const credential = {
    id: 'BA', rawId: buffer(4), type: 'public-key', authenticatorAttachment: 'platform', response,
  };
  assert.deepEqual(JSON.parse(answerOf(credential)), {
    id: 'BA', rawId: 'BA', type: 'public-key',
    response: { clientDataJSON: 'AQ', authenticatorData: 'Ag', signature: 'Aw' },
  });
});
