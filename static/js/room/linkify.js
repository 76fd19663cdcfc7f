/** Characters that end a sentence rather than an address when they stand at its end. */
const TAIL = /[.,;:!?'"»”’…]+$/;
const ADDRESS = /\bhttps?:\/\/[^\s<>"]+/giu;

/**
 * Cut a text into plain parts and web addresses. Only http and https become links, and only when
 * they parse; everything else stays text.
 * @param {string} text
 * @returns {{text: string, href?: string}[]}
 */
export function linkify(text) {
  /** @type {{text: string, href?: string}[]} */
  const parts = [];
  let from = 0;
  for (const match of text.matchAll(ADDRESS)) {
    const address = trimmed(match[0]);
    const href = safe(address);
    if (!href) continue;
    if (match.index > from) parts.push({ text: text.slice(from, match.index) });
    parts.push({ text: address, href });
    from = match.index + address.length;
  }
  if (from < text.length) parts.push({ text: text.slice(from) });
  return parts;
}

/** @param {string} address */
function trimmed(address) {
  let short = address.replace(TAIL, '');
  while (short.endsWith(')') && count(short, ')') > count(short, '(')) {
    short = short.slice(0, -1).replace(TAIL, '');
  }
  return short;
}

/**
 * @param {string} text
 * @param {string} sign
 */
function count(text, sign) {
  return text.split(sign).length - 1;
}

/** @param {string} address */
function safe(address) {
  try {
    const url = new URL(address);
    return url.protocol === 'https:' || url.protocol === 'http:' ? url.href : null;
  } catch {
    return null;
  }
}
