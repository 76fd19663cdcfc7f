import assert from 'node:assert/strict';
import { test } from 'node:test';

import { commandFor, focusOn } from '../../../static/js/room/shortcuts.js';

const NOWHERE = { typing: false, control: false };
const press = (key, more = {}, focus = NOWHERE) => commandFor({ key, ...more }, focus);

test('each key has its command, capital or not', () => {
  const keys = { m: 'microphone', v: 'camera', s: 'screen', c: 'chat', p: 'people', h: 'hand', '?': 'help', ' ': 'talk', Escape: 'close' };
  for (const [key, command] of Object.entries(keys)) assert.equal(press(key), command);
  assert.equal(press('M'), 'microphone');
});

test('other keys and the browser\'s own shortcuts are left alone', () => {
  for (const key of ['x', 'Enter', 'Tab', 'F5', 'constructor']) assert.equal(press(key), null, key);
  for (const held of ['ctrlKey', 'metaKey', 'altKey']) assert.equal(press('c', { [held]: true }), null);
});

test('nothing but Escape is a command while somebody types', () => {
  const typing = focusOn({ localName: 'textarea' });
  for (const key of ['m', ' ', '?']) assert.equal(press(key, {}, typing), null);
  assert.equal(press('Escape', {}, typing), 'close');
  assert.equal(press('m', { isComposing: true }), null);
});

test('the space bar presses a button that has the focus instead of talking', () => {
  for (const element of [{ localName: 'button' }, { localName: 'summary' }, { localName: 'input', type: 'checkbox' }, { localName: 'div', role: 'switch' }]) {
    assert.equal(press(' ', {}, focusOn(element)), null);
    assert.equal(press('m', {}, focusOn(element)), 'microphone');
  }
  assert.equal(press(' ', {}, focusOn({ localName: 'main' })), 'talk');
  assert.equal(press(' ', {}, focusOn(null)), 'talk');
});

test('a key that is held down counts once', () => {
  assert.equal(press('m', { repeat: true }), null);
  assert.equal(press(' ', { repeat: true }), null);
});

test('fields of every kind count as typing', () => {
  for (const element of [{ localName: 'input', type: 'text' }, { localName: 'input' }, { localName: 'select' }, { localName: 'div', isContentEditable: true }]) {
    assert.equal(focusOn(element).typing, true);
  }
});
