/* The card to print. The room hands the PIN over behind the # of the address, which no server sees. */

import { grouped, withPin } from '../room/telephone.js';

const card = /** @type {HTMLElement} */ (document.getElementById('card'));

/** @param {string} name @returns {HTMLElement} */
const part = (name) => /** @type {HTMLElement} */ (card.querySelector(`[data-part="${name}"]`));

/** @param {string} pin */
function show(pin) {
  part('missing').hidden = Boolean(pin);
  part('pin').textContent = grouped(pin) || '–';
  for (const link of /** @type {NodeListOf<HTMLAnchorElement>} */ (card.querySelectorAll('[data-link]'))) {
    if (pin) link.href = withPin(link.dataset.link ?? '', pin);
  }
  for (const line of /** @type {NodeListOf<HTMLElement>} */ (card.querySelectorAll('[data-line]'))) {
    line.textContent = withPin(line.dataset.line ?? '', pin || 'PIN');
  }
}

const given = /^#pin=(\d{6,10})$/.exec(location.hash)?.[1] ?? '';
show(given || (card.dataset.pin ?? ''));
part('print').hidden = false;
part('print').addEventListener('click', () => window.print());
