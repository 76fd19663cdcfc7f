import assert from 'node:assert/strict';
import { test } from 'node:test';

import { destination } from '../../static/js/pages/destination.js';

const HERE = 'https://meet.example';
const SECRET = '#1.b7f0AZ_-xx.Qq19';

const FOUND = {
  'abc-defg-hjk': `${HERE}/m/abc-defg-hjk`,
  ' ABC defg HJK ': `${HERE}/m/abc-defg-hjk`,
  abcdefghjk: `${HERE}/m/abc-defg-hjk`,
  [`${HERE}/m/abc-defg-hjk${SECRET}`]: `${HERE}/m/abc-defg-hjk${SECRET}`,
  [`Join us: ${HERE}/m/abc-defg-hjk${SECRET} at nine`]: `${HERE}/m/abc-defg-hjk${SECRET}`,
  [`/m/abc-defg-hjk${SECRET}`]: `${HERE}/m/abc-defg-hjk${SECRET}`,
  [`<${HERE}/m/ABC-DEFG-HJK${SECRET}>`]: `${HERE}/m/abc-defg-hjk${SECRET}`,
  [`https://other.example/m/abc-defg-hjk${SECRET}`]: `https://other.example/m/abc-defg-hjk${SECRET}`,
};

for (const [text, address] of Object.entries(FOUND)) {
  test(`“${text}” leads to a meeting`, () => assert.equal(destination(text, HERE), address));
}

for (const text of ['', '   ', 'abc', 'abc-defg-hij', 'abc-defg-hjkm', 'https://meet.example/', 'javascript:alert(1)']) {
  test(`“${text}” leads nowhere`, () => assert.equal(destination(text, HERE), null));
}

test('whatever somebody pastes, only a web address comes out', () => {
  const address = destination('javascript:alert(1)//m/abc-defg-hjk#x', HERE);
  assert.ok(address === null || new URL(address).protocol === 'https:');
});
