import { copyOf, part } from './dom.js';

const EVERY = 5_000;

/**
 * What goes at one time. All words come from the server.
 * @typedef {object} Group
 * @property {'memory' | 'stored'} kind
 * @property {string} title where it is, and until when
 * @property {Holding[]} items
 */

/**
 * @typedef {object} Holding
 * @property {string} name what it is
 * @property {string[]} values your own, or the meeting's
 * @property {string} others how many of others, in words, or empty
 */

/** @typedef {{ groups: Group[], nothing_stored: string }} Held */

/**
 * What the server holds about this meeting and about you, until when: asked for every few seconds while
 * somebody looks. `data-source` is where; all words come from the server.
 */
export class HeldList extends HTMLElement {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #next;
  #looked = false;

  /** Begin to look. */
  watch() {
    this.rest();
    void this.#look();
  }

  /** Nobody looks any more. */
  rest() {
    clearTimeout(this.#next);
    this.#next = undefined;
  }

  disconnectedCallback() { this.rest(); }

  async #look() {
    // set first, so that `rest` during the question ends it all
    const mine = setTimeout(() => void this.#look(), EVERY);
    this.#next = mine;
    try {
      const answer = await fetch(this.dataset.source ?? '', { headers: { Accept: 'application/json' } });
      if (!answer.ok) throw new Error(String(answer.status));
      const held = await answer.json();
      if (this.#next === mine) this.#show(held);
    } catch {
      // what was seen last stays, with a word that it is no longer fresh
      if (this.#next === mine) this.#say(this.#looked ? 'stale' : 'away');
    }
  }

  /** @param {Held} held */
  #show({ groups, nothing_stored }) {
    this.#looked = true;
    this.#say('');
    const shown = groups.map((group) => section(group));
    const list = part(this, 'groups');
    // an unchanged list is left alone, for the sake of those who select or listen
    if (list.textContent !== shown.map((each) => each.textContent).join('')) list.replaceChildren(...shown);
    part(this, 'nothing').textContent = nothing_stored;
  }

  /** @param {'' | 'asking' | 'away' | 'stale'} state */
  #say(state) {
    for (const note of /** @type {NodeListOf<HTMLElement>} */ (this.querySelectorAll('[data-state]'))) {
      note.hidden = note.dataset.state !== state;
    }
  }
}

/** @param {Group} group */
function section({ kind, title, items }) {
  const copy = copyOf('held-group');
  const whole = /** @type {HTMLElement} */ (copy.firstElementChild);
  whole.dataset.kind = kind;
  part(copy, 'title').textContent = title;
  part(copy, 'items').replaceChildren(...items.map((item) => row(item)));
  return whole;
}

/** @param {Holding} holding */
function row({ name, values, others }) {
  const copy = copyOf('held-item');
  part(copy, 'name').textContent = name;
  const shown = values.map((value) => {
    const bubble = document.createElement('bdi');
    bubble.textContent = value;
    return bubble;
  });
  part(copy, 'values').replaceChildren(...shown, others);
  return /** @type {HTMLElement} */ (copy.firstElementChild);
}

customElements.define('onmeet-held', HeldList);
