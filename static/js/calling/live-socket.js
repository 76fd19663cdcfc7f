/**
 * A WebSocket of calls: JSON messages, answers to pings, and coming back when it was cut.
 * Says `open`, `message` (detail: the message) and `closed` (detail: the close code).
 */
export class LiveSocket extends EventTarget {
  /** @type {WebSocket | null} */
  #socket = null;
  #ended = false;
  #pause = 1_000;
  #watch = 0;

  /** @param {string} path @param {{returns?: boolean}} [options] whether to come back */
  constructor(path, { returns = true } = {}) {
    super();
    this.path = path;
    this.returns = returns;
    this.#open();
  }

  /** @param {object} message dropped while there is no connection */
  send(message) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  close() {
    this.#ended = true;
    clearTimeout(this.#watch);
    this.#socket?.close(1000);
  }

  #open() {
    const socket = new WebSocket(`${location.origin.replace(/^http/, 'ws')}${this.path}`);
    this.#socket = socket;
    socket.addEventListener('open', () => {
      this.#pause = 1_000;
      this.#listen();
      this.dispatchEvent(new Event('open'));
    });
    socket.addEventListener('message', ({ data }) => {
      this.#listen();
      this.#take(data);
    });
    socket.addEventListener('close', ({ code }) => this.#closed(code));
  }

  /** @param {string} data */
  #take(data) {
    let message;
    try {
      message = JSON.parse(data);
    } catch {
      return;
    }
    if (message.type === 'ping') this.send({ type: 'pong' });
    else this.dispatchEvent(new CustomEvent('message', { detail: message }));
  }

  /** The server says something every 25 s: silence means that the line is dead. */
  #listen() {
    clearTimeout(this.#watch);
    this.#watch = setTimeout(() => this.#socket?.close(), 70_000);
  }

  /** @param {number} code */
  #closed(code) {
    clearTimeout(this.#watch);
    this.dispatchEvent(new CustomEvent('closed', { detail: code }));
    // 4403: signed out, or no page any more; nothing would change that
    if (this.#ended || !this.returns || code === 4403) return;
    const pause = this.#pause * (0.5 + Math.random());
    this.#pause = Math.min(this.#pause * 2, 60_000);
    setTimeout(() => { if (!this.#ended) this.#open(); }, pause);
  }
}
