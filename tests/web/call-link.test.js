import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Acceptance, sealLink } from '../../static/js/calling/call-link.js';
import { createLink } from '../../static/js/e2ee/link.js';

const ROOM = 'abc-defg-hjk';

test('the browser that accepts opens the link, and it is one', async () => {
  const [{ fragment }, acceptance] = [await createLink(), await Acceptance.create()];
  const sealed = await sealLink(acceptance.key, 'call-1', ROOM, fragment);
  assert.equal(await acceptance.open('call-1', ROOM, sealed), fragment);
  assert.ok(sealed.length >= 64 && sealed.length <= 400, 'fits what the switchboard passes on');
});

test('nobody else opens it, nor for another call or meeting', async () => {
  const [{ fragment }, acceptance, other] = [await createLink(), await Acceptance.create(), await Acceptance.create()];
  const sealed = await sealLink(acceptance.key, 'call-1', ROOM, fragment);
  await assert.rejects(other.open('call-1', ROOM, sealed));
  await assert.rejects(acceptance.open('call-2', ROOM, sealed));
  await assert.rejects(acceptance.open('call-1', 'xyz-defg-hjk', sealed));
});

test('what is sealed is refused unless it is a link', async () => {
  const acceptance = await Acceptance.create();
  for (const nonsense of ['', 'x'.repeat(68), '<script>'.padEnd(68)]) {
    await assert.rejects(acceptance.open('c', ROOM, await sealLink(acceptance.key, 'c', ROOM, nonsense)));
  }
});

test('a key of small order is refused', async () => {
  const { fragment } = await createLink();
  await assert.rejects(sealLink('A'.repeat(43), 'c', ROOM, fragment));
});
