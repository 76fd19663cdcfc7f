/**
 * One offer at a time: asked for while one is out, the next follows its answer.
 *
 * `make` creates and applies the local offer and gives what has to be sent; `send` sends it with
 * its number. Failures of `make` are reported through `failed`.
 */
export class OfferQueue {
  #make;
  #send;
  #failed;
  #gen = 0;
  /** @type {'free' | 'making' | 'waiting'} */
  #state = 'free';
  #again = false;
  #closed = false;

  /**
   * @param {object} rim
   * @param {() => Promise<{sdp: string, sources: Record<string, string>}>} rim.make
   * @param {(offer: {gen: number, sdp: string, sources: Record<string, string>}) => void} rim.send
   * @param {(error: unknown) => void} rim.failed
   */
  constructor({ make, send, failed }) {
    this.#make = make;
    this.#send = send;
    this.#failed = failed;
  }

  /** Whether an offer waits for its answer. */
  get waiting() { return this.#state === 'waiting'; }

  /** Negotiate, now or after the answer that is due. */
  async request() {
    if (this.#closed) return;
    if (this.#state !== 'free') {
      this.#again = true;
      return;
    }
    this.#state = 'making';
    this.#again = false;
    try {
      const offer = await this.#make();
      if (this.#closed) return;
      this.#state = 'waiting';
      this.#send({ gen: ++this.#gen, ...offer });
    } catch (error) {
      this.#state = 'free';
      if (!this.#closed) this.#failed(error);
    }
  }

  /**
   * Whether an answer with this number belongs to the offer that is out.
   * @param {number} gen
   */
  expects(gen) {
    return this.#state === 'waiting' && gen === this.#gen;
  }

  /** The answer was applied, or the offer refused and rolled back: the next may go out. */
  async settled() {
    this.#state = 'free';
    if (this.#again) await this.request();
  }

  close() { this.#closed = true; }
}
