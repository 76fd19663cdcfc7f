/** @import {Strings} from '../strings.js' */
import { dressAvatar } from './avatar.js';
import { copyOf, one } from './dom.js';

/**
 * @typedef {object} TileView everything a tile shows besides its picture
 * @property {string} name
 * @property {boolean} own
 * @property {boolean} phone somebody who called: there is no picture to come
 * @property {boolean} muted
 * @property {boolean} hand
 * @property {boolean} speaking
 * @property {number} quality 3 good … 0 lost
 * @property {string} note words over the picture, or ''
 * @property {boolean} enlarged
 */

/** One person, or one shared screen: picture or avatar, name, marks. Events: `pin`, `first-frame`. */
export class Tile extends HTMLElement {
  /** @type {Strings | null} */
  #strings = null;
  /** @type {MediaStreamTrack | null} */
  #track = null;

  /**
   * @param {object} about
   * @param {number} about.index
   * @param {'camera' | 'screen'} about.source
   * @param {Strings} about.strings
   * @returns {Tile}
   */
  static make({ index, source, strings }) {
    const tile = /** @type {Tile} */ (document.createElement('onmeet-tile'));
    tile.#strings = strings;
    tile.className = 'tile';
    tile.dataset.testid = 'tile';
    tile.dataset.index = String(index);
    tile.dataset.source = source;
    tile.setAttribute('role', 'group');
    tile.append(copyOf('tile-template'));
    const pin = one(tile, '.tile-pin');
    pin.addEventListener('click', () => tile.dispatchEvent(new CustomEvent('pin')));
    tile.addEventListener('dblclick', () => tile.dispatchEvent(new CustomEvent('pin')));
    one(tile, 'video').addEventListener('resize', () => tile.#measured());
    return tile;
  }

  get index() { return Number(this.dataset.index); }
  get source() { return /** @type {'camera' | 'screen'} */ (this.dataset.source); }
  get video() { return /** @type {HTMLVideoElement} */ (one(this, 'video')); }
  /** Width : height of the picture that comes, 16 : 9 before the first. */
  get ratio() { return this.video.videoWidth ? this.video.videoWidth / this.video.videoHeight : 16 / 9; }
  get hasPicture() { return this.#track !== null; }

  /**
   * Show a track's picture, or the avatar.
   * @param {MediaStreamTrack | null} track
   */
  setTrack(track) {
    if (track === this.#track) return;
    this.#track = track;
    const { video } = this;
    video.srcObject = track && new MediaStream([track]);
    video.hidden = !track;
    one(this, '.tile-avatar').hidden = track !== null;
    this.classList.toggle('with-picture', track !== null);
    if (track) this.#awaitFrame(video, track);
  }

  /** @param {TileView} view */
  show(view) {
    const strings = /** @type {Strings} */ (this.#strings);
    this.classList.toggle('own', view.own);
    this.classList.toggle('by-phone', view.phone);
    one(this, '.tile-phone').hidden = !view.phone;
    this.classList.toggle('speaking', view.speaking);
    this.classList.toggle('weak', view.quality <= 1);
    one(this, '.tile-name').textContent = view.own ? `${view.name} (${strings.t('you')})` : view.name;
    one(this, '.tile-muted').hidden = !view.muted;
    one(this, '.tile-hand').hidden = !view.hand;
    one(this, '.tile-quality').hidden = view.quality > 1;
    const note = one(this, '.tile-note');
    note.textContent = view.note;
    note.hidden = !view.note;
    if (view.phone) one(this, '.tile-avatar').hidden = true;
    else if (this.source === 'camera') dressAvatar(one(this, '.tile-avatar'), view.name, this.index);
    const pin = one(this, '.tile-pin');
    pin.setAttribute('aria-label', view.enlarged ? strings.t('tile.shrink') : strings.t('tile.enlarge', { name: view.name }));
    pin.setAttribute('aria-pressed', String(view.enlarged));
    this.setAttribute('aria-label', this.#spoken(view, strings));
  }

  /**
   * @param {TileView} view
   * @param {Strings} strings
   */
  #spoken(view, strings) {
    const words = [view.own ? `${view.name} (${strings.t('you')})` : view.name];
    if (view.muted) words.push(strings.t('tile.muted'));
    if (view.phone) words.push(strings.t('people.phone'));
    else if (!this.hasPicture) words.push(strings.t('tile.camera-off'));
    if (view.hand) words.push(strings.t('tile.hand'));
    if (view.quality <= 1) words.push(strings.t('tile.weak'));
    if (view.note) words.push(view.note);
    return words.join(', ');
  }

  /**
   * @param {HTMLVideoElement} video
   * @param {MediaStreamTrack} track
   */
  #awaitFrame(video, track) {
    const tell = () => {
      if (track === this.#track) this.dispatchEvent(new CustomEvent('first-frame', { bubbles: true, detail: this }));
    };
    if ('requestVideoFrameCallback' in video) video.requestVideoFrameCallback(tell);
    else /** @type {HTMLVideoElement} */ (video).addEventListener('loadeddata', tell, { once: true });
    void video.play().catch(() => undefined);
  }

  #measured() {
    this.classList.toggle('upright', this.ratio < 1);
    this.dispatchEvent(new CustomEvent('measured', { bubbles: true }));
  }
}

customElements.define('onmeet-tile', Tile);
