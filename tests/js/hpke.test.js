import assert from 'node:assert/strict';
import { test } from 'node:test';

import { HpkeError, generateKemPair, isUsable, open, seal } from '../../static/js/e2ee/hpke.js';
import { HPKE_A_1_1 as V, hex, unhex, x25519 } from './vectors.js';

const NONE = new Uint8Array(0);

test('vector of RFC 9180, A.1.1', async () => {
  const recipient = await x25519(V.skR, V.pkR);
  const ephemeral = await x25519(V.skE, V.pkE);
  const sealed = await seal(recipient.publicKey, unhex(V.info), unhex(V.aad), unhex(V.pt), ephemeral);
  assert.equal(hex(sealed), V.pkE + V.ct);
  assert.equal(hex(await open(recipient, unhex(V.info), unhex(V.aad), sealed)), V.pt);
});

test('other data, another key or other info do not open', async () => {
  const [pair, other] = [await generateKemPair(), await generateKemPair()];
  const [info, aad] = [unhex('aa'), unhex('bb')];
  const sealed = await seal(pair.publicKey, info, aad, unhex('cc'));
  assert.equal(hex(await open(pair, info, aad, sealed)), 'cc');
  await assert.rejects(open(pair, info, NONE, sealed), HpkeError);
  await assert.rejects(open(pair, aad, aad, sealed), HpkeError);
  await assert.rejects(open(other, info, aad, sealed), HpkeError);
  await assert.rejects(open(pair, info, aad, sealed.subarray(0, 40)), HpkeError);
});

test('points of small order are refused', async () => {
  const probe = await generateKemPair();
  for (const point of [
    '00'.repeat(32),
    `01${'00'.repeat(31)}`,
    'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
    '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
    `ec${'ff'.repeat(30)}7f`,
  ]) {
    assert.equal(await isUsable(unhex(point), probe), false);
    await assert.rejects(seal(unhex(point), NONE, NONE, NONE), HpkeError);
  }
  assert.equal(await isUsable((await generateKemPair()).publicKey, probe), true);
});

test('private keys cannot be exported', async () => {
  const { privateKey } = await generateKemPair();
  assert.equal(privateKey.extractable, false);
});
