/**
 * @typedef {'camera' | 'microphone' | 'chat'} MeetingFunction
 * @typedef {{agree: boolean, record: boolean}} Rule agree: an explicit yes comes before the first use
 * @typedef {{notice: string, functions: Partial<Record<MeetingFunction, Rule>>}} Rules
 */

const KEY = 'onmeet.first-use';

/**
 * What this person has been told, and has agreed to, before using a function of the meeting for the first time.
 * Remembered for as long as the tab is open, in the browser alone; another notice asks again.
 *
 * Events: `accepted` {detail: MeetingFunction}.
 */
export class FirstUse extends EventTarget {
  #rules;
  #storage;
  #record;
  /** @type {Set<string>} */
  #accepted;

  /**
   * @param {Rules} rules
   * @param {Pick<Storage, 'getItem' | 'setItem'> | null} storage
   * @param {(name: MeetingFunction) => void} record keeps a consent with the account, where the notice wants that
   */
  constructor(rules, storage, record) {
    super();
    this.#rules = rules;
    this.#storage = storage;
    this.#record = record;
    this.#accepted = new Set(this.#load());
  }

  /**
   * Whether a function may be used now, as far as consent goes.
   * @param {MeetingFunction} name
   */
  may(name) { return !this.asks(name) || this.#accepted.has(name); }

  /**
   * Whether its first use needs an explicit yes.
   * @param {MeetingFunction} name
   */
  asks(name) { return this.#rules.functions[name]?.agree ?? false; }

  /**
   * Whether it has not been used, or agreed to, yet.
   * @param {MeetingFunction} name
   */
  isNew(name) { return !this.#accepted.has(name); }

  /**
   * The person agreed, or used the function after having been told.
   * @param {MeetingFunction} name
   */
  accept(name) {
    if (this.#accepted.has(name)) return;
    this.#accepted.add(name);
    this.#save();
    if (this.#rules.functions[name]?.record) this.#record(name);
    this.dispatchEvent(new CustomEvent('accepted', { detail: name }));
  }

  /** @returns {string[]} */
  #load() {
    try {
      const kept = JSON.parse(this.#storage?.getItem(KEY) ?? '{}');
      return kept.notice === this.#rules.notice && Array.isArray(kept.accepted) ? kept.accepted : [];
    } catch {
      return []; // a store that cannot be read is an empty one
    }
  }

  #save() {
    try {
      this.#storage?.setItem(KEY, JSON.stringify({ notice: this.#rules.notice, accepted: [...this.#accepted] }));
    } catch {
      // full or forbidden: it holds as long as the page
    }
  }
}

/**
 * The rules that the server put into the page.
 * @param {Document} from
 * @returns {Rules}
 */
export function readRules(from = document) {
  return JSON.parse(from.getElementById('first-use-rules')?.textContent ?? '{"notice":"","functions":{}}');
}

/**
 * Keep a consent with the account; a failure leaves it in the browser alone.
 * @param {MeetingFunction} name
 */
export function recordConsent(name) {
  const token = document.querySelector('meta[name="csrf-token"]')?.getAttribute('content') ?? '';
  fetch('/consents/first-use', {
    method: 'POST', body: new URLSearchParams({ name }), headers: { 'X-CSRFToken': token, Accept: 'application/json' },
  }).catch(() => undefined);
}
