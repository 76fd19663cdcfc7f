import { copyOf, part } from './dom.js';

const EVERY = 5_000;

/**
 * @typedef {object} Holding
 * @property {string} name what it is
 * @property {string} detail the same in half a sentence
 * @property {string[]} you your own values, as words
 * @property {string} others how many of others, in words, or empty
 * @property {string} until when it goes
 * @property {'memory' | 'stored'} kind
 */

/** @typedef {{ notice: string, memory: Holding[], stored: Holding[], nothing_stored: string }} Held */

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
  #show({ memory, stored, nothing_stored }) {
    this.#looked = true;
    this.#say('');
    this.#fill('memory', memory);
    this.#fill('stored', stored);
    part(this, 'nothing').textContent = nothing_stored;
    part(this, 'found').hidden = false;
  }

  /** @param {'memory' | 'stored'} name @param {Holding[]} holdings */
  #fill(name, holdings) {
    const list = part(this, name);
    const rows = holdings.map((holding) => row(holding));
    // an unchanged list is left alone, for the sake of those who select or listen
    if (list.textContent !== rows.map((each) => each.textContent).join('')) list.replaceChildren(...rows);
    part(this, `${name}-part`).hidden = !holdings.length;
  }

  /** @param {'' | 'asking' | 'away' | 'stale'} state */
  #say(state) {
    for (const note of /** @type {NodeListOf<HTMLElement>} */ (this.querySelectorAll('[data-state]'))) {
      note.hidden = note.dataset.state !== state;
    }
  }
}

/** @param {Holding} holding */
function row({ name, detail, you, others, until }) {
  const copy = copyOf('held-template');
  part(copy, 'name').textContent = name;
  part(copy, 'detail').textContent = detail;
  part(copy, 'you').replaceChildren(...you.map((value) => {
    const shown = document.createElement('bdi');
    shown.textContent = value;
    return shown;
  }));
  part(copy, 'others').textContent = others;
  part(copy, 'until').textContent = until;
  return /** @type {HTMLElement} */ (copy.firstElementChild);
}

customElements.define('onmeet-held', HeldList);
