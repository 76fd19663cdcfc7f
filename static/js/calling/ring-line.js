import { LiveSocket } from './live-socket.js';

/**
 * The line on which calls come in, one for all tabs of this browser: the tab that holds the lock holds the
 * socket and passes everything on. Says `message` with the server's message.
 */
export class RingLine extends EventTarget {
  /** @type {LiveSocket | null} */
  #socket = null;
  /** @type {Map<string, any>} rings that go on, for tabs that come later */
  #rings = new Map();
  #channel;

  /** @param {string} name of the sign-in, the same in all its tabs */
  constructor(name) {
    super();
    this.#channel = new BroadcastChannel(`onmeet-ringing-${name}`);
    this.#channel.addEventListener('message', ({ data }) => this.#fromTab(data));
    this.#channel.postMessage({ to: 'holder', hello: true });
    void navigator.locks.request(`onmeet-ringing-${name}`, () => this.#hold());
  }

  /** @param {object} message to the server, through whichever tab has the socket */
  send(message) {
    if (this.#socket) this.#socket.send(message);
    else this.#channel.postMessage({ to: 'holder', message });
  }

  /** @returns {Promise<void>} when this sign-in has ended */
  #hold() {
    const socket = new LiveSocket('/ringing');
    this.#socket = socket;
    socket.addEventListener('message', (event) => this.#take(/** @type {CustomEvent} */ (event).detail));
    socket.addEventListener('open', () => this.#silence());
    return new Promise((resolve) => {
      socket.addEventListener('closed', (event) => {
        if (/** @type {CustomEvent} */ (event).detail === 4403) resolve();
      });
    });
  }

  /** A new connection is told what rings: forget what may have ended meanwhile. */
  #silence() {
    for (const call of [...this.#rings.keys()]) this.#take({ type: 'over', call, why: 'silent' });
  }

  /** @param {any} message */
  #take(message) {
    if (message.type === 'ring') this.#rings.set(message.call, message);
    else this.#rings.delete(message.call);
    this.#channel.postMessage({ to: 'all', message });
    this.#tell(message);
  }

  /** @param {any} data */
  #fromTab(data) {
    if (data.to === 'all') this.#tell(data.message);
    else if (this.#socket && data.hello) {
      for (const message of this.#rings.values()) this.#channel.postMessage({ to: 'all', message });
    } else this.#socket?.send(data.message);
  }

  /** @param {any} message */
  #tell(message) {
    this.dispatchEvent(new CustomEvent('message', { detail: message }));
  }
}
