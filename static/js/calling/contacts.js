/* Contacts: this page is the same for everybody, the list comes from this browser. */

import { copyOf, part } from '../room/elements/dom.js';
import { text } from '../pages/texts.js';
import { ContactDialog } from './contact-dialog.js';
import { ContactStore } from './contact-store.js';
import { found, news } from './contact.js';
import { filled } from './ring-texts.js';
import { textOf } from './vcard-lines.js';
import { readCards, writeCards } from './vcard.js';

/** @typedef {import('./contact.js').Contact} Contact */

const LARGEST = 64 * 1024 * 1024; // address books export their photos, too

class ContactsPage {
  /** @type {Contact[]} */
  #contacts = [];
  #store = new ContactStore();

  /** @param {HTMLElement} root */
  constructor(root) {
    this.calls = root.dataset.calls === 'yes';
    this.list = part(root, 'list');
    this.search = part(root, 'search', HTMLInputElement);
    this.searchField = part(root, 'search-field');
    this.empty = part(root, 'empty');
    this.noneFound = part(root, 'none-found');
    this.said = part(root, 'said');
    this.file = part(root, 'file', HTMLInputElement);
    this.exportButton = part(root, 'export');
    this.dialog = new ContactDialog(
      (contact) => void this.#keep(contact),
      (id) => void this.#change(() => this.#store.delete(id)),
    );
    part(root, 'add').addEventListener('click', () => this.dialog.open(null));
    part(root, 'import').addEventListener('click', () => this.file.click());
    this.file.addEventListener('change', () => void this.#import());
    this.exportButton.addEventListener('click', () => this.#export());
    this.search.addEventListener('input', () => this.#show());
  }

  async load() {
    try {
      this.#contacts = await this.#store.all();
    } catch {
      this.#say('not-kept');
    }
    this.#show();
  }

  /** @param {...Contact} contacts */
  #keep(...contacts) { return this.#change(() => this.#store.save(...contacts)); }

  /** @param {() => Promise<unknown>} work @returns {Promise<boolean>} whether it is done */
  async #change(work) {
    this.said.textContent = '';
    try {
      await work();
    } catch {
      this.#say('not-kept');
      return false;
    }
    await this.load();
    return true;
  }

  #show() {
    const shown = found(this.#contacts, this.search.value, document.documentElement.lang);
    this.list.replaceChildren(...shown.map((contact) => this.#row(contact)));
    this.empty.hidden = this.#contacts.length > 0;
    this.searchField.hidden = this.#contacts.length < 2;
    this.exportButton.hidden = !this.#contacts.length;
    this.noneFound.hidden = shown.length > 0 || !this.#contacts.length;
  }

  /** @param {Contact} contact */
  #row(contact) {
    const copy = copyOf('contact-row');
    const { name, email, phone, page, note } = contact;
    part(copy, 'name').textContent = name;
    part(copy, 'facts').textContent = [phone, email, note].filter(Boolean).join(' · ');
    const call = part(copy, 'call', HTMLAnchorElement);
    call.href = page || '#';
    call.hidden = !page || !this.calls;
    call.setAttribute('aria-label', filled(text('call'), { name }));
    const edit = part(copy, 'edit');
    edit.setAttribute('aria-label', filled(text('edit'), { name }));
    edit.addEventListener('click', () => this.dialog.open(contact));
    return copy;
  }

  async #import() {
    const [file] = this.file.files ?? [];
    this.file.value = '';
    if (!file) return;
    if (file.size > LARGEST) {
      this.#say('too-big');
      return;
    }
    const cards = readCards(textOf(new Uint8Array(await file.arrayBuffer())), location.origin);
    const fresh = news(this.#contacts, cards);
    if (fresh.length && !(await this.#keep(...fresh))) return;
    if (fresh.length) this.#say('imported', String(fresh.length));
    else if (cards.length) this.#say('all-known', '0');
    else this.#say('nothing-imported');
  }

  /** @param {string} name of the text @param {string} [count] of what is no problem */
  #say(name, count = '') {
    this.said.classList.toggle('problem', !count);
    this.said.textContent = filled(text(name), { count });
  }

  #export() {
    const file = new Blob([writeCards(this.#contacts, location.origin)], { type: 'text/vcard' });
    const link = document.createElement('a');
    link.href = URL.createObjectURL(file);
    link.download = 'contacts.vcf';
    link.click();
    URL.revokeObjectURL(link.href);
  }
}

void new ContactsPage(/** @type {HTMLElement} */ (document.getElementById('contacts'))).load();
