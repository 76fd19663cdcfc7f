/** @import {LevelMeter} from '../level-meter.js' */
/** @import {LocalMedia} from '../media-devices.js' */
/** @import {PreferenceStore} from '../preferences.js' */
/** @import {Strings} from '../strings.js' */
import { DevicePicker } from './device-picker.js';
import { on, one, part, showLevel } from './dom.js';
import { Modal } from './modal.js';

/** Other devices, chosen while the meeting goes on. */
export class SettingsDialog extends Modal {
  #media;
  #strings;

  /**
   * @param {object} parts
   * @param {LocalMedia} parts.media
   * @param {PreferenceStore} parts.preferences
   * @param {Strings} parts.strings
   * @param {LevelMeter} parts.meter
   */
  constructor({ media, preferences, strings, meter }) {
    super('settings-dialog');
    this.#media = media;
    this.#strings = strings;
    const picker = /** @type {DevicePicker} */ (one(this.dialog, 'onmeet-devices'));
    picker.bind({ media, preferences, strings });
    on(meter, 'level', (level) => { if (this.isOpen) showLevel(part(this.dialog, 'meter', HTMLMeterElement), level); });
    on(media, 'changed', () => this.#render());
  }

  open() {
    super.open();
    this.#render();
  }

  #render() {
    if (!this.isOpen) return;
    const device = /** @type {const} */ (['camera', 'microphone']).find((each) => this.#media.problem(each));
    const note = part(this.dialog, 'problem');
    note.hidden = !device;
    if (device) note.textContent = this.#strings.t(`problem.${device}.${this.#media.problem(device)}`);
  }
}
