/* Every page of somebody who can be called: shows who calls, and takes the call. */

import { Chime } from '../room/elements/chime.js';
import { on } from '../room/elements/dom.js';
import { Acceptance } from './call-link.js';
import { enteredBy } from './entering.js';
import { ringText } from './ring-texts.js';
import { ringsHere } from './rings.js';

/** @import {RingCard} from './ring-card.js' */
/** @import {Rings} from './rings.js' */

const EVERY_MS = 3_000;

/** What rings here is taken here: this page gives way to the meeting. */
class Ringing {
  /** @type {Map<string, Acceptance>} calls that were accepted here */
  #accepted = new Map();
  #chime = new Chime();
  #rhythm = 0;
  #title = document.title;

  /** @param {Rings} rings */
  constructor(rings) {
    this.rings = rings;
    on(rings, 'accept', (card) => void this.#accept(card));
    on(rings, 'block', (card) => void this.#block(card));
    on(rings, 'over', (call) => { if (this.#accepted.delete(call)) rings.say(ringText('failed')); });
    on(rings, 'link', (link) => void this.#enter(link));
    on(rings, 'settled', () => this.#settle());
  }

  /** @param {RingCard} card */
  async #accept(card) {
    card.freeze();
    try {
      const acceptance = await Acceptance.create();
      this.#accepted.set(card.call, acceptance);
      this.rings.line.send({ type: 'accept', call: card.call, key: acceptance.key });
    } catch {
      this.rings.say(ringText('failed'));
    }
  }

  /** @param {RingCard} card */
  async #block(card) {
    card.freeze();
    const token = /** @type {HTMLMetaElement} */ (document.querySelector('meta[name="csrf-token"]')).content;
    const headers = { 'X-CSRFToken': token, Accept: 'application/json' };
    const answer = await fetch(`/ringing/${encodeURIComponent(card.call)}/block`, { method: 'POST', headers }).catch(() => null);
    if (!answer?.ok) this.rings.decline(card.call);
  }

  /** @param {import('./entering.js').CallLink} link */
  async #enter(link) {
    const acceptance = this.#accepted.get(link.call);
    if (!acceptance) return this.rings.say(ringText('elsewhere'));
    this.#accepted.delete(link.call);
    try {
      location.assign(await enteredBy(acceptance, link));
    } catch {
      this.rings.say(ringText('failed'));
    }
  }

  /** Sound and title follow from whether anything rings. */
  #settle() {
    const { first } = this.rings;
    document.title = first ? `☎ ${ringText('calls', { name: first.name })}` : this.#title;
    if (first && !this.#rhythm) {
      this.#chime.ring();
      this.#rhythm = setInterval(() => this.#chime.ring(), EVERY_MS);
    } else if (!first) {
      clearInterval(this.#rhythm);
      this.#rhythm = 0;
    }
  }
}

const rings = ringsHere();
if (rings) new Ringing(rings);
