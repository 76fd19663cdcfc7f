import { Modal } from './modal.js';
import { one, part } from './dom.js';

/** Asks before something that cannot be undone. */
export class ConfirmDialog extends Modal {
  /** @type {() => void} */
  #run = () => undefined;

  constructor() {
    super('confirm-dialog');
    this.onAct('yes', () => this.#run());
  }

  /**
   * @param {{title: string, text: string, yes: string, run: () => void}} question
   */
  ask({ title, text, yes, run }) {
    one(this.dialog, '#confirm-title').textContent = title;
    part(this.dialog, 'text').textContent = text;
    one(this.dialog, '[data-act=yes]').textContent = yes;
    this.#run = run;
    this.open();
  }
}
