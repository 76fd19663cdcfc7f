import { one } from './dom.js';

/**
 * A dialog of the template: opens, closes by its buttons, by Esc and by a click beside it. The
 * browser gives the focus back to where it was.
 */
export class Modal {
  /** @param {string} id */
  constructor(id) {
    this.dialog = /** @type {HTMLDialogElement} */ (one(document, `dialog#${id}`));
    this.dialog.addEventListener('click', (event) => {
      const target = /** @type {Element} */ (event.target);
      if (target === this.dialog || target.closest('[data-close]')) this.close();
    });
  }

  get isOpen() { return this.dialog.open; }

  open() {
    if (!this.dialog.open) this.dialog.showModal();
  }

  close() { this.dialog.close(); }

  /**
   * Do something when a button of the dialog is pressed; the dialog closes first.
   * @param {string} act the button's `data-act`
   * @param {() => void} run
   */
  onAct(act, run) {
    one(this.dialog, `[data-act="${act}"]`).addEventListener('click', () => {
      this.close();
      run();
    });
  }
}
