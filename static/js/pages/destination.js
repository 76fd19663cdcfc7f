/**
 * Where a pasted link or a typed code leads. Letters are taken as people type them: with blanks, capitals
 * or without the hyphens.
 *
 * @param {string} text
 * @param {string} origin of this site
 * @returns {string | null} an address to open, or null when the text is neither link nor code
 */
export function destination(text, origin) {
  const link = /(https?:\/\/[^\s/]+)?\/m\/([a-z-]{10,12})(#[\w.~-]+)?/i.exec(text);
  if (link) {
    const code = spell(link[2]);
    return code && `${link[1] ?? origin}/m/${code}${link[3] ?? ''}`;
  }
  const code = spell(text);
  return code && `${origin}/m/${code}`;
}

/**
 * @param {string} text
 * @returns {string | null} the code as the server writes it
 */
function spell(text) {
  const letters = text.toLowerCase().replace(/[\s-]/g, '');
  if (!/^[a-hjkmnp-z]{10}$/.test(letters)) return null;
  return `${letters.slice(0, 3)}-${letters.slice(3, 7)}-${letters.slice(7)}`;
}
