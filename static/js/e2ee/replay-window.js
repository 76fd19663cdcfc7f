/** How far behind the newest frame of a key a frame may come. */
export const WINDOW = 1024;

/** Which counters of one key were seen. */
export class ReplayWindow {
  #newest = -1;
  /** The counter last seen in each slot. */
  #seen = new Float64Array(WINDOW).fill(-1);

  /** @param {number} counter */
  isFresh(counter) {
    return counter > this.#newest - WINDOW && this.#seen[counter % WINDOW] !== counter;
  }

  /** Mark an authenticated frame. @param {number} counter @returns {boolean} false for a replay */
  accept(counter) {
    if (!this.isFresh(counter)) return false;
    this.#seen[counter % WINDOW] = counter;
    this.#newest = Math.max(this.#newest, counter);
    return true;
  }
}
