// A contact, as this browser keeps it. Pure: no DOM, no store.

/**
 * @typedef {object} Contact
 * @property {string} id
 * @property {string} name
 * @property {string} email
 * @property {string} phone
 * @property {string} page path of a personal page on this server, or empty
 * @property {string} note
 */

/** @typedef {Omit<Contact, 'id'>} Facts */

const LONGEST = { name: 200, email: 254, phone: 64, page: 500, note: 500 };
const PAGE = /^\/u\/[a-z0-9-]{6,120}(\/[a-z]{1,64})?$/;

/**
 * The path of a personal page on this server.
 * @param {string} text an address or a path, as somebody types or pastes it
 * @param {string} origin of this server
 * @returns {string | null} empty for no text, null where it is no such page
 */
export function pagePath(text, origin) {
  const typed = text.trim();
  if (!typed) return '';
  try {
    const url = new URL(typed, origin);
    return url.origin === origin && PAGE.test(url.pathname) && !url.search ? url.pathname : null;
  } catch {
    return null;
  }
}

/** @param {Partial<Facts>} given @returns {Facts} one line each, none too long */
export function facts(given) {
  /** @param {keyof Facts} field */
  const one = (field) => (given[field] ?? '').replace(/\s+/g, ' ').trim().slice(0, LONGEST[field]);
  return { name: one('name'), email: one('email'), phone: one('phone'), page: one('page'), note: one('note') };
}

/** @param {string} text */
const folded = (text) => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();

/**
 * The contacts in which every word of a search occurs, by name.
 * @param {Contact[]} contacts @param {string} search @param {string} [language]
 */
export function found(contacts, search, language) {
  const words = folded(search).split(/\s+/).filter(Boolean);
  const order = new Intl.Collator(language);
  return contacts
    .filter(({ name, email, phone, note }) => {
      const all = folded([name, email, phone, note].join(' '));
      return words.every((word) => all.includes(word));
    })
    .sort((a, b) => order.compare(a.name, b.name));
}

/**
 * Those cards that are no contact yet, each once: importing a file twice adds nothing.
 * @param {Contact[]} contacts @param {Facts[]} cards @returns {Contact[]}
 */
export function news(contacts, cards) {
  const known = new Set(contacts.map(sameness));
  return cards.filter((card) => known.size < known.add(sameness(card)).size)
    .map((card) => ({ id: crypto.randomUUID(), ...card }));
}

/** @param {Facts} contact */
const sameness = ({ name, email, phone, page }) => JSON.stringify([name, email, phone, page]);
