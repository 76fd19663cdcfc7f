/** @import {Connection} from '../connection.js' */
/** @import {Strings} from '../strings.js' */
/** @import {Telephone} from '../types.js' */
import { invitation } from '../telephone.js';
import { CopyButton } from './copy-button.js';
import { on, part } from './dom.js';
import { Modal } from './modal.js';

/** Shows the whole link, built in this browser, and an invitation with it; copies both. */
export class ShareDialog extends Modal {
  #parts;

  /**
   * @param {object} parts
   * @param {Connection} parts.connection
   * @param {Strings} parts.strings
   * @param {() => string} parts.link
   * @param {Telephone | null} parts.telephone
   */
  constructor(parts) {
    super('share-dialog');
    this.#parts = parts;
    for (const [name, text] of /** @type {[string, () => string][]} */ ([['link', parts.link], ['invitation', () => this.#invitation]])) {
      const field = /** @type {HTMLInputElement | HTMLTextAreaElement} */ (part(this.dialog, name));
      field.addEventListener('focus', () => field.select());
      new CopyButton(part(this.dialog, `copy-${name}`), { strings: parts.strings, text, field });
    }
    for (const type of ['reset', 'pin']) on(parts.connection.state, type, () => this.#fill());
  }

  open() {
    this.#fill();
    super.open();
    part(this.dialog, 'copy-link').focus();
  }

  get #invitation() {
    const { connection, telephone, link, strings } = this.#parts;
    return invitation({ link: link(), telephone, pin: connection.state.pin, strings });
  }

  #fill() {
    part(this.dialog, 'link', HTMLInputElement).value = this.#parts.link();
    part(this.dialog, 'invitation', HTMLTextAreaElement).value = this.#invitation;
  }
}
