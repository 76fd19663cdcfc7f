/** @import {Connection} from '../connection.js' */
/** @import {Strings} from '../strings.js' */
import { on, one, part } from './dom.js';
import { Modal } from './modal.js';

/** What a host does with a caller who is in the meeting: name, mute, back to the lobby, hang up. */
export class SeatedDialog extends Modal {
  #connection;
  #strings;
  #index = -1;

  /**
   * @param {object} parts
   * @param {Connection} parts.connection
   * @param {Strings} parts.strings
   */
  constructor({ connection, strings }) {
    super('seated-dialog');
    this.#connection = connection;
    this.#strings = strings;
    for (const type of ['left', 'changed', 'reset']) on(connection.state, type, () => this.#render());
    one(this.dialog, 'form').addEventListener('submit', (event) => {
      event.preventDefault();
      this.#rename();
    });
    this.onAct('mute', () => connection.mute(this.#index, 'microphone'));
    this.onAct('hold', () => this.#withSeat((participant) => connection.desk.hold(participant)));
    this.onAct('hang-up', () => this.#withSeat((participant) => connection.desk.hangUp(participant)));
  }

  /** @param {number} index */
  show(index) {
    this.#index = index;
    this.#withSeat(({ name }) => {
      part(this.dialog, 'name', HTMLInputElement).value = name;
      this.open();
      this.#render();
    });
  }

  #rename() {
    const name = part(this.dialog, 'name', HTMLInputElement).value.trim();
    if (!name) return;
    this.close();
    this.#connection.desk.rename(this.#index, name);
  }

  /** @param {(participant: import('../types.js').Participant) => void} act */
  #withSeat(act) {
    const participant = this.#connection.state.get(this.#index);
    if (participant?.kind === 'phone') act(participant);
  }

  #render() {
    if (!this.isOpen) return;
    const participant = this.#connection.state.get(this.#index);
    if (!participant) return this.close();
    one(this.dialog, '#seated-title').textContent = participant.name;
    const state = this.#connection.desk.hears(participant) ? 'people.phone' : 'people.soundless';
    part(this.dialog, 'state').textContent = this.#strings.t(state);
    one(this.dialog, '[data-act=mute]').toggleAttribute('disabled', participant.muted.includes('microphone'));
  }
}
