import assert from 'node:assert/strict';
import { test } from 'node:test';

import { facts, found, pagePath } from '../../static/js/calling/contact.js';
import { MOST_CARDS, readCards, writeCards } from '../../static/js/calling/vcard.js';

const HERE = 'https://meet.example';
const NONE = { name: '', email: '', phone: '', page: '', note: '' };

const ADA = {
  id: '3f1c', name: 'Ada Lovelace, Countess; of \\ Ovada', email: 'ada@example.org', phone: '+44 20 7946 0958',
  page: '/u/ada-1234/abcdefghjkmn', note: 'Notes on the engine',
};

test('what was exported is imported again as it was', () => {
  const zoe = { ...ADA, id: '77', name: `Zoë ${'Überlänge 🎈 '.repeat(14)}`.trim(), page: '' };
  const cards = readCards(writeCards([ADA, zoe], HERE), HERE);
  assert.deepEqual(cards, [ADA, zoe].map(({ id, ...rest }) => rest));
});

test('no line of an export has more than 75 octets, and none cuts a letter', () => {
  const file = writeCards([{ ...ADA, note: '🎈ü'.repeat(80) }], HERE);
  for (const line of file.split('\r\n')) assert.ok(Buffer.byteLength(line) <= 75, line);
  assert.ok(!file.includes('\uFFFD'));
  assert.ok(file.endsWith('END:VCARD\r\n'));
});

const FILES = {
  'a card of version 4.0 with preferences, groups and a telephone URI': [
    `BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Simon Perreault\r\nN:Perreault;Simon;;;ing. jr,M.Sc.\r\n`
    + `item1.EMAIL;PREF=2;TYPE=home:home@example.org\r\nEMAIL;TYPE=work:work@example.org\r\n`
    + `TEL;VALUE=uri;PREF=1;TYPE="voice,home":tel:+1-555-555-5555;ext=5555\r\nEND:VCARD\r\n`,
    [{ ...NONE, name: 'Simon Perreault', email: 'home@example.org', phone: '+1-555-555-5555' }],
  ],
  'a card of version 3.0 with folded lines and escapes': [
    'BEGIN:VCARD\nVERSION:3.0\nFN:Bj\n örn  Jen\n\tsen\nEMAIL;TYPE=INTERNET,PREF:b@example.org\n'
    + 'NOTE:one\\, two\\; three\\nfour\nEND:VCARD\n',
    [{ ...NONE, name: 'Björn Jensen', email: 'b@example.org', note: 'one, two; three four' }],
  ],
  'no full name: the parts in their order': [
    'BEGIN:VCARD\nN:Gr\\;ay;Ada;M.;Dr.;PhD\nEND:VCARD',
    [{ ...NONE, name: 'Dr. Ada M. Gr;ay PhD' }],
  ],
  'a company': ['BEGIN:VCARD\nORG:Lamp;Light\nEND:VCARD', [{ ...NONE, name: 'Lamp Light' }]],
  'a byte order mark and small letters': ['\uFEFFbegin:vcard\nfn:Ada\nend:vcard', [{ ...NONE, name: 'Ada' }]],
  'a page of ours among other addresses': [
    `BEGIN:VCARD\nFN:Ada\nURL:https://elsewhere.example/u/ada-1234\nURL:${HERE}/u/ada-1234\nEND:VCARD`,
    [{ ...NONE, name: 'Ada', page: '/u/ada-1234' }],
  ],
  'a card without a name': ['BEGIN:VCARD\nTEL:1\nEND:VCARD', []],
  'a card that never ends': ['BEGIN:VCARD\nFN:Ada\n', []],
  'no card at all': ['PK\u0003\u0004 \n:::\n;;;\nEND:VCARD\n', []],
};

for (const [what, [file, cards]] of Object.entries(FILES)) {
  test(`reads ${what}`, () => assert.deepEqual(readCards(file, HERE), cards));
}

test('a file with too many cards, or very long ones, is bounded', () => {
  const file = 'BEGIN:VCARD\nFN:Ada\nEND:VCARD\n'.repeat(MOST_CARDS + 5);
  assert.equal(readCards(file, HERE).length, MOST_CARDS);
  assert.equal(readCards(`BEGIN:VCARD\nFN:${'x'.repeat(100_000)}\nEND:VCARD`, HERE)[0].name.length, 200);
});

const PAGES = {
  '': '', '  ': '',
  '/u/ada-1234': '/u/ada-1234',
  [`${HERE}/u/ada-1234/abcdefghjkmn`]: '/u/ada-1234/abcdefghjkmn',
  'https://evil.example/u/ada-1234': null,
  'javascript:alert(1)': null,
  '//evil.example/u/ada-1234': null,
  '/account/delete': null,
  '/u/ada-1234/../../account': null,
  '/u/ada-1234?next=x': null,
};

for (const [typed, path] of Object.entries(PAGES)) {
  test(`“${typed}” is ${path === null ? 'no page' : 'a page'} of this server`, () => {
    assert.equal(pagePath(typed, HERE), path);
  });
}

test('a search finds every word, whatever its case and accents, and sorts by name', () => {
  const contacts = ['Zoë Meier', 'Änne Meier', 'Ada Gray'].map((name, id) => ({ id: String(id), ...NONE, name }));
  assert.deepEqual(found(contacts, 'meier', 'de').map(({ name }) => name), ['Änne Meier', 'Zoë Meier']);
  assert.deepEqual(found(contacts, 'ZOE mei', 'de').map(({ name }) => name), ['Zoë Meier']);
  assert.deepEqual(found(contacts, '', 'de').length, 3);
  assert.deepEqual(found(contacts, 'nobody', 'de'), []);
});

test('facts are single lines', () => {
  assert.deepEqual(facts({ name: ' Ada\n Gray ' }), { ...NONE, name: 'Ada Gray' });
});
