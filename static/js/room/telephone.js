/** @import {Strings} from './strings.js' */
/** @import {Telephone} from './types.js' */

/**
 * What the server put into the page about the telephone.
 * @param {Document} from
 * @returns {Telephone | null} null where nobody can dial in
 */
export function readTelephone(from = document) {
  return JSON.parse(from.getElementById('telephone')?.textContent ?? 'null');
}

/**
 * Digits in groups that people can read aloud: 123 456 789, 1234 5678.
 * @param {string} digits
 */
export function grouped(digits) {
  const size = digits.length % 3 && digits.length % 4 === 0 ? 4 : 3;
  return digits.match(new RegExp(`.{1,${size}}`, 'g'))?.join(' ') ?? '';
}

/**
 * The links of a page carry `{pin}` where the meeting's PIN belongs: the page learns it after the server.
 * @param {string} template
 * @param {string} pin
 */
export const withPin = (template, pin) => template.replace('{pin}', pin);

/**
 * What people send to those whom they invite. All of it is made here: the link holds the key.
 * @param {object} about
 * @param {string} about.link
 * @param {Telephone | null} about.telephone
 * @param {string} about.pin '' without
 * @param {Strings} about.strings
 */
export function invitation({ link, telephone, pin, strings }) {
  const lines = [strings.t('invite.browser'), link];
  if (!telephone?.numbers.length || !pin) return lines.join('\n');
  lines.push('', strings.t('invite.telephone', { pin: grouped(pin) }));
  for (const { shown, country, label, tel } of telephone.numbers) {
    lines.push(`${shown} (${label || country})`, withPin(tel, pin));
  }
  lines.push('', strings.t('invite.heard', { operator: telephone.operator }));
  return lines.join('\n');
}
