import assert from 'node:assert/strict';
import { test } from 'node:test';

import { decodeHeader, deriveSecrets, encodeHeader, FrameError } from '../../static/js/e2ee/sframe.js';
import { frameKey } from '../../static/js/e2ee/sframe-ciphers.js';
import { hex, missing, rows, unhex } from './vectors.js';

test('headers of the vectors', () => {
  // JSON rounds numbers past 2^53, which no counter of ours reaches: those are refused, not misread.
  const exact = rows('header').filter(({ kid, ctr }) => Number.isSafeInteger(kid) && Number.isSafeInteger(ctr));
  assert.ok(exact.length > 20);
  for (const { kid, ctr, encoded } of exact) {
    assert.equal(hex(encodeHeader(kid, ctr)), encoded);
    assert.deepEqual(decodeHeader(unhex(encoded)), { kid, counter: ctr, size: encoded.length / 2 });
  }
});

test('numbers past 2^53 are refused', () => {
  assert.equal(decodeHeader(unhex('0fffffffffffffffff')), null);
  assert.throws(() => encodeHeader(0, 2 ** 53), RangeError);
});

for (const row of [...rows('sframe'), ...rows('sframe_aes_256_ctr_hmac')]) {
  test(`frame of the vectors, suite ${row.cipher_suite}`, async () => {
    const base = unhex(row.base_key);
    const { key: raw, salt } = await deriveSecrets(row.cipher_suite, base, row.kid);
    assert.equal(hex(raw), row.sframe_key);
    assert.equal(hex(salt), row.sframe_salt);
    const key = await frameKey(base, row.kid, row.cipher_suite);
    const sealed = await key.seal(row.ctr, unhex(row.pt), 0, unhex(row.metadata));
    assert.equal(hex(sealed), row.ct);
    const header = decodeHeader(sealed);
    assert.equal(hex(await key.open(header, sealed, 0, unhex(row.metadata))), row.pt);
    sealed[sealed.length - 1] ^= 1;
    await assert.rejects(key.open(header, sealed, 0, unhex(row.metadata)), FrameError);
  });
}

test('every suite was tried', { skip: missing }, () => {
  const tried = new Set([...rows('sframe'), ...rows('sframe_aes_256_ctr_hmac')].map((row) => row.cipher_suite));
  assert.deepEqual([...tried].sort(), [1, 2, 3, 4, 5, 6, 7, 8]);
});

test('any bytes are a header in its one form, or none', () => {
  for (let round = 0; round < 20_000; round += 1) {
    const data = crypto.getRandomValues(new Uint8Array(round % 18));
    const header = decodeHeader(data);
    if (header) assert.equal(hex(encodeHeader(header.kid, header.counter)), hex(data.subarray(0, header.size)));
  }
});

test('what is too short to hold a tag does not open', async () => {
  for (const suite of [1, 4, 5, 8]) {
    const key = await frameKey(new Uint8Array(32), 1, suite);
    await assert.rejects(key.open(decodeHeader(unhex('10')), unhex('10')), FrameError);
  }
});
