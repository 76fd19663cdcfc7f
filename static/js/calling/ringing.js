/* Every page of somebody who can be called: shows who calls, and takes the call. */

import { Chime } from '../room/elements/chime.js';
import { saveMeeting } from '../e2ee/host-store.js';
import { Acceptance } from './call-link.js';
import { RingCard } from './ring-card.js';
import { RingLine } from './ring-line.js';
import { ringText } from './ring-texts.js';

const EVERY_MS = 3_000;

/** The calls that ring on this page. */
class Ringing {
  /** @type {Map<string, RingCard>} */
  #cards = new Map();
  /** @type {Map<string, Acceptance>} calls that were accepted here */
  #accepted = new Map();
  #chime = new Chime();
  #rhythm = 0;
  #title = document.title;

  /** @param {HTMLElement} place @param {HTMLElement} said */
  constructor(place, said) {
    this.place = place;
    this.said = said;
    this.line = new RingLine(place.dataset.name ?? '');
    this.line.addEventListener('message', (event) => this.#take(/** @type {CustomEvent} */ (event).detail));
  }

  /** @param {any} message */
  #take(message) {
    if (message.type === 'ring') this.#ring(message);
    else if (message.type === 'over') this.#over(message);
    else if (message.type === 'link') void this.#enter(message);
  }

  /** @param {{call: string, from: import('./ring-card.js').RingFrom}} message */
  #ring({ call, from }) {
    if (this.#cards.has(call)) return;
    const card = new RingCard(call, from);
    card.addEventListener('accept', () => void this.#accept(card));
    card.addEventListener('decline', () => this.line.send({ type: 'decline', call }));
    card.addEventListener('block', () => void this.#block(card));
    this.#cards.set(call, card);
    this.place.append(card.element);
    this.#say(ringText('calls', { name: card.name }));
    this.#settle();
  }

  /** @param {RingCard} card */
  async #accept(card) {
    card.freeze();
    try {
      const acceptance = await Acceptance.create();
      this.#accepted.set(card.call, acceptance);
      this.line.send({ type: 'accept', call: card.call, key: acceptance.key });
    } catch {
      this.#say(ringText('failed'));
    }
  }

  /** @param {RingCard} card */
  async #block(card) {
    card.freeze();
    const token = /** @type {HTMLMetaElement} */ (document.querySelector('meta[name="csrf-token"]')).content;
    const headers = { 'X-CSRFToken': token, Accept: 'application/json' };
    const answer = await fetch(`/ringing/${encodeURIComponent(card.call)}/block`, { method: 'POST', headers }).catch(() => null);
    if (!answer?.ok) this.line.send({ type: 'decline', call: card.call });
  }

  /** @param {{call: string, why: string}} message */
  #over({ call, why }) {
    const here = this.#accepted.delete(call);
    const card = this.#cards.get(call);
    if (!card) return;
    this.#drop(card);
    if (here) this.#say(ringText('failed'));
    else if (why === 'elsewhere') this.#say(ringText('elsewhere'));
    else if (why !== 'silent') this.#say(ringText('cancelled'));
  }

  /** @param {{call: string, room: string, sealed: string}} message */
  async #enter({ call, room, sealed }) {
    const acceptance = this.#accepted.get(call);
    const card = this.#cards.get(call);
    if (card) this.#drop(card);
    if (!acceptance) {
      if (card) this.#say(ringText('elsewhere'));
      return;
    }
    this.#accepted.delete(call);
    try {
      const fragment = await acceptance.open(call, room, sealed);
      await saveMeeting({ code: room, fragment }).catch(() => undefined);
      location.assign(`/m/${room}#${fragment}`);
    } catch {
      this.#say(ringText('failed'));
    }
  }

  /** @param {RingCard} card */
  #drop(card) {
    this.#cards.delete(card.call);
    card.remove();
    this.#settle();
  }

  /** Sound, title and frame follow from whether anything rings. */
  #settle() {
    const first = this.#cards.values().next().value;
    this.place.hidden = !first;
    document.title = first ? `☎ ${ringText('calls', { name: first.name })}` : this.#title;
    if (first && !this.#rhythm) {
      this.#chime.ring();
      this.#rhythm = setInterval(() => this.#chime.ring(), EVERY_MS);
    } else if (!first) {
      clearInterval(this.#rhythm);
      this.#rhythm = 0;
    }
  }

  /** @param {string} news */
  #say(news) { this.said.textContent = news; }
}

const place = document.getElementById('ringing');
const said = document.getElementById('ringing-said');
// Without a secure connection there are neither keys nor meetings
if (place && said && window.isSecureContext && navigator.locks) new Ringing(place, said);
