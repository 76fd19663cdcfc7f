import { presenceText } from '../presence-text.js';
import { Strings } from '../strings.js';
import { part } from './dom.js';

/** Between two questions, in milliseconds. */
const PAUSE = 5000;

/**
 * Who is in the meeting already, before one joins. Only in the page where the notice provides for it.
 * It asks while it can be seen, and changes its text only when somebody came or went.
 */
export class Presence extends HTMLElement {
  #strings = Strings.read();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #over = false;

  connectedCallback() {
    document.addEventListener('visibilitychange', this.#look);
    this.#look();
  }

  disconnectedCallback() {
    document.removeEventListener('visibilitychange', this.#look);
    clearTimeout(this.#timer);
    this.#over = true;
  }

  #look = () => {
    clearTimeout(this.#timer);
    if (this.#over || document.hidden) return;
    this.#timer = setTimeout(this.#look, PAUSE);
    if (this.getClientRects().length) void this.#ask();
  };

  async #ask() {
    try {
      const answer = await fetch(this.dataset.url ?? '', { headers: { Accept: 'application/json' } });
      if (answer.ok) this.#show((await answer.json()).names);
      // neither a meeting that is gone nor a page without right will ever be answered
      else if (answer.status === 403 || answer.status === 404) this.disconnectedCallback();
    } catch {
      // the network is away: the next question may get through
    }
  }

  /** @param {string[]} names */
  #show(names) {
    const line = part(this, 'line');
    const text = presenceText(names, this.#strings, document.documentElement.lang);
    if (line.textContent !== text) line.textContent = text;
  }
}
customElements.define('onmeet-presence', Presence);
