/* The page about being called: whole addresses, and copying them. */

import { text } from '../pages/texts.js';

const said = /** @type {HTMLElement} */ (document.getElementById('said'));

/** @param {string} address a path where the operator has not said the site's address */
const whole = (address) => new URL(address, location.origin).href;

for (const element of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('[data-address]'))) {
  element.textContent = whole(element.dataset.address ?? '');
}

for (const button of /** @type {NodeListOf<HTMLButtonElement>} */ (document.querySelectorAll('[data-copy]'))) {
  button.addEventListener('click', () => void copy(button));
}

/** @param {HTMLButtonElement} button */
async function copy(button) {
  const label = button.dataset.label ?? button.textContent ?? '';
  button.dataset.label = label;
  const news = await navigator.clipboard.writeText(whole(button.dataset.copy ?? '')).then(() => 'copied', () => 'copy-failed');
  button.textContent = said.textContent = text(news);
  setTimeout(() => { button.textContent = label; }, 2000);
}
