/** @import {Clock, Message, SocketLike, Source, StopReason} from './types.js' */
import { backOff, verdictOn } from './reconnection.js';
import { ResendBuffer } from './resend-buffer.js';

/** A session that lasted this long counts as well again: the back-off starts anew. */
const STEADY_MS = 5000;
/** A side that has heard nothing for so long treats the socket as dead (PROTOCOL.md). */
const SILENCE_MS = 40_000;
const LOOK_MS = 5000;
/** How long an answer to a probe may take before the socket is given up. */
const PROBE_MS = 3000;
const LEAVE_MS = 1000;

/** @type {Clock} */
const systemClock = {
  now: () => performance.now(),
  setTimeout: (callback, ms) => setTimeout(callback, ms),
  clearTimeout: (id) => clearTimeout(id),
};

/**
 * The browser's end of the signalling socket: numbers, acknowledges, resends, resumes, reconnects.
 *
 * Phases: `idle` (nothing, or a socket opened ahead of time), `joining`, `waiting` (in the lobby),
 * `joined`, `interrupted` (the socket is gone, the session may still live), `stopped` (for good).
 *
 * Events:
 * - `message` {detail: Message}: each message of the relay once, in order
 * - `phase` {detail: string}: the phase changed
 * - `afresh` {detail: {wait}}: the session is lost; join again as a new participant after `wait` ms
 * - `stopped` {detail: StopReason}
 * - `rtt` {detail: ms}: the way to the relay and back
 */
export class Signalling extends EventTarget {
  #url;
  #makeSocket;
  #clock;
  #random;
  #buffer = new ResendBuffer();
  /** @type {SocketLike | null} */
  #socket = null;
  #open = false;
  #phase = 'idle';
  #sent = 0;
  #received = 0;
  /** @type {string | null} */
  #token = null;
  /** Whether this session was welcomed: before that it can only wait. */
  #welcome = false;
  #attempt = 0;
  #lost = 0;
  #since = 0;
  #heard = 0;
  #probing = 0;
  /** @type {Record<string, unknown>} */
  #timers = {};

  /**
   * @param {string} url of the meeting's socket, `wss://…/m/<code>/socket`
   * @param {{makeSocket?: (url: string) => SocketLike, clock?: Clock, random?: () => number}} [rim]
   */
  constructor(url, { makeSocket = (at) => new WebSocket(at), clock = systemClock, random = Math.random } = {}) {
    super();
    this.#url = url;
    this.#makeSocket = makeSocket;
    this.#clock = clock;
    this.#random = random;
  }

  get phase() { return this.#phase; }
  /** Whether there is a session with a socket. */
  get #live() { return this.#phase === 'joined' || this.#phase === 'waiting'; }
  /** What a session with a socket is called, by what the relay answered. */
  get #inside() { return this.#welcome ? 'joined' : 'waiting'; }

  /** Open the socket ahead of `join`, to save its round trips; harmless when it is closed again. */
  warm() {
    if (this.#phase === 'idle' && !this.#socket) this.#connect();
  }

  /**
   * Enter the meeting as a new participant; what `send` takes meanwhile follows right behind.
   * @param {{name: string, muted: Source[]}} as
   */
  join(as) {
    if (this.#phase === 'stopped') return;
    this.#token = null;
    this.#welcome = false;
    this.#sent = 0;
    this.#received = 0;
    this.#buffer.clear();
    this.#become('joining');
    this.#cancel('retry');
    if (!this.#socket) this.#connect();
    this.send('join', { version: 1, ...as });
    this.#watch();
  }

  /**
   * Send a message now, or after the reconnection; never lost while the session lives.
   * @param {string} type
   * @param {Record<string, unknown>} [fields]
   * @returns {number} the message's number, 0 when there is no session to send it in
   */
  send(type, fields = {}) {
    if (this.#phase === 'idle' || this.#phase === 'stopped') return 0;
    const seq = ++this.#sent;
    const text = JSON.stringify({ ...fields, type, seq });
    this.#buffer.push(seq, text);
    if (this.#open && this.#phase !== 'interrupted') this.#socket?.send(text);
    if (this.#buffer.overflown) this.#loseSession(0);
    return seq;
  }

  /** Say good-bye; the relay closes the socket, or we do. */
  leave() {
    if (this.#live) {
      this.send('leave');
      this.#later('leave', LEAVE_MS, () => this.#stop('left'));
    } else {
      this.#stop('left');
    }
  }

  /** The network may have changed: ask whether the socket still works, and at once reconnect if not. */
  probe() {
    if (this.#phase === 'interrupted' || (this.#phase === 'joining' && !this.#socket)) {
      this.#attempt = 0;
      this.#cancel('retry');
      if (!this.#socket) this.#connect();
    } else if (this.#live) {
      this.#probing = this.#clock.now();
      this.send('ping', { ack: this.#received });
      this.#later('probe', PROBE_MS, () => this.#dropped(1006));
    }
  }

  /**
   * Give this session up from our side and start over as a new participant.
   * @param {number} wait milliseconds before joining again
   */
  abandon(wait) {
    if (this.#live) this.send('leave');
    if (this.#phase !== 'idle' && this.#phase !== 'stopped') this.#loseSession(wait);
  }

  /** End everything without a word: the page goes away. */
  close() {
    for (const name of Object.keys(this.#timers)) this.#cancel(name);
    this.#detach();
    this.#phase = 'stopped';
  }

  // the socket

  #connect() {
    const socket = this.#makeSocket(this.#url);
    this.#socket = socket;
    this.#open = false;
    this.#heard = this.#clock.now();
    socket.onopen = () => { if (socket === this.#socket) this.#opened(); };
    socket.onmessage = ({ data }) => { if (socket === this.#socket) this.#heardText(data); };
    socket.onclose = ({ code }) => { if (socket === this.#socket) this.#dropped(code); };
    socket.onerror = () => undefined; // a close follows and says more
  }

  #opened() {
    this.#open = true;
    this.#heard = this.#clock.now();
    if (this.#phase === 'joining') this.#resend();
    if (this.#phase !== 'interrupted') return;
    const resume = { type: 'resume', seq: this.#sent + 1, token: this.#token, ack: this.#received };
    this.#socket?.send(JSON.stringify(resume));
  }

  #resend() {
    for (const text of this.#buffer.texts()) this.#socket?.send(text);
  }

  #detach() {
    const socket = this.#socket;
    this.#socket = null;
    this.#open = false;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = socket.onerror = null;
    socket.close(1000);
  }

  /** @param {number} code */
  #dropped(code) {
    this.#detach();
    this.#cancel('probe');
    if (this.#phase === 'idle' || this.#phase === 'stopped') return;
    if (this.#live && this.#clock.now() - this.#since > STEADY_MS) this.#attempt = this.#lost = 0;
    const verdict = verdictOn(code);
    if (verdict.then === 'stop') this.#stop(verdict.reason);
    else if (verdict.then === 'afresh') this.#loseSession(verdict.wait);
    else this.#retry(verdict.wait, verdict.cap);
  }

  /**
   * @param {number | null} wait milliseconds the close code asks for; null leaves it to the back-off
   * @param {number} [cap] the longest that the back-off may get, milliseconds
   */
  #retry(wait, cap) {
    if (this.#token) this.#become('interrupted');
    const delay = wait !== null && this.#attempt === 0 ? wait : backOff(this.#attempt, this.#random, cap);
    this.#attempt += 1;
    this.#later('retry', delay, () => this.#connect());
  }

  /** @param {number} wait milliseconds before joining again is welcome */
  #loseSession(wait) {
    this.#detach();
    this.#cancel('look');
    this.#token = null;
    const delay = Math.max(wait, this.#lost === 0 ? 0 : backOff(this.#lost - 1, this.#random));
    this.#lost += 1;
    this.#become('idle');
    this.dispatchEvent(new CustomEvent('afresh', { detail: { wait: delay } }));
  }

  /** @param {StopReason} reason */
  #stop(reason) {
    if (this.#phase === 'stopped') return;
    this.close();
    this.dispatchEvent(new CustomEvent('phase', { detail: 'stopped' }));
    this.dispatchEvent(new CustomEvent('stopped', { detail: reason }));
  }

  // what the relay says

  /** @param {unknown} data */
  #heardText(data) {
    this.#heard = this.#clock.now();
    this.#cancel('probe');
    const message = parse(data);
    if (!message) return this.#loseSession(0);
    if (message.type === 'resumed') return this.#resumed(message);
    if (message.seq <= this.#received) return;
    if (message.seq !== this.#received + 1) return this.#loseSession(0);
    this.#received = message.seq;
    this.#take(message);
  }

  /** @param {Message} message */
  #take(message) {
    if (message.type === 'ping') {
      this.#buffer.acknowledge(Number(message.ack) || 0);
      this.send('pong', { ack: this.#received });
    } else if (message.type === 'pong') {
      this.#buffer.acknowledge(Number(message.ack) || 0);
      this.dispatchEvent(new CustomEvent('rtt', { detail: this.#clock.now() - this.#probing }));
    } else {
      if (message.type === 'welcome' || message.type === 'waiting') this.#answered(message);
      this.dispatchEvent(new CustomEvent('message', { detail: message }));
    }
  }

  /** @param {Message} message */
  #answered(message) {
    this.#welcome = message.type === 'welcome';
    this.#token = String(message.token);
    this.#since = this.#clock.now();
    this.#become(this.#inside);
  }

  /** @param {Message} message */
  #resumed(message) {
    this.#buffer.acknowledge(Number(message.ack) || 0);
    this.#since = this.#clock.now();
    this.#resend(); // before anybody hears of it and sends something newer
    this.#become(this.#inside);
  }

  // time

  #watch() {
    this.#later('look', LOOK_MS, () => {
      if (this.#open && this.#clock.now() - this.#heard > SILENCE_MS) this.#dropped(1006);
      this.#watch();
    });
  }

  /** @param {string} phase */
  #become(phase) {
    if (phase === this.#phase) return;
    this.#phase = phase;
    this.dispatchEvent(new CustomEvent('phase', { detail: phase }));
  }

  /**
   * @param {string} name one timer a name
   * @param {number} ms
   * @param {() => void} callback
   */
  #later(name, ms, callback) {
    this.#cancel(name);
    this.#timers[name] = this.#clock.setTimeout(callback, ms);
  }

  /** @param {string} name */
  #cancel(name) {
    if (!(name in this.#timers)) return;
    this.#clock.clearTimeout(this.#timers[name]);
    delete this.#timers[name];
  }
}

/**
 * @param {unknown} data
 * @returns {Message | null} null when it is not a message at all
 */
function parse(data) {
  try {
    const value = JSON.parse(String(data));
    const good = value && typeof value.type === 'string' && Number.isInteger(value.seq);
    return good ? value : null;
  } catch {
    return null;
  }
}
