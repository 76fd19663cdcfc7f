/** @import {RoomParts} from './live-room.js' */
/** @import {Toasts} from './toasts.js' */
/** @import {Waiting} from '../waiting-calls.js' */
import { callerName } from './caller-name.js';
import { Chime } from './chime.js';
import { on, part } from './dom.js';

/** A caller waits for a person to look up, so the word about it stays longer than others, milliseconds. */
const STAY_MS = 20_000;

/**
 * Tells everybody when the telephone begins and ceases to hear, and the host who calls.
 */
export class PhoneNews {
  #root;
  #parts;
  #chime = new Chime();
  #open = false;
  /** Takes the word about a caller away. @type {Map<string, () => void>} */
  #closers = new Map();

  /**
   * @param {HTMLElement} root
   * @param {RoomParts & {toasts: Toasts, openCaller: (call: string) => void}} parts
   */
  constructor(root, parts) {
    this.#root = root;
    this.#parts = parts;
    const { connection } = parts;
    on(connection.shield, 'changed', () => this.#listening());
    on(connection.desk.waiting, 'arrived', (caller) => this.#arrived(caller));
    on(connection.desk.waiting, 'changed', () => this.#forget());
    on(connection.desk, 'refused', ({ code }) => this.#refused(code));
    part(root, 'open-notice-close').addEventListener('click', () => { part(root, 'open-notice').hidden = true; });
  }

  /** The line above the pictures comes with the first phone; the lock itself stays changed to the last. */
  #listening() {
    const { shield } = this.#parts.connection;
    const { phones, epoch } = shield.view;
    const open = phones.length > 0;
    // while keys are agreed on afresh nothing is known, and nothing has changed
    if (epoch === 0 || open === this.#open) return;
    this.#open = open;
    const notice = part(this.#root, 'open-notice');
    notice.hidden = !open;
    if (open) return this.#parts.announcer.say(part(notice, 'open-notice-text').textContent ?? '');
    this.#tell('phone.closed');
  }

  /** @param {Waiting} caller */
  #arrived(caller) {
    const { connection, strings, toasts, announcer, openCaller } = this.#parts;
    if (connection.state.me?.role !== 'host') return;
    this.#chime.ring();
    const text = strings.t('callers.arrived', { name: callerName(caller, strings) });
    const run = () => openCaller(caller.call);
    const action = strings.t(connection.desk.canAdmit ? 'callers.answer-act' : 'callers.look-act');
    this.#closers.set(caller.call, toasts.show(text, { action, run, stay: STAY_MS }));
    announcer.say(text);
  }

  /** Who does not wait any more needs no word. */
  #forget() {
    const { waiting } = this.#parts.connection.desk;
    for (const [call, close] of this.#closers) {
      if (waiting.get(call)) continue;
      close();
      this.#closers.delete(call);
    }
  }

  /** @param {string} code of the relay's error */
  #refused(code) {
    this.#tell(code === 'full' ? 'callers.full' : code === 'no-such-call' ? 'callers.gone' : 'callers.failed');
  }

  /** @param {string} name of the text */
  #tell(name) {
    const text = this.#parts.strings.t(name);
    this.#parts.toasts.show(text);
    this.#parts.announcer.say(text);
  }
}
