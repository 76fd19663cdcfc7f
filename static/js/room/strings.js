/** The page's texts in the visitor's language, by name, with `{placeholders}`. */
export class Strings {
  #texts;

  /** @param {Record<string, string>} texts */
  constructor(texts) {
    this.#texts = texts;
  }

  /**
   * The texts that the server put into the page.
   * @param {Document} from
   */
  static read(from = document) {
    return new Strings(JSON.parse(from.getElementById('strings')?.textContent ?? '{}'));
  }

  /**
   * @param {string} name
   * @param {Record<string, string | number>} [values] for the placeholders
   * @returns {string} the name itself when there is no such text: a gap should show
   */
  t(name, values = {}) {
    const text = this.#texts[name] ?? name;
    return text.replace(/\{(\w+)\}/g, (whole, key) => (key in values ? String(values[key]) : whole));
  }

  /**
   * A text that differs between one and several: `name.one` and `name.other`.
   * @param {string} name
   * @param {number} count
   */
  n(name, count) {
    return this.t(`${name}.${count === 1 ? 'one' : 'other'}`, { count });
  }
}
