/** @import {Message, Participant} from './types.js' */
/** @import {CallStatement} from '../e2ee/calls.js' */
/** @import {RoomState} from './room-state.js' */
/** @import {ShieldState} from './shield-state.js' */
/** @import {WaitingCalls, Waiting} from './waiting-calls.js' */
import { fromBase64url } from '../e2ee/encoding.js';

/**
 * What the desk needs of the room: the relay's ear, and the key schedule of this stay.
 * @typedef {object} Line
 * @property {(type: string, fields: Record<string, unknown>) => number} send
 * @property {(call: Uint8Array, gw: Uint8Array) => void} grant
 * @property {(call: Uint8Array) => void} revoke
 */

const CALL_BYTES = 16;

/**
 * What a host does with callers, in both places at once: at the relay, which seats them, and in the key
 * schedule, which lets them hear. A grant follows a seat and never outlives it.
 *
 * Events: `refused` {detail: {code, call}}: a caller could not be admitted.
 */
export class PhoneDesk extends EventTarget {
  #state;
  #shield;
  #waiting;
  #line;
  #holdsKey;
  /** Admitted at the relay, not seated yet. @type {Map<string, CallStatement>} */
  #coming = new Map();
  /** By the number of the message that asked for it. @type {Map<number, string>} */
  #asked = new Map();
  /** Calls that we let hear, or that were heard of in an epoch. @type {Set<string>} */
  #granted = new Set();
  /** Revoked, but still in the epoch in force. @type {Set<string>} */
  #ending = new Set();

  /**
   * @param {object} parts
   * @param {RoomState} parts.state
   * @param {ShieldState} parts.shield
   * @param {WaitingCalls} parts.waiting
   * @param {Line} parts.line
   * @param {boolean} parts.holdsKey whether this browser has the host's key
   */
  constructor({ state, shield, waiting, line, holdsKey }) {
    super();
    this.#state = state;
    this.#shield = shield;
    this.#waiting = waiting;
    this.#line = line;
    this.#holdsKey = holdsKey;
    state.addEventListener('joined', (event) => this.#seated(/** @type {CustomEvent} */ (event).detail.now));
    state.addEventListener('left', (event) => this.#gone(/** @type {CustomEvent} */ (event).detail.before));
    state.addEventListener('reset', () => this.#afresh());
    shield.addEventListener('changed', () => this.#reconcile());
  }

  get waiting() { return this.#waiting; }

  /** Whether this browser can let callers hear: the host's key is only where the link was made. */
  get canAdmit() { return this.#holdsKey; }

  /**
   * Whether a caller's sound is open: the epoch in force has a grant for it.
   * @param {Participant} participant
   */
  hears({ call = '' }) { return this.#shield.view.phones.includes(call); }

  /**
   * @param {Waiting} caller
   * @param {string} name by which everybody sees the caller, '' for its label
   */
  admit(caller, name) {
    if (!caller.statement || !this.#holdsKey) return;
    this.#waiting.trust(caller);
    this.#coming.set(caller.call, caller.statement);
    const seq = this.#line.send('admit', { call: caller.call, ...(name && { name }) });
    this.#asked.set(seq, caller.call);
  }

  /** @param {string} call */
  reject(call) { this.#line.send('reject', { call }); }

  /** Back into the lobby: first the keys, then the seat. @param {Participant} participant */
  hold(participant) {
    this.#end(participant);
    this.#line.send('hold', { index: participant.index });
  }

  /** @param {Participant} participant */
  hangUp(participant) {
    this.#end(participant);
    this.#line.send('kick', { index: participant.index });
  }

  /** @param {number} index @param {string} name */
  rename(index, name) { this.#line.send('rename', { index, name }); }

  /** Take in what the relay says about callers. @param {Message} message */
  take(message) {
    if (message.type === 'callers') void this.#waiting.take(message.waiting);
    if (message.type !== 'error') return;
    const call = this.#asked.get(message.re);
    if (call === undefined) return;
    this.#coming.delete(call);
    this.#asked.delete(message.re);
    this.dispatchEvent(new CustomEvent('refused', { detail: { code: message.code, call } }));
  }

  /** @param {Participant} participant */
  #seated({ kind, call = '' }) {
    const statement = kind === 'phone' ? this.#coming.get(call) : undefined;
    if (!statement) return;
    this.#coming.delete(call);
    for (const [seq, asked] of this.#asked) if (asked === call) this.#asked.delete(seq);
    this.#granted.add(call);
    this.#line.grant(statement.call, statement.gw);
  }

  /** @param {Participant} participant */
  #gone(participant) {
    if (participant.kind === 'phone') this.#end(participant);
  }

  /** @param {{call?: string}} participant */
  #end({ call = '' }) {
    if (!this.#holdsKey || !this.#granted.delete(call)) return;
    this.#ending.add(call);
    this.#line.revoke(fromBase64url(call, CALL_BYTES));
  }

  /** A grant without a caller: it hung up while the epoch was on its way, or another host forgot it. */
  #reconcile() {
    if (!this.#holdsKey || this.#state.you < 0) return;
    const { phones } = this.#shield.view;
    for (const call of this.#ending) if (!phones.includes(call)) this.#ending.delete(call);
    const seated = new Set(this.#state.phones().map(({ call }) => call));
    for (const call of phones) {
      if (this.#ending.has(call)) continue;
      this.#granted.add(call);
      if (!seated.has(call)) this.#end({ call });
    }
  }

  #afresh() {
    this.#coming.clear();
    this.#asked.clear();
    this.#granted.clear();
    this.#ending.clear();
    this.#waiting.clear();
  }
}
