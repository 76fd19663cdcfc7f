/**
 * @typedef {object} Preferences what this browser remembers for its owner, and nobody else sees
 * @property {string} name
 * @property {string} microphone device id
 * @property {string} camera device id
 * @property {string} speaker device id
 * @property {boolean} microphoneOn
 * @property {boolean} cameraOn
 * @property {boolean} shortcuts whether single keys are commands
 */

const KEY = 'onmeet.room';

/** @type {Preferences} */
const DEFAULTS = {
  name: '', microphone: '', camera: '', speaker: '', microphoneOn: true, cameraOn: true, shortcuts: true,
};

/** Remembers the choices of the room page in the browser's own storage; works without one, too. */
export class PreferenceStore {
  #storage;

  /** @param {Pick<Storage, 'getItem' | 'setItem'> | null} storage */
  constructor(storage) {
    this.#storage = storage;
  }

  /** @returns {Preferences} */
  load() {
    const known = { ...DEFAULTS };
    try {
      const stored = JSON.parse(this.#storage?.getItem(KEY) ?? '{}');
      for (const key of /** @type {(keyof Preferences)[]} */ (Object.keys(DEFAULTS))) {
        if (typeof stored?.[key] === typeof DEFAULTS[key]) Object.assign(known, { [key]: stored[key] });
      }
    } catch {
      // a store that cannot be read is an empty one
    }
    return known;
  }

  /** @param {Partial<Preferences>} changes */
  save(changes) {
    try {
      this.#storage?.setItem(KEY, JSON.stringify({ ...this.load(), ...changes }));
    } catch {
      // full or forbidden: the choice lives as long as the page
    }
  }
}
