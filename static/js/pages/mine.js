/* My meetings: the server knows titles and codes, this browser knows the secret parts of the links. */

import { deleteMeeting, loadMeeting } from '../e2ee/host-store.js';
import { makeLink, wholeLink } from './new-link.js';
import { text } from './texts.js';

const said = /** @type {HTMLElement} */ (document.getElementById('said'));
const list = document.getElementById('meetings');

/** One row of the list. */
class Row {
  /** @param {HTMLElement} element */
  constructor(element) {
    this.code = element.dataset.code ?? '';
    this.open = part(element, 'open');
    this.copy = part(element, 'copy');
    this.make = part(element, 'make');
    this.elsewhere = part(element, 'elsewhere');
    this.link = '';
    this.copy.addEventListener('click', () => this.copyLink());
    this.make.addEventListener('click', () => this.makeNew(text('made')));
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
    this.open.hidden = this.copy.hidden = !link;
    this.make.hidden = this.elsewhere.hidden = Boolean(link);
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

for (const element of list?.querySelectorAll('.meeting') ?? []) {
  const row = new Row(/** @type {HTMLElement} */ (element));
  void row.start(row.code === list?.dataset.fresh);
}
