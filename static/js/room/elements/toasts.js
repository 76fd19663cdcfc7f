import { copyOf, one } from './dom.js';

const STAY_MS = 5000;
const MOST = 3;

/** Short messages that come and go. Screen readers hear them through the announcer instead. */
export class Toasts extends HTMLElement {
  /**
   * @param {string} text
   * @param {{action?: string, run?: () => void, stay?: number}} [options] a button and what it does
   * @returns {() => void} takes the message away
   */
  show(text, { action = '', run = () => undefined, stay = STAY_MS } = {}) {
    const toast = /** @type {HTMLElement} */ (one(copyOf('toast-template'), '.toast'));
    one(toast, '.toast-text').textContent = text;
    const button = one(toast, '.toast-action');
    button.textContent = action;
    button.hidden = !action;
    const close = () => toast.remove();
    button.addEventListener('click', () => { close(); run(); });
    one(toast, '.toast-close').addEventListener('click', close);
    this.append(toast);
    while (this.childElementCount > MOST) this.firstElementChild?.remove();
    this.#expire(toast, stay, close);
    return close;
  }

  /**
   * A message that somebody points at or has the focus in stays.
   * @param {HTMLElement} toast
   * @param {number} stay milliseconds
   * @param {() => void} close
   */
  #expire(toast, stay, close) {
    const look = () => {
      if (toast.matches(':hover, :focus-within')) setTimeout(look, 1000);
      else close();
    };
    setTimeout(look, stay);
  }
}

customElements.define('onmeet-toasts', Toasts);
