/* The page of somebody who can be called. */

import { text } from '../pages/texts.js';
import { ContactStore } from './contact-store.js';
import { CallRefused, OutgoingCall } from './outgoing-call.js';

const person = /** @type {HTMLElement} */ (document.getElementById('person'));
const form = /** @type {HTMLFormElement} */ (document.getElementById('call'));
const calling = /** @type {HTMLElement} */ (person.querySelector('[data-part="calling"]'));
const said = /** @type {HTMLElement} */ (document.getElementById('call-said'));
const hangUp = /** @type {HTMLButtonElement} */ (document.getElementById('hang-up'));
const keep = /** @type {HTMLButtonElement} */ (document.getElementById('keep-contact'));
const { handle = '', code = '' } = person.dataset;

/** @type {OutgoingCall | null} */
let current = null;
/** Counts what was begun and what has ended: an answer that is late belongs to neither. */
let turn = 0;

/** @param {boolean} on whether it rings @param {string} [news] */
function show(on, news = '') {
  form.hidden = on;
  calling.hidden = !on;
  said.textContent = news;
  (on ? hangUp : form.querySelector('button'))?.focus();
}

/** @param {string} [news] */
function end(news) {
  current = null;
  turn += 1;
  show(false, news);
}

async function begin() {
  const name = form.querySelector('input')?.value.trim() ?? '';
  show(true);
  turn += 1;
  const mine = turn;
  try {
    const call = await OutgoingCall.begin(handle, code, name);
    if (mine !== turn) return call.hangUp(); // hung up meanwhile
    current = call;
    call.addEventListener('accepted', () => { said.textContent = text('accepted'); });
    call.addEventListener('enter', (event) => location.assign(/** @type {CustomEvent} */ (event).detail));
    call.addEventListener('over', (event) => end(why(/** @type {CustomEvent} */ (event).detail)));
  } catch (error) {
    if (mine === turn) end(text(error instanceof CallRefused ? error.reason : 'failed'));
  }
}

/** @param {string} reason */
const why = (reason) => text(reason === 'declined' || reason === 'unanswered' ? reason : 'failed');

form.addEventListener('submit', (event) => {
  event.preventDefault();
  if (form.reportValidity()) void begin();
});

hangUp.addEventListener('click', () => {
  current?.hangUp();
  end();
});

keep.addEventListener('click', async () => {
  const { title = '', email = '', phone = '' } = keep.dataset;
  const page = `/u/${handle}${code ? `/${code}` : ''}`;
  try {
    await new ContactStore().save({ id: crypto.randomUUID(), name: title || handle, email, phone, page, note: '' });
    keep.disabled = true;
    said.textContent = text('kept');
  } catch {
    said.textContent = text('not-kept');
  }
});

// Coming back with the browser's button finds the page as it was left
window.addEventListener('pageshow', (event) => { if (event.persisted) end(); });
