// Statements about waiting calls: the same words as onmeet/e2ee/calls.py, by the vectors of tests/e2ee.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { checkStatement, gatewayFingerprint, readStatement, spokenCode } from '../../static/js/e2ee/calls.js';
import { BodyError } from '../../static/js/e2ee/encoding.js';

const vectors = JSON.parse(readFileSync(new URL('../e2ee/vectors/calls.json', import.meta.url), 'utf8'));

test('spoken code and fingerprint as in the vectors', async () => {
  assert.ok(vectors.statements.length);
  for (const { statement, code, fingerprint } of vectors.statements) {
    const read = readStatement(statement);
    assert.equal(await spokenCode(statement.room, read), code);
    assert.equal(await gatewayFingerprint(read.gateway), fingerprint);
  }
});

test('verdicts as in the vectors', async () => {
  assert.ok(vectors.checks.length);
  for (const { statement, room, now, fault } of vectors.checks) {
    assert.equal(await checkStatement(readStatement(statement), room, now), fault);
  }
});

test('what is no statement is refused whole', () => {
  assert.ok(vectors.malformed.length);
  for (const body of vectors.malformed) assert.throws(() => readStatement(body), BodyError, JSON.stringify(body));
});

test('a gateway key that is no point signs nothing', async () => {
  const statement = { ...vectors.statements[0].statement, gateway: '_'.repeat(42) + '8' };
  assert.equal(await checkStatement(readStatement(statement), statement.room, statement.expires - 1), 'signature');
});
