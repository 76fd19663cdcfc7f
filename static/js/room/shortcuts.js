/**
 * What a key press means in the room.
 * @typedef {'microphone' | 'camera' | 'screen' | 'chat' | 'people' | 'hand' | 'help' | 'close' | 'talk'} Command
 *
 * @typedef {object} KeyLike
 * @property {string} key
 * @property {string} [code]
 * @property {boolean} [repeat]
 * @property {boolean} [ctrlKey]
 * @property {boolean} [metaKey]
 * @property {boolean} [altKey]
 * @property {boolean} [isComposing]
 *
 * @typedef {object} Focus where the focus is
 * @property {boolean} typing in a field that takes text
 * @property {boolean} control on a control that answers to Space itself
 */

/** @type {Record<string, Command>} */
const KEYS = {
  m: 'microphone', v: 'camera', s: 'screen', c: 'chat', p: 'people', h: 'hand', '?': 'help',
};

/**
 * The command of a key that went down, or null when the key belongs to somebody else.
 * @param {KeyLike} event
 * @param {Focus} focus
 * @returns {Command | null}
 */
export function commandFor(event, focus) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return null;
  if (event.key === 'Escape') return 'close';
  if (focus.typing || event.repeat) return null;
  if (event.key === ' ') return focus.control ? null : 'talk';
  const key = event.key.toLowerCase();
  return Object.hasOwn(KEYS, key) ? KEYS[key] : null;
}

/**
 * What stands in the way of shortcuts at the element that has the focus.
 * @param {{localName: string, type?: string, isContentEditable?: boolean, role?: string | null} | null} element
 * @returns {Focus}
 */
export function focusOn(element) {
  const name = element?.localName ?? '';
  const box = name === 'input' && ['checkbox', 'radio', 'button', 'submit', 'range'].includes(element?.type ?? '');
  return {
    typing: Boolean(element?.isContentEditable) || name === 'textarea' || name === 'select' || (name === 'input' && !box),
    control: box || ['button', 'a', 'summary', 'video', 'audio'].includes(name)
      || ['button', 'switch', 'link', 'tab', 'menuitem'].includes(element?.role ?? ''),
  };
}
