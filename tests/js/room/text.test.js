import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ChatLog, MAX_TEXT, cleanText, decodeChat, encodeChat } from '../../../static/js/room/chat-messages.js';
import { linkify } from '../../../static/js/room/linkify.js';
import { buildLink, readPasted } from '../../../static/js/room/meeting-link.js';
import { initials } from '../../../static/js/room/elements/avatar.js';
import { listen } from './fakes.js';

const links = (text) => linkify(text).filter((part) => part.href).map((part) => part.text);

test('addresses become links and the rest stays text, nothing is lost', () => {
  for (const text of ['', 'hello', 'see https://a.example/x?y=1#z and http://b.example.', 'https://a.example']) {
    assert.equal(linkify(text).map((part) => part.text).join(''), text);
  }
  assert.deepEqual(links('see https://a.example/x?y=1#z and http://b.example.'), ['https://a.example/x?y=1#z', 'http://b.example']);
});

test('only http and https are links', () => {
  for (const text of ['javascript:alert(1)', 'data:text/html,x', 'ftp://a.example', 'file:///etc', 'https://', 'xhttps://a.example']) {
    assert.deepEqual(links(text), [], text);
  }
});

test('what ends a sentence does not belong to the address', () => {
  assert.deepEqual(links('(see https://a.example/b).'), ['https://a.example/b']);
  assert.deepEqual(links('https://a.example/wiki/X_(y)'), ['https://a.example/wiki/X_(y)']);
  assert.deepEqual(links('"https://a.example/b", he said'), ['https://a.example/b']);
});

test('markup in a message is only text', () => {
  assert.deepEqual(linkify('<img src=x onerror=alert(1)>'), [{ text: '<img src=x onerror=alert(1)>' }]);
  assert.deepEqual(links('https://a.example/<script>'), ['https://a.example/']);
});

test('a chat message survives sealing and opening', () => {
  const bytes = encodeChat({ id: 'a', text: 'Grüße 👋', at: 5000 });
  assert.deepEqual(decodeChat(bytes, 7, 5000), { id: 'a', from: 7, text: 'Grüße 👋', at: 5000 });
});

test('what is not a chat message is not shown', () => {
  const encode = (value) => new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value));
  const bad = ['', 'null', '7', '[]', '{', { id: 1, text: 'x', at: 0 }, { id: 'a', text: 5, at: 0 }, { id: 'a', text: 'x' },
    { id: 'a', text: 'x', at: 'now' }, { id: 'x'.repeat(65), text: 'x', at: 0 }, { id: 'a', text: ' \n ', at: 0 }];
  for (const value of bad) assert.equal(decodeChat(encode(value), 1, 0), null, JSON.stringify(value));
  assert.equal(decodeChat(Uint8Array.of(0xff, 0xfe), 1, 0), null);
});

test('nobody writes from the future or from long ago', () => {
  const at = (value) => decodeChat(encodeChat({ id: 'a', text: 'x', at: value }), 1, 1e12).at;
  assert.equal(at(9e15), 1e12);
  assert.equal(at(0), 1e12 - 60_000);
});

test('control and direction signs are taken out, lines stay', () => {
  assert.equal(cleanText('a\u202eb\u0000c\r\nd\te'), 'abc\nd\te');
  assert.equal(cleanText('x'.repeat(2 * MAX_TEXT)).length, MAX_TEXT);
});

test('a message that comes twice is shown once, and unread ones are counted', () => {
  const log = new ChatLog();
  const shown = listen(log, 'message');
  log.add({ id: 'a', from: 1, text: 'x', at: 0 }, false);
  log.add({ id: 'a', from: 1, text: 'x', at: 0 }, false);
  log.add({ id: 'a', from: 2, text: 'y', at: 0 }, false);
  assert.equal(shown.length, 2);
  assert.equal(log.unread, 2);
  log.markRead();
  assert.equal(log.unread, 0);
});

test('the log does not grow without end', () => {
  const log = new ChatLog();
  for (let id = 0; id < 2000; id += 1) log.add({ id: String(id), from: 1, text: 'x', at: 0 }, true);
  assert.equal(log.messages.length, 500);
});

const FRAGMENT = '1.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA.BBBBBBBBBBBBBBBBBBBBBB';
const CODE = 'abc-defg-hjk';

test('a link holds the key behind the hash, whether it came with one or not', () => {
  const whole = `https://meet.example/m/${CODE}#${FRAGMENT}`;
  assert.equal(buildLink('https://meet.example', CODE, FRAGMENT), whole);
  assert.equal(buildLink('https://meet.example', CODE, `#${FRAGMENT}`), whole);
});

test('a pasted link is understood inside a sentence, alone, or as its last part', () => {
  const whole = buildLink('https://meet.example', CODE, FRAGMENT);
  for (const text of [whole, ` ${whole}\n`, `Join me: ${whole}`, `#${FRAGMENT}`, FRAGMENT]) {
    assert.deepEqual(readPasted(text, CODE), { fragment: FRAGMENT }, text);
  }
});

test('a pasted link that does not help says why', () => {
  assert.deepEqual(readPasted('  ', CODE), { problem: 'empty' });
  assert.deepEqual(readPasted(`https://meet.example/m/${CODE}`, CODE), { problem: 'no-key' });
  assert.deepEqual(readPasted(buildLink('https://meet.example', 'xyz-defg-hjk', FRAGMENT), CODE), { problem: 'other-meeting' });
});

test('initials fit any name', () => {
  const pairs = { 'Ada Lovelace': 'AL', ada: 'A', 'Jean-Luc Picard': 'JP', '👋': '?', '': '?', '  Łukasz  Żak ': 'ŁŻ', '(Bob)': 'B' };
  for (const [name, letters] of Object.entries(pairs)) assert.equal(initials(name), letters, name);
});
