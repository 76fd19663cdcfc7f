import { part } from './dom.js';

/** The line above the pictures that says what is being done about a broken connection. */
export class Banner extends HTMLElement {
  /** @type {() => void} */
  #run = () => undefined;

  connectedCallback() {
    part(this, 'action').addEventListener('click', () => this.#run());
  }

  /**
   * @param {string} text
   * @param {{busy?: boolean, action?: string, run?: () => void}} [options]
   */
  show(text, { busy = true, action = '', run = () => undefined } = {}) {
    this.hidden = false;
    this.dataset.busy = String(busy);
    this.#run = run;
    const button = part(this, 'action');
    button.textContent = action;
    button.hidden = !action;
    // the same words again would be spoken again
    if (part(this, 'text').textContent !== text) part(this, 'text').textContent = text;
  }

  hide() {
    this.hidden = true;
    part(this, 'text').textContent = '';
  }
}

customElements.define('onmeet-banner', Banner);
