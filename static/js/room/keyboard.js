/** @import {PreferenceStore} from './preferences.js' */
/** @import {Command} from './shortcuts.js' */
import { commandFor, focusOn } from './shortcuts.js';

/**
 * Turns the keyboard into commands. Events: `command` {detail: Command}, `talk` {detail: boolean}
 * (the space bar went down or up).
 */
export class Keyboard extends EventTarget {
  #preferences;
  #talking = false;

  /** @param {PreferenceStore} preferences */
  constructor(preferences) {
    super();
    this.#preferences = preferences;
  }

  listen() {
    document.addEventListener('keydown', (event) => this.#down(event));
    document.addEventListener('keyup', (event) => { if (event.key === ' ') this.#talk(false); });
    window.addEventListener('blur', () => this.#talk(false));
  }

  /** @param {KeyboardEvent} event */
  #down(event) {
    const element = /** @type {HTMLElement | null} */ (document.activeElement);
    const focus = focusOn(element && {
      localName: element.localName,
      type: /** @type {HTMLInputElement} */ (element).type,
      isContentEditable: element.isContentEditable,
      role: element.getAttribute('role'),
    });
    const command = commandFor(event, focus);
    // an open dialog has the keyboard for itself
    if (!command || document.querySelector('dialog[open]')) return;
    if (command !== 'close' && !this.#preferences.load().shortcuts) return;
    if (command !== 'close') event.preventDefault();
    if (command === 'talk') this.#talk(true);
    else this.dispatchEvent(new CustomEvent('command', { detail: command }));
  }

  /** @param {boolean} talking */
  #talk(talking) {
    if (talking === this.#talking) return;
    this.#talking = talking;
    this.dispatchEvent(new CustomEvent('talk', { detail: talking }));
  }
}
