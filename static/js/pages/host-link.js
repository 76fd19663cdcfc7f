/* The link for co-hosts: the whole address, with the secret part of the meeting's link where it is known here. */

import { loadMeeting } from '../e2ee/host-store.js';
import { text } from './texts.js';

const card = /** @type {HTMLElement} */ (document.getElementById('hosts'));
const field = document.getElementById('host-link');
const button = /** @type {HTMLElement | null} */ (card.querySelector('[data-part="copy"]'));
const said = /** @type {HTMLElement} */ (document.getElementById('said'));

/** @param {HTMLInputElement} input */
async function complete(input) {
  const kept = await loadMeeting(card.dataset.code ?? '');
  input.value = location.origin + input.value + (kept ? `#${kept.fragment.replace(/^#/, '')}` : '');
}

/** @param {HTMLInputElement} input */
async function copy(input) {
  try {
    await navigator.clipboard.writeText(input.value);
    said.textContent = text('copied');
  } catch {
    input.select();
    said.textContent = text('copy-failed');
  }
}

if (field instanceof HTMLInputElement && button) {
  void complete(field).then(() => { button.hidden = false; });
  button.addEventListener('click', () => void copy(field));
}
