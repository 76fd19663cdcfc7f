/** @import {RoomParts} from './live-room.js' */
/** @import {GuestMessage} from '../types.js' */
/** @import {Toasts} from './toasts.js' */
import { Chime } from './chime.js';
import { on } from './dom.js';

/** Somebody waits for a person to look up, so the word about it stays longer than others, milliseconds. */
const STAY_MS = 20_000;

/** Tells a host who has come to wait, and everybody when the lobby is switched on or off. */
export class LobbyNews {
  #parts;
  #chime = new Chime();
  /** Takes the word about those who wait away. */
  #close = () => {};

  /** @param {RoomParts & {toasts: Toasts, openPeople: () => void}} parts */
  constructor(parts) {
    this.#parts = parts;
    const { connection } = parts;
    on(connection.lobby, 'arrived', (guests) => this.#arrived(guests));
    on(connection.lobby, 'changed', () => { if (!connection.lobby.list.length) this.#close(); });
    on(connection.lobby, 'refused', (refusal) => this.#refused(refusal));
    on(connection.state, 'lobby', (lobby) => this.#tell(lobby ? 'lobby.on' : 'lobby.off'));
  }

  /** One word for all who wait: each takes the place of the one before. @param {GuestMessage[]} guests */
  #arrived(guests) {
    const { connection, strings, toasts, announcer, openPeople } = this.#parts;
    const { list } = connection.lobby;
    this.#chime.ring();
    this.#close();
    const alone = list.length === 1;
    const text = alone ? strings.t('lobby.arrived', { name: guests[0].name }) : strings.n('lobby.waiting-count', list.length);
    this.#close = toasts.show(text, {
      action: strings.t(alone ? 'lobby.let-in-act' : 'lobby.look'),
      run: () => (alone ? connection.lobby.letIn([guests[0].guest]) : openPeople()),
      stay: STAY_MS,
    });
    announcer.say(text);
  }

  /** @param {{about: string, code: string}} refusal by the relay */
  #refused({ about, code }) {
    if (about === 'lobby') return this.#tell('lobby.fixed');
    this.#tell(code === 'full' ? 'lobby.full' : code === 'no-such-guest' ? 'lobby.gone' : 'lobby.failed');
  }

  /** @param {string} name of the text */
  #tell(name) {
    const text = this.#parts.strings.t(name);
    this.#parts.toasts.show(text);
    this.#parts.announcer.say(text);
  }
}
