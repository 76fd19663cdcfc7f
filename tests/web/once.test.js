import assert from 'node:assert/strict';
import { test } from 'node:test';

import { sendOnce } from '../../static/js/pages/once.js';

/** @param {number} at */
function submit(at) {
  const event = new Event('submit', { cancelable: true });
  Object.defineProperty(event, 'timeStamp', { value: at });
  return event;
}

test('a form that is pressed twice in a hurry is sent once, and later again', () => {
  const form = new EventTarget();
  sendOnce(form);
  const sent = [100, 250, 2900, 3200, 3300].map((at) => form.dispatchEvent(submit(at)));
  assert.deepEqual(sent, [true, false, false, true, false]);
});
