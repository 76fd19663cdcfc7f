/** @import {PreferenceStore} from '../preferences.js' */
import { part } from './dom.js';
import { Modal } from './modal.js';

/** The keyboard's commands, and a switch for people whom they disturb. */
export class HelpDialog extends Modal {
  /** @param {PreferenceStore} preferences */
  constructor(preferences) {
    super('help-dialog');
    const enabled = part(this.dialog, 'enabled', HTMLInputElement);
    enabled.checked = preferences.load().shortcuts;
    enabled.addEventListener('change', () => preferences.save({ shortcuts: enabled.checked }));
  }
}
