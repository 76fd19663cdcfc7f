/** After a while the spoken text is taken out again, so that nobody finds it by browsing. */
const CLEAR_MS = 5000;

/** Speaks changes of state to people who use a screen reader. */
export class Announcer {
  #region;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {HTMLElement} region an element with `aria-live` */
  constructor(region) {
    this.#region = region;
  }

  /** @param {string} text */
  say(text) {
    clearTimeout(this.#timer);
    const line = document.createElement('p');
    line.textContent = text;
    this.#region.append(line);
    while (this.#region.childElementCount > 4) this.#region.firstElementChild?.remove();
    this.#timer = setTimeout(() => this.#region.replaceChildren(), CLEAR_MS);
  }
}
