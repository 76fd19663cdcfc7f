/** @import {Strings} from '../strings.js' */
import { part } from './dom.js';

const COPIED_MS = 2500;

/** A button that copies a text and says so on itself; without the clipboard it selects the field. */
export class CopyButton {
  #button;
  #about;

  /**
   * @param {HTMLElement} button with a part `copy-text`
   * @param {object} about
   * @param {Strings} about.strings
   * @param {() => string} about.text
   * @param {HTMLInputElement | HTMLTextAreaElement} [about.field] where the text can be selected by hand
   */
  constructor(button, about) {
    this.#button = button;
    this.#about = about;
    button.addEventListener('click', () => void this.#copy());
  }

  async #copy() {
    const { strings, text, field } = this.#about;
    const label = part(this.#button, 'copy-text');
    try {
      await navigator.clipboard.writeText(text());
      label.textContent = strings.t('share.copied');
    } catch {
      field?.focus();
      label.textContent = strings.t('share.copy-failed');
    }
    setTimeout(() => { label.textContent = strings.t('share.copy'); }, COPIED_MS);
  }
}
