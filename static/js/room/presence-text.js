/** @import {Strings} from './strings.js' */

/** Names shown in full; of more people there is a count. */
const SHOWN = 6;

/**
 * Who is in the meeting, in one sentence.
 * @param {string[]} names in the order of coming
 * @param {Strings} strings
 * @param {string} language of the page, for the commas between names
 */
export function presenceText(names, strings, language) {
  if (names.length === 0) return strings.t('presence.none');
  if (names.length === 1) return strings.t('presence.one', { name: names[0] });
  const shown = names.slice(0, SHOWN);
  const left = names.length - shown.length;
  const type = left ? 'unit' : 'conjunction';
  const list = new Intl.ListFormat(language, { style: 'short', type }).format(shown);
  return strings.t(left ? 'presence.many' : 'presence.several', { names: list, count: left });
}
