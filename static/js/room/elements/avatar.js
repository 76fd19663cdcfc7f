/** Hues that stay apart from each other for people with any kind of colour sight, in degrees. */
const HUES = [160, 255, 40, 310, 85, 205, 350, 125];

/**
 * Up to two letters for a name.
 * @param {string} name
 */
export function initials(name) {
  const words = name.trim().split(/[\s_.-]+/u).filter((word) => /[\p{L}\p{N}]/u.test(word));
  const first = (/** @type {string} */ word) => [...word.replace(/^[^\p{L}\p{N}]+/u, '')][0] ?? '';
  if (!words.length) return '?';
  const letters = words.length === 1 ? first(words[0]) : first(words[0]) + first(/** @type {string} */ (words.at(-1)));
  return letters.toLocaleUpperCase();
}

/**
 * Dress an element as somebody's avatar.
 * @param {HTMLElement} element
 * @param {string} name
 * @param {number} index
 */
export function dressAvatar(element, name, index) {
  element.textContent = initials(name);
  element.setAttribute('aria-hidden', 'true');
  element.style.setProperty('--hue', String(HUES[Math.abs(index) % HUES.length]));
}
