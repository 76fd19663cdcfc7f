import { copyOf, part } from '../room/elements/dom.js';
import { ringText } from './ring-texts.js';

/**
 * @typedef {object} RingFrom who calls, and what they show (N1.9)
 * @property {string} name
 * @property {boolean} guest
 * @property {string} label of the code that was used
 * @property {string} email
 * @property {string} phone
 * @property {string} country
 * @property {boolean} picture
 */

/** One call that rings: says `accept`, `decline` and, outside of meetings, `block`. */
export class RingCard extends EventTarget {
  /** @param {string} call @param {RingFrom} from */
  constructor(call, from) {
    super();
    const copy = copyOf('ringing-card');
    this.call = call;
    this.name = from.name || ringText('somebody');
    this.element = /** @type {HTMLElement} */ (copy.firstElementChild);
    this.accept = part(copy, 'accept', HTMLButtonElement);
    part(copy, 'name').textContent = ringText('calls', { name: this.name });
    part(copy, 'kind').textContent = ringText(from.guest ? 'guest' : 'account');
    this.#facts(part(copy, 'facts'), from);
    if (from.picture) this.#picture(part(copy, 'picture', HTMLImageElement));
    for (const button of this.element.querySelectorAll('button')) {
      button.addEventListener('click', () => this.dispatchEvent(new Event(button.dataset.ref ?? '')));
    }
  }

  /** No second press while the first one is under way. */
  freeze() {
    for (const button of this.element.querySelectorAll('button')) button.disabled = true;
  }

  /** Whoever had the focus in here has it in the page again. */
  remove() {
    const focused = this.element.contains(document.activeElement);
    this.element.remove();
    if (focused) document.getElementById('main')?.focus({ preventScroll: true });
  }

  /** @param {HTMLElement} list @param {RingFrom} from */
  #facts(list, from) {
    const country = from.country && new Intl.DisplayNames([document.documentElement.lang], { type: 'region' }).of(from.country);
    const facts = [from.label && ringText('with-code', { label: from.label }), from.phone, from.email, country];
    list.replaceChildren(...facts.filter(Boolean).map((fact) => {
      const item = document.createElement('li');
      item.textContent = fact || '';
      return item;
    }));
  }

  /** @param {HTMLImageElement} image */
  #picture(image) {
    image.src = `/ringing/${encodeURIComponent(this.call)}/picture`;
    image.hidden = false;
  }
}
