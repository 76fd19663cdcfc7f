/**
 * The signs of life of one author. Each carries the author's own clock; the smallest difference to ours
 * ever seen is what an unhindered message takes, and whatever comes later than that was held back for so
 * long. Thus a server that hoards heartbeats and hands them out slowly gains nothing.
 */
export class Pulse {
  /** When the author was last at work, in our time. */
  heard;
  #last = -1;
  #difference = Infinity;

  /** @param {number} now */
  constructor(now) {
    this.heard = now;
  }

  /** Somebody else has authored meanwhile: measure anew. */
  restart() {
    this.#difference = Infinity;
  }

  /**
   * @param {number} t the author's clock, milliseconds; doubles as a counter
   * @param {number} now our clock
   * @returns {number | null} the moment it was sent, in our time; null for a replay
   */
  beat(t, now) {
    if (t <= this.#last) return null;
    this.#last = t;
    this.#difference = Math.min(this.#difference, now - t);
    const sent = t + this.#difference;
    this.heard = Math.max(this.heard, sent);
    return sent;
  }
}
