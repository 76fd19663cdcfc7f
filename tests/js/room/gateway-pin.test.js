import assert from 'node:assert/strict';
import { test } from 'node:test';

import { GatewayPin } from '../../../static/js/room/gateway-pin.js';

/** What a browser remembers. */
function memory() {
  const kept = new Map();
  return { getItem: (name) => kept.get(name) ?? null, setItem: (name, value) => kept.set(name, value) };
}

test('a gateway is new, then known, and another one is a change', () => {
  const storage = memory();
  const pin = new GatewayPin(storage);
  assert.equal(pin.standing('a'), 'first');
  assert.equal(pin.standing('b'), 'first', 'to look is not to trust');
  pin.accept('a');
  assert.equal(pin.standing('a'), 'same');
  assert.equal(pin.standing('b'), 'changed');
  assert.equal(new GatewayPin(storage).standing('a'), 'same');
  pin.accept('b');
  assert.equal(pin.standing('a'), 'changed');
});

test('a browser that keeps nothing sees each gateway for the first time', () => {
  const forbidden = {
    getItem() { throw new DOMException('no'); },
    setItem() { throw new DOMException('no'); },
  };
  for (const storage of [null, forbidden]) {
    const pin = new GatewayPin(storage);
    pin.accept('a');
    assert.equal(pin.standing('a'), 'first');
  }
});
