/** @import {Connection} from '../connection.js' */
/** @import {LocalMedia} from '../media-devices.js' */
/** @import {Strings} from '../strings.js' */
/** @import {Participant, Size, TrackId} from '../types.js' */
/** @import {Rect, Space as GridSpace} from '../grid.js' */
import { capacity, gridRects, stageRects } from '../grid.js';
import { StageOrder } from '../stage-order.js';
import { on } from './dom.js';
import { Tile } from './tile.js';

/** A window narrower than this is treated as a telephone, CSS pixels. */
const NARROW = 640;

/** @typedef {GridSpace & {narrow: boolean}} Space */

/**
 * Everybody's tiles, arranged to use the room there is; a shared screen or an enlarged person gets
 * a stage. Tiles are placed, never moved in the document: a video that moves there stops.
 *
 * Events: `rest` (the tile that stands for those who do not fit was pressed).
 */
export class TileGrid extends HTMLElement {
  /** By `"<index>:camera"` or `"<index>:screen"`. @type {Map<string, Tile>} */
  #tiles = new Map();
  #order = new StageOrder();
  /** @type {string | null} */
  #pinned = null;
  /** Shared screens, the latest last. @type {string[]} */
  #screens = [];
  #rest = document.createElement('button');
  #scheduled = false;
  /** Asking the element itself would lay out the whole page each time. */
  #size = { width: 0, height: 0 };
  /** @type {Connection} */
  #connection = /** @type {any} */ (null);
  /** @type {LocalMedia} */
  #media = /** @type {any} */ (null);
  /** @type {Strings} */
  #strings = /** @type {any} */ (null);

  /**
   * @param {object} parts
   * @param {Connection} parts.connection
   * @param {LocalMedia} parts.media
   * @param {Strings} parts.strings
   */
  bind({ connection, media, strings }) {
    this.#connection = connection;
    this.#media = media;
    this.#strings = strings;
    const { state } = connection;
    for (const type of ['reset', 'joined', 'left', 'changed', 'quality']) on(state, type, () => this.sync());
    on(state, 'speakers', (indexes) => { this.#order.spoke(indexes); this.sync(); });
    for (const type of ['track', 'track-ended', 'sharing']) on(connection, type, () => this.sync());
    on(connection.shield, 'changed', () => this.sync());
    on(connection.monitor, 'looked', () => this.sync());
    on(media, 'changed', () => this.sync());
    this.#rest.type = 'button';
    this.#rest.className = 'tile tile-rest';
    this.#rest.hidden = true;
    this.#rest.addEventListener('click', () => this.dispatchEvent(new CustomEvent('rest')));
    this.append(this.#rest);
    this.addEventListener('measured', () => this.#schedule());
    new ResizeObserver(([{ contentRect }]) => {
      this.#size = contentRect;
      this.#schedule();
    }).observe(this);
    document.addEventListener('visibilitychange', () => connection.views.hide(document.hidden));
  }

  /** Make tiles, marks and places agree with the state of the room. */
  sync() {
    const wanted = this.#wanted();
    for (const [key, tile] of this.#tiles) {
      if (wanted.has(key)) continue;
      tile.setTrack(null);
      tile.remove();
      this.#tiles.delete(key);
      if (this.#pinned === key) this.#pinned = null;
    }
    for (const [key, participant] of wanted) this.#update(key, participant);
    this.#screens = [...this.#screens.filter((key) => wanted.has(key)),
      ...[...wanted.keys()].filter((key) => key.endsWith(':screen') && !this.#screens.includes(key))];
    this.#schedule();
  }

  /** Back to the plain grid; whether there was something to go back from. */
  unpin() {
    const pinned = this.#pinned !== null;
    this.#pinned = null;
    this.sync();
    return pinned;
  }

  // what there is

  #wanted() {
    const { state } = this.#connection;
    /** @type {Map<string, Participant>} */
    const wanted = new Map();
    for (const participant of [...state.others(), ...(state.me ? [state.me] : [])]) {
      wanted.set(`${participant.index}:camera`, participant);
      const shares = participant.index !== state.you && participant.tracks.includes('screen');
      if (shares) wanted.set(`${participant.index}:screen`, participant);
    }
    return wanted;
  }

  /**
   * @param {string} key
   * @param {Participant} participant
   */
  #update(key, participant) {
    const source = key.endsWith(':screen') ? 'screen' : 'camera';
    const tile = this.#tiles.get(key) ?? this.#make(key, participant.index, source);
    const own = participant.index === this.#connection.state.you;
    tile.setTrack(own ? this.#ownTrack() : this.#remoteTrack(key, participant, source));
    tile.show(this.#view(key, participant, source, own));
  }

  #ownTrack() {
    return this.#media.on('camera') ? this.#media.track('camera') : null;
  }

  /**
   * @param {TrackId} key
   * @param {Participant} participant
   * @param {'camera' | 'screen'} source
   */
  #remoteTrack(key, participant, source) {
    if (!this.#connection.state.live(participant.index, source)) return null;
    return this.#connection.tracks.find(({ id }) => id === key)?.track ?? null;
  }

  /**
   * @param {string} key
   * @param {Participant} participant
   * @param {'camera' | 'screen'} source
   * @param {boolean} own
   */
  #view(key, participant, source, own) {
    const { state, monitor } = this.#connection;
    const { name, index, muted, hand } = participant;
    const screen = source === 'screen';
    const note = own ? '' : this.#note(participant);
    return {
      name: screen ? this.#strings.t('screen.of', { name }) : name,
      own,
      phone: participant.kind === 'phone',
      muted: !screen && muted.includes('microphone'),
      hand: !screen && hand,
      speaking: !screen && state.speaking(index) && !muted.includes('microphone'),
      quality: screen ? 3 : own ? Math.min(monitor.quality, state.quality(index)) : state.quality(index),
      note: note && this.#strings.t(note),
      enlarged: this.#pinned === key,
    };
  }

  /**
   * Why somebody cannot be seen or heard, by the name of the text.
   * @param {Participant} participant
   */
  #note(participant) {
    const { desk, shield } = this.#connection;
    const { members, epoch } = shield.view;
    if (!participant.connected) return 'tile.away';
    if (epoch === 0) return '';
    if (participant.kind === 'phone') return desk.hears(participant) ? '' : 'tile.soundless';
    if (members.includes(participant.index)) return '';
    return shield.isOutsider(participant.index) ? 'tile.outsider' : 'tile.keyless';
  }

  /**
   * @param {string} key
   * @param {number} index
   * @param {'camera' | 'screen'} source
   */
  #make(key, index, source) {
    const tile = Tile.make({ index, source, strings: this.#strings });
    tile.addEventListener('pin', () => {
      this.#pinned = this.#pinned === key ? null : key;
      this.sync();
    });
    this.#tiles.set(key, tile);
    this.append(tile);
    return tile;
  }

  // where it is

  #schedule() {
    if (this.#scheduled) return;
    this.#scheduled = true;
    // a microtask, not a frame: a window in the background gets no frames, and the relay must know soon
    queueMicrotask(() => {
      this.#scheduled = false;
      this.#layout();
    });
  }

  #layout() {
    const space = this.#space();
    if (space.width < 1 || space.height < 1) return;
    const onStage = this.#subject();
    const { state } = this.#connection;
    const cameras = state.others().map(({ index }) => index).filter((index) => `${index}:camera` !== onStage);
    const self = state.me && `${state.you}:camera` !== onStage ? [state.you] : [];
    const places = onStage ? this.#placeOnStage(onStage, cameras, self, space) : this.#placeInGrid(cameras, self, space);
    this.dataset.layout = onStage ? 'stage' : places.floating ? 'duo' : cameras.length ? 'grid' : 'solo';
    this.#apply(places.rects, onStage, places.floating);
    this.#showRest(places.rest, places.restRect);
    this.#tellSizes(places.rects);
  }

  /** @returns {Space} */
  #space() {
    const { width, height } = this.#size;
    const narrow = width < NARROW;
    return { width, height, gap: narrow ? 8 : 12, minRatio: height > width ? 3 / 5 : 4 / 3, maxRatio: 16 / 9, narrow };
  }

  /** What has the stage, if anything: what the person enlarged, else the latest screen. */
  #subject() {
    if (this.#pinned && this.#tiles.has(this.#pinned)) return this.#pinned;
    return this.#screens.at(-1) ?? null;
  }

  /**
   * @param {number[]} others
   * @param {number[]} self
   * @param {Space} space
   */
  #placeInGrid(others, self, space) {
    if (others.length === 1 && self.length && space.height > space.width && space.narrow) {
      return this.#placeDuo(others[0], self[0], space);
    }
    const room = Math.min(49, capacity(space, space.narrow ? 150 : 190));
    const fits = others.length + self.length <= room;
    const shown = this.#order.visible(others, fits ? room : Math.max(1, room - self.length - 1));
    const keys = [...shown, ...self].map((index) => `${index}:camera`);
    const rest = others.length - shown.length;
    const rects = gridRects(keys.length + (rest ? 1 : 0), space);
    const placed = new Map(keys.map((key, place) => [key, rects[place]]));
    return { rects: placed, rest, restRect: rects[keys.length], floating: '' };
  }

  /**
   * Two people on a telephone: the other one large, oneself in the corner.
   * @param {number} other
   * @param {number} self
   * @param {Space} space
   */
  #placeDuo(other, self, { width, height, gap }) {
    const small = Math.round(Math.min(140, width * 0.3));
    const tall = Math.round(small * 4 / 3);
    const corner = { x: width - small - gap, y: height - tall - gap, width: small, height: tall };
    const rects = new Map([[`${other}:camera`, { x: 0, y: 0, width, height }], [`${self}:camera`, corner]]);
    return { rects, rest: 0, restRect: undefined, floating: `${self}:camera` };
  }

  /**
   * @param {string} subject
   * @param {number[]} others
   * @param {number[]} self
   * @param {Space} space
   */
  #placeOnStage(subject, others, self, space) {
    const screens = this.#screens.filter((key) => key !== subject);
    const most = stageRects(99, space).room;
    const fits = screens.length + others.length + self.length <= most;
    const places = fits ? most : most - 1;
    const shown = this.#order.visible(others, Math.max(1, places - self.length - screens.length));
    const keys = [...screens, ...[...shown, ...self].map((index) => `${index}:camera`)].slice(0, places);
    const rest = others.length - shown.length;
    const { stage, strip } = stageRects(keys.length + (rest ? 1 : 0), space);
    const rects = new Map([[subject, stage], ...keys.map((key, place) => /** @type {[string, Rect]} */ ([key, strip[place]]))]);
    return { rects, rest, restRect: strip[keys.length], floating: '' };
  }

  /**
   * @param {Map<string, Rect>} rects
   * @param {string | null} onStage
   * @param {string} floating
   */
  #apply(rects, onStage, floating) {
    for (const [key, tile] of this.#tiles) {
      const rect = rects.get(key);
      tile.hidden = !rect;
      tile.classList.toggle('on-stage', key === onStage);
      tile.classList.toggle('floating', key === floating);
      if (rect) put(tile, rect);
    }
  }

  /**
   * @param {number} rest how many people have no place
   * @param {Rect | undefined} rect
   */
  #showRest(rest, rect) {
    this.#rest.hidden = !rest || !rect;
    if (!rest || !rect) return;
    this.#rest.textContent = `+${rest}`;
    this.#rest.setAttribute('aria-label', this.#strings.t('people.more', { count: rest }));
    put(this.#rest, rect);
  }

  /** @param {Map<string, Rect>} rects */
  #tellSizes(rects) {
    const { state, views } = this.#connection;
    /** @type {Map<TrackId, Size>} */
    const sizes = new Map();
    for (const [key, rect] of rects) {
      const tile = this.#tiles.get(key);
      if (!tile || tile.index === state.you || !state.live(tile.index, tile.source)) continue;
      sizes.set(key, [rect.width, rect.height]);
    }
    views.show(sizes, devicePixelRatio || 1);
  }
}

/**
 * @param {HTMLElement} element
 * @param {Rect} rect
 */
function put(element, { x, y, width, height }) {
  element.style.translate = `${x}px ${y}px`;
  element.style.width = `${width}px`;
  element.style.height = `${height}px`;
  element.classList.toggle('small', width < 220);
}

customElements.define('onmeet-grid', TileGrid);
