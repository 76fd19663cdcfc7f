// vCard files: reads 2.1, 3.0 (RFC 2426) and 4.0 (RFC 6350), writes 3.0, which every address book reads. Pure.

import { facts, pagePath } from './contact.js';
import { properties as propertiesOf } from './vcard-lines.js';

/** @typedef {import('./contact.js').Contact} Contact */
/** @typedef {import('./contact.js').Facts} Facts */
/** @typedef {import('./vcard-lines.js').Property} Property */

export const MOST_CARDS = 5_000;
const LINE_OCTETS = 75; // RFC 2426 §2.6, RFC 6350 §3.2
const encoder = new TextEncoder();

/**
 * The contacts of a file; what is no card in it is passed over.
 * @param {string} text @param {string} origin of this server, whose personal pages are recognised
 * @returns {Facts[]} at most `MOST_CARDS`, each with a name
 */
export function readCards(text, origin) {
  /** @type {Facts[]} */
  const cards = [];
  /** @type {Property[] | null} */
  let open = null;
  for (const property of propertiesOf(text)) {
    if (property.name === 'BEGIN' && property.value.toUpperCase() === 'VCARD') open = [];
    else if (property.name === 'END' && open) {
      const card = contactOf(open, origin);
      if (card.name && cards.length < MOST_CARDS) cards.push(card);
      open = null;
    } else open?.push(property);
  }
  return cards;
}

/**
 * @param {Contact[]} contacts @param {string} origin of this server
 * @returns {string} a vCard 3.0 file
 */
export function writeCards(contacts, origin) {
  return contacts.map((contact) => card(contact, origin)).join('');
}

/** @param {Contact} contact @param {string} origin */
function card({ id, name, email, phone, page, note }, origin) {
  const lines = [
    'BEGIN:VCARD',
    'VERSION:3.0',
    `UID:${escaped(id)}`,
    `FN:${escaped(name)}`,
    `N:${escaped(name)};;;;`,
    email && `EMAIL;TYPE=INTERNET:${escaped(email)}`,
    phone && `TEL:${escaped(phone)}`,
    page && `URL:${origin}${page}`,
    note && `NOTE:${escaped(note)}`,
    'END:VCARD',
  ];
  return lines.filter(Boolean).map((line) => `${folded(String(line))}\r\n`).join('');
}

/** A line in pieces of 75 octets, none of which cuts a letter. @param {string} line */
function folded(line) {
  let out = '';
  let octets = 0;
  for (const sign of line) {
    const size = encoder.encode(sign).length;
    if (octets + size > LINE_OCTETS) {
      out += '\r\n ';
      octets = 1;
    }
    out += sign;
    octets += size;
  }
  return out;
}

/** @param {Property[]} properties @param {string} origin @returns {Facts} */
function contactOf(properties, origin) {
  /** @param {string} name the preferred value of a property, else the first */
  const value = (name) => {
    const all = properties.filter((property) => property.name === name);
    const preferred = all.find(({ parameters }) => /[;,=]PREF(?![A-Z])/.test(parameters)) ?? all[0];
    return preferred?.value ?? '';
  };
  const email = unescaped(value('EMAIL')).replace(/^mailto:/i, '');
  const phone = unescaped(value('TEL')).replace(/^tel:/i, '').replace(/;.*$/, '');
  const company = unescaped(value('ORG')).replaceAll(';', ' ').trim();
  return facts({
    // address books keep many whose name nobody has written down
    name: unescaped(value('FN')) || nameOf(value('N')) || company || email || phone,
    email,
    phone,
    page: pageOf(properties, origin),
    note: unescaped(value('NOTE')),
  });
}

/** @param {Property[]} properties @param {string} origin */
function pageOf(properties, origin) {
  const addresses = properties.filter(({ name }) => name === 'URL' || name === 'IMPP');
  for (const { value } of addresses) {
    if (/^https?:/i.test(unescaped(value))) {
      const path = pagePath(unescaped(value), origin);
      if (path) return path;
    }
  }
  return '';
}

/** Family; given; further; before; behind (RFC 6350 §6.2.2). @param {string} value */
function nameOf(value) {
  const [family, given, further, before, behind] = value.split(/(?<!\\);/).map(unescaped);
  return [before, given, further, family, behind].filter(Boolean).join(' ');
}

/** @param {string} text */
const escaped = (text) => text.replace(/[\\,;]/g, '\\$&').replace(/\n/g, '\\n');

/** @param {string} text */
const unescaped = (text) => text.replace(/\\([\\,;:nN])/g, (_, sign) => (/n/i.test(sign) ? '\n' : sign)).trim();
