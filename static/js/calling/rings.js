import { RingCard } from './ring-card.js';
import { RingLine } from './ring-line.js';
import { ringText } from './ring-texts.js';

/** What is spoken when a call has ended; of one that this browser has taken, the page speaks. */
const ENDS = /** @type {Record<string, string>} */ ({ elsewhere: 'elsewhere', taken: '', silent: '' });

/**
 * The calls that ring on a page, a card for each. What an answer does and how it sounds is the page's affair.
 *
 * Events: `accept`, `block` {detail: RingCard}, `link` (of a call that a tab of this browser has taken),
 * `over` {detail: the call's name} (the server or another tab ended it), `settled` (what rings has changed).
 */
export class Rings extends EventTarget {
  /** @type {Map<string, RingCard>} */
  #cards = new Map();

  /** @param {HTMLElement} place for the cards @param {HTMLElement} said what is spoken about them */
  constructor(place, said) {
    super();
    this.place = place;
    this.said = said;
    this.line = new RingLine(place.dataset.name ?? '');
    this.line.addEventListener('message', (event) => this.#take(/** @type {CustomEvent} */ (event).detail));
  }

  /** The card of the call that rings longest. */
  get first() { return this.#cards.values().next().value; }

  /** @param {string} call */
  decline(call) { this.line.send({ type: 'decline', call }); }

  /** @param {string} news */
  say(news) { this.said.textContent = news; }

  /** @param {any} message */
  #take(message) {
    if (message.type === 'ring') this.#ring(message);
    else if (message.type === 'over') this.#over(message.call, message.why);
    else if (message.type === 'link') {
      this.#over(message.call, 'taken');
      this.#tell('link', message);
    }
  }

  /** @param {{call: string, from: import('./ring-card.js').RingFrom}} message */
  #ring({ call, from }) {
    if (this.#cards.has(call)) return;
    const card = new RingCard(call, from);
    card.addEventListener('decline', () => this.decline(call));
    for (const act of ['accept', 'block']) card.addEventListener(act, () => this.#tell(act, card));
    this.#cards.set(call, card);
    this.place.append(card.element);
    this.say(ringText('calls', { name: card.name }));
    this.#settle();
  }

  /** @param {string} call @param {string} why */
  #over(call, why) {
    const card = this.#cards.get(call);
    if (card) {
      this.#cards.delete(call);
      card.remove();
      const news = ENDS[why] ?? 'cancelled';
      if (news) this.say(ringText(news));
      this.#settle();
    }
    if (why !== 'taken') this.#tell('over', call);
  }

  #settle() {
    this.place.hidden = !this.first;
    this.#tell('settled', null);
  }

  /** @param {string} type @param {unknown} detail */
  #tell(type, detail) { this.dispatchEvent(new CustomEvent(type, { detail })); }
}

/**
 * The calls of this page, or null where none can ring.
 * @returns {Rings | null}
 */
export function ringsHere() {
  const place = document.getElementById('ringing');
  const said = document.getElementById('ringing-said');
  // Without a secure connection there are neither keys nor meetings
  return place && said && window.isSecureContext && navigator.locks ? new Rings(place, said) : null;
}
