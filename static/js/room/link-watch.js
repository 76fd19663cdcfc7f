/** @import {Clock} from './types.js' */

/** A short gap heals by itself; after this long new ICE credentials are quicker. */
const PATIENCE_MS = 2500;
/** Between two attempts, so that a slow network is not flooded with them. */
const BETWEEN_MS = 4000;
/** After so many attempts in a row the transport is taken for lost. */
const ATTEMPTS = 4;

/**
 * Watches one RTCPeerConnection and says when to restart ICE and when to give up.
 *
 * Events: `restart`, `hopeless`, `state` {detail: RTCPeerConnectionState}.
 */
export class LinkWatch extends EventTarget {
  #pc;
  #clock;
  #attempts = 0;
  /** @type {unknown} */
  #timer = null;
  #onState = () => this.#changed();

  /**
   * @param {RTCPeerConnection} pc
   * @param {Pick<Clock, 'setTimeout' | 'clearTimeout'>} [clock]
   */
  constructor(pc, clock = { setTimeout: (f, ms) => setTimeout(f, ms), clearTimeout: (id) => clearTimeout(id) }) {
    super();
    this.#pc = pc;
    this.#clock = clock;
    pc.addEventListener('connectionstatechange', this.#onState);
  }

  close() {
    this.#pc.removeEventListener('connectionstatechange', this.#onState);
    this.#clock.clearTimeout(this.#timer);
  }

  #changed() {
    const state = this.#pc.connectionState;
    this.dispatchEvent(new CustomEvent('state', { detail: state }));
    this.#clock.clearTimeout(this.#timer);
    if (state === 'connected') this.#attempts = 0;
    if (state === 'disconnected') this.#timer = this.#clock.setTimeout(() => this.#restart(), PATIENCE_MS);
    if (state === 'failed') this.#restart();
  }

  #restart() {
    if (this.#pc.connectionState === 'connected' || this.#pc.connectionState === 'closed') return;
    if (this.#attempts >= ATTEMPTS) {
      this.dispatchEvent(new CustomEvent('hopeless'));
      return;
    }
    this.#attempts += 1;
    this.dispatchEvent(new CustomEvent('restart'));
    this.#timer = this.#clock.setTimeout(() => this.#restart(), BETWEEN_MS);
  }
}
