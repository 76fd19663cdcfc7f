/** @import {Connection} from '../connection.js' */
/** @import {Strings} from '../strings.js' */
import { Chime } from './chime.js';
import { on, part } from './dom.js';

/**
 * What somebody sees who waits for a host: in the place of the form with which they joined, beside the
 * mirror, where devices can still be chosen.
 */
export class WaitingRoom {
  #root;
  #strings;
  #title = document.title;
  #chime = new Chime();
  #open = false;

  /**
   * @param {HTMLElement} root the page before the meeting
   * @param {{connection: Connection, strings: Strings}} parts
   */
  constructor(root, { connection, strings }) {
    this.#root = root;
    this.#strings = strings;
    part(root, 'waiting-leave').addEventListener('click', () => connection.leave());
    window.addEventListener('pagehide', () => { if (this.#open) connection.leave(); });
    on(connection, 'phase', (phase) => {
      if (phase === 'waiting') this.#show(connection.name);
      else if (this.#open) this.#close(phase === 'live');
    });
    on(connection, 'line', (up) => { if (this.#open) this.#say(up ? 'lobby.waiting' : 'lobby.reconnecting'); });
  }

  /** @param {string} name under which we knocked */
  #show(name) {
    if (this.#open || this.#root.hidden) return;
    this.#open = true;
    for (const each of ['form', 'greeting']) part(this.#root, each).hidden = true;
    part(this.#root, 'waiting').hidden = false;
    part(this.#root, 'waiting-name').textContent = this.#strings.t('lobby.seen', { name });
    this.#say('lobby.waiting');
    document.title = `${this.#strings.t('lobby.title')} · ${this.#title}`;
    part(this.#root, 'waiting-head').focus();
  }

  /** @param {boolean} in_ whether a host let us in */
  #close(in_) {
    this.#open = false;
    document.title = this.#title;
    // who waits looks elsewhere meanwhile
    if (in_) this.#chime.ring();
  }

  /** @param {string} name of the text */
  #say(name) {
    const line = part(this.#root, 'waiting-state');
    const text = this.#strings.t(name);
    if (line.textContent !== text) line.textContent = text;
  }
}
