/** @import {Strings} from '../strings.js' */
import { part } from './dom.js';
import { Modal } from './modal.js';

const COPIED_MS = 2500;

/** Shows the whole link, built in this browser, and copies it. */
export class ShareDialog extends Modal {
  #strings;
  #link;

  /**
   * @param {Strings} strings
   * @param {() => string} link
   */
  constructor(strings, link) {
    super('share-dialog');
    this.#strings = strings;
    this.#link = link;
    const field = part(this.dialog, 'link', HTMLInputElement);
    field.addEventListener('focus', () => field.select());
    part(this.dialog, 'copy').addEventListener('click', () => void this.#copy());
  }

  open() {
    part(this.dialog, 'link', HTMLInputElement).value = this.#link();
    super.open();
    part(this.dialog, 'copy').focus();
  }

  async #copy() {
    const text = part(this.dialog, 'copy-text');
    try {
      await navigator.clipboard.writeText(this.#link());
      text.textContent = this.#strings.t('share.copied');
    } catch {
      part(this.dialog, 'link', HTMLInputElement).focus();
      text.textContent = this.#strings.t('share.copy-failed');
    }
    setTimeout(() => { text.textContent = this.#strings.t('share.copy'); }, COPIED_MS);
  }
}
