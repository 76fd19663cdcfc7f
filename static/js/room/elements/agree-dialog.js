/** @import {FirstUse, MeetingFunction} from '../first-use.js' */
import { Modal } from './modal.js';

/** Asks for the yes that the notice wants before a camera or microphone is opened for the first time. */
export class AgreeDialog extends Modal {
  /** @type {MeetingFunction} */
  #name = 'camera';
  /** @type {() => void} */
  #then = () => undefined;

  /** @param {FirstUse} firstUse */
  constructor(firstUse) {
    super('agree-dialog');
    this.onAct('agree', () => {
      firstUse.accept(this.#name);
      this.#then();
    });
  }

  /**
   * @param {MeetingFunction} name
   * @param {() => void} then what to do after a yes
   */
  ask(name, then) {
    this.#name = name;
    this.#then = then;
    for (const each of /** @type {NodeListOf<HTMLElement>} */ (this.dialog.querySelectorAll('[data-function]'))) {
      each.hidden = each.dataset.function !== name;
    }
    this.open();
  }
}
