/* Buttons that copy what they name: `data-copy`. The page has `#said` and the texts copied and copy-failed. */

import { text } from './texts.js';

const said = /** @type {HTMLElement} */ (document.getElementById('said'));

/** @param {string} address a path where the operator has not said the site's address */
export const whole = (address) => new URL(address, location.origin).href;

for (const button of /** @type {NodeListOf<HTMLButtonElement>} */ (document.querySelectorAll('[data-copy]'))) {
  button.hidden = false;
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
