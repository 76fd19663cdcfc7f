import { createLink } from '../e2ee/link.js';
import { saveMeeting } from '../e2ee/host-store.js';
import { sealLink } from './call-link.js';
import { LiveSocket } from './live-socket.js';

/** Why a call did not begin; `reason` names a text of the page. */
export class CallRefused extends Error {
  /** @param {string} reason */
  constructor(reason) {
    super(reason);
    this.reason = reason;
  }
}

const REASONS = /** @type {Record<number, string>} */ ({ 404: 'nobody', 422: 'name', 429: 'slower' });

/**
 * A call that this browser makes. Says `ringing`, `accepted`, `enter` (detail: the meeting's address) and
 * `over` (detail: `declined`, `unanswered` or `failed`).
 */
export class OutgoingCall extends EventTarget {
  #done = false;

  /** @param {string} handle @param {string} call @param {string} room @param {string} fragment */
  constructor(handle, call, room, fragment) {
    super();
    this.call = call;
    this.room = room;
    this.fragment = fragment;
    this.socket = new LiveSocket(`/u/${handle}/call/${call}`, { returns: false });
    this.socket.addEventListener('message', (event) => void this.#take(/** @type {CustomEvent} */ (event).detail));
    this.socket.addEventListener('closed', () => this.#over('failed'));
  }

  /**
   * Ask the server for a call, and make its meeting's keys.
   * @param {string} handle @param {string} code @param {string} name
   * @returns {Promise<OutgoingCall>}
   * @throws {CallRefused}
   */
  static async begin(handle, code, name) {
    const { fragment, hostKey } = await createLink().catch(() => { throw new CallRefused('no-encryption'); });
    const { call, room } = await ask(handle, code, name);
    await saveMeeting({ code: room, fragment, hostKey }).catch(() => undefined);
    return new OutgoingCall(handle, call, room, fragment);
  }

  hangUp() {
    this.#done = true;
    this.socket.close();
  }

  /** @param {any} message */
  async #take(message) {
    if (message.type === 'ringing') this.dispatchEvent(new Event('ringing'));
    else if (message.type === 'over') this.#over(message.why);
    else if (message.type === 'accepted') await this.#send(message.key);
    else if (message.type === 'connected') this.#enter();
  }

  /** @param {string} key */
  async #send(key) {
    this.dispatchEvent(new Event('accepted'));
    try {
      this.socket.send({ type: 'link', sealed: await sealLink(key, this.call, this.room, this.fragment) });
    } catch {
      this.socket.close();
      this.#over('failed');
    }
  }

  #enter() {
    this.#done = true;
    this.dispatchEvent(new CustomEvent('enter', { detail: `/m/${this.room}#${this.fragment}` }));
  }

  /** @param {string} why */
  #over(why) {
    if (this.#done) return;
    this.#done = true;
    this.dispatchEvent(new CustomEvent('over', { detail: why }));
  }
}

/** @param {string} handle @param {string} code @param {string} name @returns {Promise<{call: string, room: string}>} */
async function ask(handle, code, name) {
  const token = /** @type {HTMLMetaElement} */ (document.querySelector('meta[name="csrf-token"]')).content;
  const answer = await fetch(`/u/${handle}/call`, {
    method: 'POST',
    headers: { 'X-CSRFToken': token, Accept: 'application/json' },
    body: new URLSearchParams({ code, name }),
  }).catch(() => null);
  if (!answer?.ok) throw new CallRefused(REASONS[answer?.status ?? 0] ?? 'failed');
  return answer.json();
}
