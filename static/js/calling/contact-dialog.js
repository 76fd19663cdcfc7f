import { one, part } from '../room/elements/dom.js';
import { text } from '../pages/texts.js';
import { facts, pagePath } from './contact.js';

/** @typedef {import('./contact.js').Contact} Contact */

/** Adds a contact or changes one. */
export class ContactDialog {
  /** @type {Contact | null} */
  #contact = null;

  /** @param {(contact: Contact) => void} save @param {(id: string) => void} remove */
  constructor(save, remove) {
    this.dialog = /** @type {HTMLDialogElement} */ (one(document, '#contact-dialog'));
    this.form = /** @type {HTMLFormElement} */ (one(this.dialog, 'form'));
    this.problem = part(this.dialog, 'problem');
    this.removeButton = part(this.dialog, 'delete');
    this.form.addEventListener('submit', (event) => {
      if (/** @type {HTMLButtonElement} */ (event.submitter)?.value !== 'save') return;
      const contact = this.#read();
      if (contact) save(contact);
      else event.preventDefault();
    });
    this.removeButton.addEventListener('click', () => {
      this.dialog.close();
      if (this.#contact) remove(this.#contact.id);
    });
  }

  /** @param {Contact | null} contact null for a new one */
  open(contact) {
    this.#contact = contact;
    this.problem.textContent = '';
    for (const field of this.#fields()) {
      field.value = contact?.[/** @type {keyof Contact} */ (field.name)] ?? '';
      field.removeAttribute('aria-invalid');
    }
    this.removeButton.hidden = !contact;
    this.dialog.showModal();
  }

  #fields() { return /** @type {NodeListOf<HTMLInputElement>} */ (this.form.querySelectorAll('input')); }

  /** @returns {Contact | null} null where something is wrong, which is said */
  #read() {
    const typed = Object.fromEntries([...this.#fields()].map(({ name, value }) => [name, value]));
    const page = pagePath(typed.page, location.origin);
    if (!typed.name.trim()) return this.#wrong('name', 'no-name');
    if (page === null) return this.#wrong('page', 'no-page');
    return { id: this.#contact?.id ?? crypto.randomUUID(), ...facts({ ...typed, page }) };
  }

  /** @param {string} name @param {string} why */
  #wrong(name, why) {
    for (const field of this.#fields()) {
      field.setAttribute('aria-invalid', String(field.name === name));
      if (field.name === name) field.focus();
    }
    this.problem.textContent = text(why);
    return null;
  }
}
