/**
 * Which tiles are on the screen when there is no room for all.
 *
 * Tiles keep their places: somebody who speaks off the screen takes the place of whoever has been
 * silent longest, and nobody else moves.
 */
export class StageOrder {
  /** @type {number[]} */
  #shown = [];
  /** @type {Map<number, number>} */
  #spokeAt = new Map();
  #turn = 0;

  /**
   * Note who is speaking, loudest first.
   * @param {number[]} indexes
   */
  spoke(indexes) {
    for (const index of [...indexes].reverse()) this.#spokeAt.set(index, ++this.#turn);
  }

  /**
   * The indexes to show, at most `room` of them, in their places.
   * @param {number[]} everybody in the order in which they came
   * @param {number} room how many fit, at least 1
   * @returns {number[]}
   */
  visible(everybody, room) {
    const present = new Set(everybody);
    for (const index of this.#spokeAt.keys()) if (!present.has(index)) this.#spokeAt.delete(index);
    if (everybody.length <= room) return (this.#shown = [...everybody]);
    const wanted = new Set([...everybody]
      .sort((a, b) => this.#rank(b) - this.#rank(a) || everybody.indexOf(a) - everybody.indexOf(b))
      .slice(0, room));
    const kept = this.#shown.filter((index) => present.has(index));
    const newcomers = [...wanted].filter((index) => !kept.includes(index));
    const places = kept.map((index) => (wanted.has(index) ? index : newcomers.shift() ?? index));
    return (this.#shown = [...places, ...newcomers].slice(0, room));
  }

  /** @param {number} index */
  #rank(index) {
    const spoke = this.#spokeAt.get(index) ?? 0;
    return spoke + (this.#shown.includes(index) ? 0.5 : 0);
  }
}
