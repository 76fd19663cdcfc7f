/* My meetings: the server knows titles and codes, this browser knows the secret parts of the links. */

import { deleteMeeting, loadMeeting } from '../e2ee/host-store.js';
import { mintCode } from './mint.js';
import { makeLink, NoEncryption, wholeLink } from './new-link.js';
import { sendOnce } from './once.js';
import { text } from './texts.js';

const said = /** @type {HTMLElement} */ (document.getElementById('said'));
const list = document.getElementById('meetings');

/** One row of the list. */
class Row {
  /** @param {HTMLElement} element */
  constructor(element) {
    this.own = element.dataset.own === 'yes';
    this.code = element.dataset.code ?? '';
    this.open = part(element, 'open');
    this.copy = part(element, 'copy');
    this.make = this.own ? part(element, 'make') : null;
    this.elsewhere = part(element, 'elsewhere');
    this.link = '';
    this.copy.addEventListener('click', () => this.copyLink());
    this.make?.addEventListener('click', () => this.makeNew(text('made')));
  }

  /** @param {boolean} fresh whether the meeting was made a moment ago, here */
  async start(fresh) {
    const kept = await loadMeeting(this.code);
    if (kept) this.show(wholeLink(this.code, kept.fragment));
    else if (fresh) await this.makeNew('');
    else this.show('');
  }

  /** @param {string} link the whole link, or empty when it is on another device */
  show(link) {
    this.link = link;
    this.copy.hidden = !link;
    this.open.hidden = !link && this.own; // a co-host may have the link elsewhere, and pastes it there
    if (this.make) this.make.hidden = Boolean(link);
    this.elsewhere.hidden = Boolean(link) || !this.own;
  }

  /** @param {string} news */
  async makeNew(news) {
    try {
      this.show(await makeLink(this.code));
      say(news);
      if (news) this.copy.focus();
    } catch {
      this.show('');
      say(text('no-encryption'));
    }
  }

  async copyLink() {
    try {
      await navigator.clipboard.writeText(this.link);
      confirmOn(this.copy, text('copied'));
    } catch {
      confirmOn(this.copy, text('copy-failed'));
    }
  }
}

/** @param {HTMLElement} element @param {string} name @returns {HTMLElement} */
function part(element, name) {
  return /** @type {HTMLElement} */ (element.querySelector(`[data-part="${name}"]`));
}

/** @param {string} news for those who do not see the page */
function say(news) {
  said.textContent = news;
}

/** @param {HTMLElement} button @param {string} news shown in place of its label for a moment */
function confirmOn(button, news) {
  const label = button.dataset.label ?? button.textContent ?? '';
  button.dataset.label = label;
  button.textContent = news;
  say(news);
  setTimeout(() => { button.textContent = label; }, 2000);
}

const deleted = new URLSearchParams(location.search).get('deleted');
if (deleted) {
  await deleteMeeting(deleted);
  history.replaceState(null, '', location.pathname);
}

/** @type {NodeListOf<HTMLElement>} */
const elements = document.querySelectorAll('.meeting');
for (const element of elements) {
  const row = new Row(element);
  void row.start(row.code === list?.dataset.fresh);
}

// The server writes dates on the wall clock of each meeting; here they are on that of the reader
const reader = new Intl.DateTimeFormat(document.documentElement.lang, {
  weekday: 'short', day: 'numeric', month: 'short', year: 'numeric', hour: 'numeric', minute: '2-digit',
});
for (const time of document.querySelectorAll('time')) time.textContent = reader.format(new Date(time.dateTime));

for (const form of document.querySelectorAll('form.new-meeting, .begin form')) sendOnce(form);

const find = document.getElementById('find');
const query = document.getElementById('query');
if (find && query instanceof HTMLInputElement) {
  find.hidden = false;
  query.addEventListener('input', () => search(query.value.trim().toLocaleLowerCase()));
}

/** @param {string} words shown are the meetings with all of them in title or code */
function search(words) {
  let found = 0;
  for (const element of elements) {
    const title = `${element.querySelector('h3')?.textContent} ${element.dataset.code}`.toLocaleLowerCase();
    element.hidden = !words.split(/\s+/).every((word) => title.includes(word));
    found += Number(!element.hidden);
  }
  for (const group of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('.group'))) {
    group.hidden = !group.querySelector('.meeting:not([hidden])');
    if (group instanceof HTMLDetailsElement && words) group.open = true;
  }
  say(`${text('found')} ${found}`);
}

const start = /** @type {HTMLButtonElement | null} */ (document.getElementById('start'));
const problem = /** @type {HTMLElement} */ (document.getElementById('problem'));
start?.addEventListener('click', async () => {
  start.disabled = true;
  try {
    location.assign(await makeLink(await mintCode()));
  } catch (error) {
    problem.textContent = text(error instanceof NoEncryption ? 'no-encryption' : 'start-failed');
    start.disabled = false;
  }
});
window.addEventListener('pageshow', () => {
  if (start) start.disabled = false; // coming back finds the page as it was left
});
