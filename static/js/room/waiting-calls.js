/** @import {CallerMessage} from './types.js' */
/** @import {CallStatement, Fault} from '../e2ee/calls.js' */
/** @import {GatewayPin, Standing} from './gateway-pin.js' */
import { MAX_AHEAD_SECONDS, checkStatement, gatewayFingerprint, readStatement, spokenCode } from '../e2ee/calls.js';
import { BodyError } from '../e2ee/encoding.js';

/** How far the clocks of this machine and of the gateway may be apart, seconds. */
const SKEW_SECONDS = 300;

/**
 * @typedef {object} Waiting a caller in the lobby, as the host sees it
 * @property {string} call
 * @property {string} label number or name as the notice lets it be shown, or ''
 * @property {boolean} withheld
 * @property {boolean} dialledOut
 * @property {string} language two letters, or ''
 * @property {number} since unix seconds
 * @property {string} gateway the gateway's public key, base64url
 * @property {string} code what the caller hears, six digits; '' when the statement is not good
 * @property {string} fingerprint of the gateway
 * @property {Standing} standing whether this gateway is the one that we know
 * @property {Fault | 'malformed' | null} fault why it cannot be admitted
 * @property {CallStatement | null} statement
 */

/**
 * The callers that wait for the host, each checked against its gateway's signature.
 *
 * Events: `changed`; `arrived` {detail: Waiting}, once for each caller.
 */
export class WaitingCalls extends EventTarget {
  #room;
  #pin;
  #now;
  /** @type {Waiting[]} */
  #list = [];
  /** Only the newest list counts, however long the checks of an older one take. */
  #round = 0;
  /** @type {Set<string>} */
  #announced = new Set();

  /**
   * @param {string} room
   * @param {GatewayPin} pin
   * @param {() => number} [now] unix milliseconds
   */
  constructor(room, pin, now = Date.now) {
    super();
    this.#room = room;
    this.#pin = pin;
    this.#now = now;
  }

  /** Those who wait, the first first. */
  get list() { return this.#list; }

  /** @param {string} call */
  get(call) { return this.#list.find((each) => each.call === call); }

  /**
   * The relay's whole list of those who wait.
   * @param {CallerMessage[]} waiting
   */
  async take(waiting) {
    const round = ++this.#round;
    const list = await Promise.all(waiting.map((each) => this.#check(each)));
    if (round !== this.#round) return;
    this.#list = list.sort((a, b) => a.since - b.since);
    const fresh = list.filter(({ call }) => !this.#announced.has(call));
    this.#announced = new Set(list.map(({ call }) => call));
    this.#tell('changed', null);
    for (const caller of fresh) this.#tell('arrived', caller);
  }

  /** A new session, or a guest's: if anybody waits for us, the relay says so afresh. */
  clear() {
    this.#round += 1;
    this.#list = [];
    this.#tell('changed', null);
  }

  /** The host trusts this caller's gateway from now on. @param {Waiting} caller */
  trust({ gateway }) {
    this.#pin.accept(gateway);
    this.#list = this.#list.map((each) => ({ ...each, standing: this.#pin.standing(each.gateway) }));
    this.#tell('changed', null);
  }

  /**
   * @param {CallerMessage} message
   * @returns {Promise<Waiting>}
   */
  async #check({ call, label, withheld, dialled_out: dialledOut, language, since, gw, gateway, expires, s }) {
    const about = { call, label: withheld ? '' : label, withheld, dialledOut, language, since, gateway };
    const { fault, statement } = await this.#read({ kind: 'call', room: this.#room, call, gw, expires, gateway, s });
    if (!statement) return { ...about, code: '', fingerprint: '', standing: 'first', fault, statement };
    const [code, fingerprint] = await Promise.all([
      spokenCode(this.#room, statement), gatewayFingerprint(statement.gateway),
    ]);
    return { ...about, code, fingerprint, standing: this.#pin.standing(gateway), fault, statement };
  }

  /**
   * @param {unknown} value
   * @returns {Promise<{fault: Waiting['fault'], statement: CallStatement | null}>}
   */
  async #read(value) {
    try {
      const statement = readStatement(value);
      const now = Math.floor(this.#now() / 1000);
      // the hour is meant against stale calls: clocks that differ by minutes are no attack
      const fitting = Math.min(Math.max(now, statement.expires - MAX_AHEAD_SECONDS), statement.expires - 1);
      const at = Math.abs(fitting - now) <= SKEW_SECONDS ? fitting : now;
      const fault = await checkStatement(statement, this.#room, at);
      return { fault, statement: fault ? null : statement };
    } catch (error) {
      if (!(error instanceof BodyError)) throw error;
      return { fault: 'malformed', statement: null };
    }
  }

  /** @param {string} type @param {unknown} detail */
  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
