/* The page of a meeting, for somebody who can be called: says who calls, and leaves the meeting as it is. The call
   is taken in a tab of its own, to which its key is sealed; this page, which holds the keys of a meeting, sees none. */

import { Chime } from '../room/elements/chime.js';
import { on, one, part } from '../room/elements/dom.js';
import { Handover } from './handover.js';
import { ringText } from './ring-texts.js';
import { ringsHere } from './rings.js';

/** @import {RingCard} from './ring-card.js' */
/** @import {Rings} from './rings.js' */

/** What rings beside a meeting. */
class RoomRinging {
  /** @type {Map<string, Handover>} calls that another tab was opened for */
  #handovers = new Map();
  /** @type {RingCard | undefined} */
  #rung;
  #chime = new Chime();
  #title = document.title;

  /** @param {Rings} rings @param {HTMLElement} room */
  constructor(rings, room) {
    this.rings = rings;
    this.room = room;
    on(rings, 'accept', (card) => this.#accept(card));
    on(rings, 'over', (call) => this.#forget(call));
    on(rings, 'link', ({ call }) => { if (!this.#forget(call)) rings.say(ringText('elsewhere')); });
    on(rings, 'settled', () => this.#settle());
  }

  /** @param {RingCard} card */
  #accept(card) {
    if (this.#handovers.has(card.call)) return;
    const handover = new Handover(card.call);
    this.#handovers.set(card.call, handover);
    card.accept.setAttribute('aria-disabled', 'true'); // and keeps the focus
    // a browsing context of its own: neither page can reach the other, nor slow it down
    window.open(handover.address, '_blank', 'noopener');
  }

  /**
   * @param {string} call
   * @returns {boolean} whether a tab was opened for it
   */
  #forget(call) {
    this.#handovers.get(call)?.end();
    return this.#handovers.delete(call);
  }

  /** One soft chime a call. The title names nobody, because others may see it on a shared screen. */
  #settle() {
    const { first } = this.rings;
    document.title = first ? `☎ ${this.#title}` : this.#title;
    if (first && first !== this.#rung && !this.#overheard) this.#chime.ring();
    this.#rung = first;
  }

  /** Whether the meeting would hear a sound of this page, by the microphone or with a shared screen. */
  get #overheard() {
    if (this.room.dataset.view !== 'room') return false;
    return one(this.room, '.control[data-command="microphone"]').dataset.on === 'true' || !part(this.room, 'sharing').hidden;
  }
}

const rings = ringsHere();
if (rings) new RoomRinging(rings, one(document, 'onmeet-room'));
