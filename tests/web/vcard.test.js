import assert from 'node:assert/strict';
import { test } from 'node:test';

import { facts, found, news, pagePath } from '../../static/js/calling/contact.js';
import { textOf } from '../../static/js/calling/vcard-lines.js';
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
  'a card of which nobody wrote down the name': [
    'BEGIN:VCARD\nFN:\nN:;;;;\nEMAIL:a@example.org\nEND:VCARD\nBEGIN:VCARD\nTEL:+49 30 1\nEND:VCARD',
    [{ ...NONE, name: 'a@example.org', email: 'a@example.org' }, { ...NONE, name: '+49 30 1', phone: '+49 30 1' }],
  ],
  'a card with nothing to know somebody by': ['BEGIN:VCARD\nNOTE:1\nEND:VCARD', []],
  'version 2.1 of a telephone: quoted-printable with soft breaks, a photo, old parameters': [
    'BEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=4D=C3=BC=6C=6C=65=72;J=C3=B6=\r\n'
    + '=72=67;;;\r\nTEL;HOME:030 1\r\nTEL;CELL;PREF:+49 170 2\r\n'
    + 'NOTE;ENCODING=QUOTED-PRINTABLE:one=2C=\r\n two=0D=0Athree =3D 3=\r\n\r\n'
    + 'PHOTO;ENCODING=BASE64;JPEG:/9j/4AAQSkZJRgABAQ=\r\n AAAA==\r\n\r\nEMAIL;INTERNET:j@example.org\r\nEND:VCARD\r\n',
    [{ ...NONE, name: 'Jörg Müller', email: 'j@example.org', phone: '+49 170 2', note: 'one,two three = 3' }],
  ],
  'quoted-printable in the letters of western Windows': [
    'BEGIN:VCARD\nFN;ENCODING=QUOTED-PRINTABLE;CHARSET=Windows-1252:Ren=E9e =A7\nEND:VCARD',
    [{ ...NONE, name: 'Renée §' }],
  ],
  'a value that ends in = and goes on in the next line': [
    'BEGIN:VCARD\nFN:a=\n b\nEND:VCARD', [{ ...NONE, name: 'a=b' }],
  ],
  'a card that never ends': ['BEGIN:VCARD\nFN:Ada\n', []],
  'no card at all': ['PK\u0003\u0004 \n:::\n;;;\nEND:VCARD\n', []],
};

for (const [what, [file, cards]] of Object.entries(FILES)) {
  test(`reads ${what}`, () => assert.deepEqual(readCards(file, HERE), cards));
}

const CARD = 'BEGIN:VCARD\r\nFN:Zoë – 🎈\r\nEND:VCARD\r\n';
const utf16 = (/** @type {string} */ text) => new Uint8Array(Buffer.from(text, 'utf16le'));
const LETTERS = {
  'UTF-8': new Uint8Array(Buffer.from(CARD)),
  'UTF-8 with its mark': new Uint8Array(Buffer.from(`\uFEFF${CARD}`)),
  'UTF-16 with its mark': utf16(`\uFEFF${CARD}`),
  'UTF-16 without one': utf16(CARD),
  'UTF-16, the other way round': new Uint8Array(Buffer.from(`\uFEFF${CARD}`, 'utf16le').swap16()),
};

for (const [what, bytes] of Object.entries(LETTERS)) {
  test(`reads a file in ${what}`, () => {
    assert.deepEqual(readCards(textOf(bytes), HERE), [{ ...NONE, name: 'Zoë – 🎈' }]);
  });
}

test('a line in the letters of Windows spoils none in UTF-8', () => {
  const bytes = Buffer.concat([Buffer.from('BEGIN:VCARD\nFN:Zoë\nNOTE:'), Buffer.from('Caf\xe9', 'latin1'),
    Buffer.from('\nEND:VCARD')]);
  assert.deepEqual(readCards(textOf(new Uint8Array(bytes)), HERE), [{ ...NONE, name: 'Zoë', note: 'Café' }]);
  assert.equal(textOf(new Uint8Array()), '');
});

test('cards that are there already, in the list or before in the file, are no news', () => {
  const [ada, zoe] = [{ ...NONE, name: 'Ada' }, { ...NONE, name: 'Zoë' }];
  const fresh = news([{ ...ada, id: '1' }], [ada, zoe, { ...zoe, note: 'again' }]);
  assert.deepEqual(fresh.map(({ name }) => name), ['Zoë']);
  assert.match(fresh[0].id, /^[0-9a-f-]{36}$/);
});

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
