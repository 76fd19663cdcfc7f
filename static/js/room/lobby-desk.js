/** @import {GuestMessage, Message, Send} from './types.js' */
/** @import {RoomState} from './room-state.js' */

/** As many as the relay takes in one message. */
const MOST = 100;

/**
 * Who waits for a host in a browser, and what a host does about it.
 *
 * Events: `changed`; `arrived` {detail: GuestMessage[]}, once for everybody who comes; `refused`
 * {detail: {about, code}}: somebody could not be let in, or the lobby not be switched off.
 */
export class LobbyDesk extends EventTarget {
  #send;
  /** @type {GuestMessage[]} */
  #list = [];
  /** @type {Set<string>} */
  #announced = new Set();
  /** Numbers of our own messages that may be refused. @type {Set<number>} */
  #asked = new Set();

  /**
   * @param {object} parts
   * @param {RoomState} parts.state
   * @param {Send} parts.send
   */
  constructor({ state, send }) {
    super();
    this.#send = send;
    state.addEventListener('reset', () => this.#afresh());
  }

  /** Those who wait, the longest waiting first; empty for guests. */
  get list() { return this.#list; }

  /** @param {number} guest */
  get(guest) { return this.#list.find((each) => each.guest === guest); }

  /** Take in what the relay says about the lobby. @param {Message} message */
  take(message) {
    if (message.type === 'knocks') this.#show(message.waiting);
    if (message.type === 'error' && this.#asked.delete(message.re)) this.#refused(message);
  }

  /**
   * Let in exactly these: who came to wait a moment ago was not seen, so is not among them.
   * @param {number[]} guests
   */
  letIn(guests) {
    for (let at = 0; at < guests.length; at += MOST) {
      this.#asked.add(this.#send('let-in', { guests: guests.slice(at, at + MOST) }));
    }
  }

  /** @param {number} guest */
  turnAway(guest) { this.#send('turn-away', { guest }); }

  /** @param {boolean} on whether guests wait from now on */
  switch(on) { this.#asked.add(this.#send('lobby', { on })); }

  /** @param {Message} message */
  #refused({ about, code }) {
    this.#tell('refused', { about, code });
    this.#tell('changed', null); // what was pressed shows how it is
  }

  /** @param {GuestMessage[]} waiting the whole list */
  #show(waiting) {
    this.#list = waiting;
    const fresh = waiting.filter((each) => !this.#announced.has(mark(each)));
    this.#announced = new Set(waiting.map(mark));
    this.#tell('changed', null);
    if (fresh.length) this.#tell('arrived', fresh);
  }

  /** A new session: if anybody waits for us, the relay says so afresh. */
  #afresh() {
    this.#asked.clear();
    this.#list = [];
    this.#tell('changed', null);
  }

  /** @param {string} type @param {unknown} detail */
  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

/**
 * Tells people apart over restarts of the relay, which begins to number anew.
 * @param {GuestMessage} guest
 */
function mark({ guest, name, since }) {
  return `${guest} ${since} ${name}`;
}
