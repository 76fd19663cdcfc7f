/** @import {Device, LocalMedia} from '../media-devices.js' */
/** @import {PreferenceStore} from '../preferences.js' */
/** @import {LevelMeter} from '../level-meter.js' */
/** @import {Strings} from '../strings.js' */
/** @import {Obstacle} from '../capabilities.js' */
import { dressAvatar } from './avatar.js';
import { DevicePicker } from './device-picker.js';
import { on, one, part, showLevel, showWhen } from './dom.js';

/**
 * What comes before the meeting: a look into the mirror, a choice of devices, a name. Nothing of
 * it leaves the browser until the person joins.
 *
 * Events: `join` {detail: name}, `intent` (the person is about to join), `pasted` {detail: text},
 * `new-link`.
 */
export class PreJoin extends HTMLElement {
  /** @type {LocalMedia | null} */
  #media = null;
  /** @type {Strings | null} */
  #strings = null;
  /** Enter was pressed while the door was still shut. */
  #eager = false;

  /**
   * @param {object} parts
   * @param {LocalMedia} parts.media
   * @param {PreferenceStore} parts.preferences
   * @param {Strings} parts.strings
   * @param {LevelMeter} parts.meter
   */
  bind({ media, preferences, strings, meter }) {
    this.#media = media;
    this.#strings = strings;
    const name = part(this, 'name', HTMLInputElement);
    // what was typed while the script was still on its way stays
    name.value ||= preferences.load().name || name.dataset.accountName || '';
    name.addEventListener('input', () => { this.#nameProblem(''); this.#showAvatar(); });
    // a form whose button is disabled swallows the key
    name.addEventListener('keydown', ({ key }) => {
      this.#eager = key === 'Enter' && part(this, 'join', HTMLButtonElement).disabled;
    });
    this.#listen(media, preferences);
    on(meter, 'level', (level) => this.#showLevel(media.on('microphone') ? level : 0));
    this.addEventListener('pointerdown', () => void meter.resume());
    one(this, 'onmeet-devices') instanceof DevicePicker
      && /** @type {DevicePicker} */ (one(this, 'onmeet-devices')).bind({ media, preferences, strings });
    for (const device of /** @type {Device[]} */ (['microphone', 'camera'])) this.#show(device);
    this.#showAvatar();
  }

  /** Show the page's usual face, and put the cursor where it is wanted. */
  open() {
    this.#only('lobby');
    const name = part(this, 'name', HTMLInputElement);
    const join = part(this, 'join', HTMLButtonElement);
    join.disabled = false;
    if (this.#eager) part(this, 'form', HTMLFormElement).requestSubmit();
    this.#eager = false;
    // who is typing already is not interrupted
    const free = document.activeElement === document.body || document.activeElement === null;
    if (free && matchMedia('(pointer: fine)').matches) (name.value ? join : name).focus();
  }

  /** @param {boolean} hostMayRenew whether a new link may be made here */
  askForLink(hostMayRenew) {
    this.#only('keyless');
    part(this, 'host-only').hidden = !hostMayRenew;
    part(this, 'paste', HTMLInputElement).focus();
  }

  /** @param {'empty' | 'other-meeting' | 'no-key'} problem with what was pasted */
  rejectLink(problem) {
    const field = part(this, 'paste', HTMLInputElement);
    part(this, 'paste-error').textContent = this.#t(`paste.${problem}`);
    field.setAttribute('aria-invalid', 'true');
    field.focus();
  }

  /** @param {NonNullable<Obstacle>} obstacle */
  showObstacle(obstacle) {
    this.#only('obstacle');
    part(this, 'obstacle-title').textContent = this.#t(`obstacle.${obstacle}.title`);
    part(this, 'obstacle-text').textContent = this.#t(`obstacle.${obstacle}.text`);
  }

  /** @param {boolean} busy while the first answer of the relay is awaited */
  setBusy(busy) {
    const join = part(this, 'join', HTMLButtonElement);
    join.setAttribute('aria-disabled', String(busy));
    join.textContent = this.#t(busy ? 'join.joining' : 'join.join');
  }

  /** The meeting has begun: let go of the preview. */
  close() {
    part(this, 'video', HTMLVideoElement).srcObject = null;
    this.hidden = true;
  }

  /**
   * @param {LocalMedia} media
   * @param {PreferenceStore} preferences
   */
  #listen(media, preferences) {
    for (const device of /** @type {Device[]} */ (['microphone', 'camera'])) {
      const button = part(this, device, HTMLButtonElement);
      button.addEventListener('click', () => void media.set(device, !media.on(device)));
      button.disabled = false; // a press before this would be lost
    }
    media.addEventListener('changed', (event) => this.#show(/** @type {CustomEvent} */ (event).detail));
    part(this, 'retry').addEventListener('click', () => void this.#retry());
    part(this, 'form', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      this.#submit(preferences);
    });
    for (const type of ['pointerenter', 'pointerdown']) {
      part(this, 'join').addEventListener(type, () => this.dispatchEvent(new CustomEvent('intent')));
    }
    part(this, 'paste-form', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      const text = part(this, 'paste', HTMLInputElement).value;
      this.dispatchEvent(new CustomEvent('pasted', { detail: text }));
    });
    part(this, 'new-link').addEventListener('click', () => this.dispatchEvent(new CustomEvent('new-link')));
  }

  /** @param {PreferenceStore} preferences */
  #submit(preferences) {
    const field = part(this, 'name', HTMLInputElement);
    const name = field.value.trim().replace(/\s+/gu, ' ').slice(0, 64);
    if (!name) {
      this.#nameProblem('join.name-missing');
      field.focus();
      return;
    }
    if (part(this, 'join').getAttribute('aria-disabled') === 'true') return;
    preferences.save({ name });
    this.dispatchEvent(new CustomEvent('join', { detail: name }));
  }

  /** @param {string} problem a text's name, or '' */
  #nameProblem(problem) {
    const field = part(this, 'name', HTMLInputElement);
    field.toggleAttribute('aria-invalid', false);
    if (problem) field.setAttribute('aria-invalid', 'true');
    part(this, 'name-error').textContent = problem && this.#t(problem);
  }

  async #retry() {
    for (const device of /** @type {Device[]} */ (['microphone', 'camera'])) {
      if (this.#media?.problem(device)) await this.#media.set(device, true);
    }
  }

  /** @param {Device} device */
  #show(device) {
    const media = /** @type {LocalMedia} */ (this.#media);
    const working = media.on(device);
    const button = part(this, device);
    showWhen(button, working);
    button.setAttribute('aria-label', this.#t(`${device}.${working ? 'turn-off' : 'turn-on'}`));
    if (device === 'camera') this.#showPicture(media);
    this.#showProblem(media);
    this.#showHint(media);
  }

  /** @param {LocalMedia} media */
  #showPicture(media) {
    const track = media.on('camera') ? media.track('camera') : null;
    const video = part(this, 'video', HTMLVideoElement);
    video.hidden = !track;
    part(this, 'off').hidden = track !== null;
    if (!this.hidden) video.srcObject = track && new MediaStream([track]);
  }

  /** @param {LocalMedia} media */
  #showProblem(media) {
    const [microphone, camera] = [media.problem('microphone'), media.problem('camera')];
    const both = microphone === camera && (camera === 'denied' || camera === 'missing') ? `problem.both.${camera}` : '';
    const name = both || (camera ? `problem.camera.${camera}` : microphone ? `problem.microphone.${microphone}` : '');
    part(this, 'problem').hidden = !name;
    if (name) part(this, 'problem-text').textContent = this.#t(name);
  }

  /** @param {LocalMedia} media */
  #showHint(media) {
    const off = ['microphone', 'camera'].filter((each) => !media.on(/** @type {Device} */ (each)));
    const name = off.length === 2 ? 'join.silent' : off.length ? `join.no-${off[0]}` : '';
    part(this, 'join-hint').textContent = name && this.#t(name);
  }

  #showAvatar() {
    dressAvatar(part(this, 'avatar'), part(this, 'name', HTMLInputElement).value, 0);
  }

  /** @param {number} level 0 … 1 */
  #showLevel(level) {
    if (this.hidden) return;
    showLevel(part(this, 'meter', HTMLMeterElement), level);
    part(this, 'ring').style.setProperty('--level', level.toFixed(2));
  }

  /** @param {'lobby' | 'keyless' | 'obstacle'} face */
  #only(face) {
    for (const each of ['lobby', 'keyless', 'obstacle']) part(this, each).hidden = each !== face;
  }

  /** @param {string} name */
  #t(name) { return /** @type {Strings} */ (this.#strings).t(name); }
}

customElements.define('onmeet-prejoin', PreJoin);
