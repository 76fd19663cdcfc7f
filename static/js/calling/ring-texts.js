/**
 * A translated text of the ringing card, with its holes filled.
 * @param {string} name
 * @param {Record<string, string>} [holes]
 */
export function ringText(name, holes = {}) {
  const all = /** @type {HTMLTemplateElement} */ (document.getElementById('ringing-texts')).content;
  const text = all.querySelector(`[data-text="${name}"]`)?.textContent ?? name;
  return filled(text, holes);
}

/**
 * @param {string} text with holes such as `{name}`
 * @param {Record<string, string>} holes
 */
export const filled = (text, holes) => text.replace(/\{(\w+)\}/g, (whole, name) => holes[name] ?? whole);
