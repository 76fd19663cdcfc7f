/** Does things one after the other, in the order in which they were asked for; never more than `limit` wait. */
export class Serial {
  #limit;
  #waiting = 0;
  /** @type {Promise<void>} */
  #tail = Promise.resolve();

  /** @param {number} limit */
  constructor(limit) {
    this.#limit = limit;
  }

  get isFull() {
    return this.#waiting >= this.#limit;
  }

  /**
   * @param {() => void | Promise<void>} task
   * @param {(error: unknown) => void} failed
   * @returns {Promise<void>} when it is done, however it ended
   */
  run(task, failed) {
    this.#waiting += 1;
    this.#tail = this.#tail.then(() => {
      this.#waiting -= 1;
      return task();
    }).catch(failed);
    return this.#tail;
  }
}
