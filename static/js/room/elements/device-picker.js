/** @import {LocalMedia} from '../media-devices.js' */
/** @import {PreferenceStore} from '../preferences.js' */
/** @import {Strings} from '../strings.js' */
import { part } from './dom.js';

/** Lists of cameras, microphones and loudspeakers to choose from; stands on two places of the page. */
export class DevicePicker extends HTMLElement {
  /** @type {LocalMedia | null} */
  #media = null;
  /** @type {PreferenceStore | null} */
  #preferences = null;
  /** @type {Strings | null} */
  #strings = null;

  /**
   * @param {object} parts
   * @param {LocalMedia} parts.media
   * @param {PreferenceStore} parts.preferences
   * @param {Strings} parts.strings
   */
  bind({ media, preferences, strings }) {
    this.#media = media;
    this.#preferences = preferences;
    this.#strings = strings;
    for (const device of /** @type {const} */ (['microphone', 'camera'])) {
      this.#select(device).addEventListener('change', () => void media.choose(device, this.#select(device).value));
      media.addEventListener('changed', () => void this.refresh());
    }
    this.#select('speaker').addEventListener('change', () => {
      preferences.save({ speaker: this.#select('speaker').value });
      this.dispatchEvent(new CustomEvent('speaker', { bubbles: true, detail: this.#select('speaker').value }));
    });
    media.addEventListener('devices', () => void this.refresh());
    void this.refresh();
  }

  /** Read the list of devices anew. */
  async refresh() {
    if (!this.#media || !this.#preferences) return;
    const lists = await this.#media.list();
    const chosen = this.#preferences.load();
    for (const device of /** @type {const} */ (['microphone', 'camera'])) {
      const active = this.#media.track(device)?.getSettings().deviceId;
      this.#fill(device, lists[device], active ?? chosen[device]);
    }
    this.#fill('speaker', lists.speaker, chosen.speaker);
    const field = this.#select('speaker').closest('.field');
    if (field instanceof HTMLElement) field.hidden = !('setSinkId' in HTMLMediaElement.prototype) || !lists.speaker.length;
  }

  /**
   * @param {'microphone' | 'camera' | 'speaker'} device
   * @param {MediaDeviceInfo[]} list
   * @param {string} chosen device id
   */
  #fill(device, list, chosen) {
    const select = this.#select(device);
    const strings = /** @type {Strings} */ (this.#strings);
    const options = list.map((each, place) => {
      const label = each.label || strings.t('device.numbered', { count: place + 1 });
      return new Option(label, each.deviceId, false, each.deviceId === chosen);
    });
    if (!options.length) options.push(new Option(strings.t('device.none'), ''));
    select.replaceChildren(...options);
    select.disabled = !list.length;
  }

  /** @param {string} device */
  #select(device) { return part(this, `choose-${device}`, HTMLSelectElement); }
}

customElements.define('onmeet-devices', DevicePicker);
