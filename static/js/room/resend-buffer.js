/** Messages that were sent and not yet acknowledged, bounded as PROTOCOL.md bounds them. */
export class ResendBuffer {
  static MAX_MESSAGES = 512;
  static MAX_BYTES = 1 << 20;

  /** @type {{seq: number, text: string}[]} */
  #messages = [];
  #bytes = 0;

  /** Whether more is waiting than either side may keep. */
  get overflown() {
    return this.#messages.length > ResendBuffer.MAX_MESSAGES || this.#bytes > ResendBuffer.MAX_BYTES;
  }

  /**
   * Keep a message until it is acknowledged.
   * @param {number} seq
   * @param {string} text the whole message as it goes out
   */
  push(seq, text) {
    this.#messages.push({ seq, text });
    this.#bytes += text.length;
  }

  /**
   * Forget everything up to and including `seq`.
   * @param {number} seq
   */
  acknowledge(seq) {
    while (this.#messages.length && this.#messages[0].seq <= seq) {
      this.#bytes -= /** @type {{text: string}} */ (this.#messages.shift()).text.length;
    }
  }

  /** Everything that is still unacknowledged, oldest first. */
  texts() {
    return this.#messages.map((message) => message.text);
  }

  clear() {
    this.#messages = [];
    this.#bytes = 0;
  }
}
