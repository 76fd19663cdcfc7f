/** @import {Connection} from '../connection.js' */
/** @import {Strings} from '../strings.js' */
/** @import {Telephone} from '../types.js' */
import { grouped, withPin } from '../telephone.js';
import { CopyButton } from './copy-button.js';
import { on, one, part } from './dom.js';
import { Modal } from './modal.js';

/** How to come in by telephone: numbers, PIN, card; and, where the host may, calling somebody from here. */
export class PhoneDialog extends Modal {
  #connection;
  #strings;
  #telephone;

  /**
   * @param {object} parts
   * @param {Connection} parts.connection
   * @param {Strings} parts.strings
   * @param {Telephone} parts.telephone
   */
  constructor({ connection, strings, telephone }) {
    super('phone-dialog');
    this.#connection = connection;
    this.#strings = strings;
    this.#telephone = telephone;
    for (const type of ['reset', 'pin']) on(connection.state, type, () => this.#fill());
    new CopyButton(part(this.dialog, 'copy-pin'), { strings, text: () => connection.state.pin });
    for (const button of /** @type {NodeListOf<HTMLElement>} */ (this.dialog.querySelectorAll('[data-copy]'))) {
      new CopyButton(button, { strings, text: () => withPin(button.dataset.copy ?? '', connection.state.pin) });
    }
    const form = this.dialog.querySelector('form');
    form?.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#call(form);
    });
    this.dialog.querySelector('[data-ref="call-me"]')?.addEventListener('click', ({ currentTarget }) => {
      part(this.dialog, 'number', HTMLInputElement).value = /** @type {HTMLElement} */ (currentTarget).dataset.number ?? '';
      form?.requestSubmit();
    });
    this.#fill();
  }

  open() {
    this.#fill();
    this.#say('');
    super.open();
  }

  #fill() {
    const { pin, me } = this.#connection.state;
    part(this.dialog, 'known').hidden = !pin;
    part(this.dialog, 'pinless').hidden = Boolean(pin);
    part(this.dialog, 'pin').textContent = grouped(pin);
    for (const link of /** @type {NodeListOf<HTMLAnchorElement>} */ (this.dialog.querySelectorAll('[data-link]'))) {
      link.href = withPin(link.dataset.link ?? '', pin);
    }
    for (const line of /** @type {NodeListOf<HTMLElement>} */ (this.dialog.querySelectorAll('[data-line]'))) {
      line.textContent = withPin(line.dataset.line ?? '', pin);
    }
    const out = this.dialog.querySelector('[data-ref="call-out"]');
    if (out instanceof HTMLElement) out.hidden = me?.role !== 'host';
    const keyless = this.dialog.querySelector('[data-ref="keyless"]');
    if (keyless instanceof HTMLElement) keyless.hidden = this.#connection.desk.canAdmit;
  }

  /** @param {HTMLFormElement} form */
  async #call(form) {
    const button = one(form, 'button');
    const body = new FormData(form);
    button.toggleAttribute('disabled', true);
    this.#say('callout.calling');
    try {
      const token = /** @type {HTMLMetaElement | null} */ (document.querySelector('meta[name="csrf-token"]'))?.content ?? '';
      const headers = { Accept: 'application/json', 'X-CSRFToken': token };
      const answer = await fetch(this.#telephone.call, { method: 'POST', headers, body });
      if (answer.ok) this.#say('callout.ringing');
      else this.#show((await answer.json()).error);
    } catch {
      this.#say('callout.failed');
    } finally {
      button.toggleAttribute('disabled', false);
    }
  }

  /** @param {string} name of the text, or '' */
  #say(name) { this.#show(name && this.#strings.t(name)); }

  /** @param {string} text */
  #show(text) {
    const line = this.dialog.querySelector('[data-ref="call-state"]');
    if (line) line.textContent = text;
  }
}
