/* The start page: start a meeting, or join one by link or code. */

import { destination } from './destination.js';
import { mintCode } from './mint.js';
import { makeLink, NoEncryption } from './new-link.js';
import { text } from './texts.js';

const problem = /** @type {HTMLElement} */ (document.getElementById('join-problem'));
const insecure = /** @type {HTMLElement} */ (document.getElementById('insecure'));
const start = /** @type {HTMLButtonElement | null} */ (document.getElementById('start'));
const join = /** @type {HTMLFormElement} */ (document.getElementById('join'));
const link = /** @type {HTMLInputElement} */ (document.getElementById('link'));

insecure.hidden = window.isSecureContext;

start?.addEventListener('click', async () => {
  start.disabled = true;
  problem.textContent = '';
  try {
    location.assign(await makeLink(await mintCode()));
  } catch (error) {
    problem.textContent = text(error instanceof NoEncryption ? 'no-encryption' : 'start-failed');
    start.disabled = false;
  }
});

join.addEventListener('submit', (event) => {
  event.preventDefault();
  const target = destination(link.value, location.origin);
  link.setAttribute('aria-invalid', String(!target));
  if (target) {
    problem.textContent = '';
    location.assign(target);
  } else {
    problem.textContent = text('no-such-link');
    link.focus();
  }
});

// Coming back with the browser's button finds the page as it was left, with the button switched off
window.addEventListener('pageshow', () => {
  if (start) start.disabled = false;
});
