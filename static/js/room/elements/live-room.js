/** @import {Announcer} from '../announcer.js' */
/** @import {Connection} from '../connection.js' */
/** @import {FirstUse} from '../first-use.js' */
/** @import {LevelMeter} from '../level-meter.js' */
/** @import {LocalMedia} from '../media-devices.js' */
/** @import {PreferenceStore} from '../preferences.js' */
/** @import {Strings} from '../strings.js' */
/** @import {Telephone, TrackId} from '../types.js' */
import { diagnose } from '../diagnostics.js';
import { Keyboard } from '../keyboard.js';
import { WakeLock } from '../wake-lock.js';
import { Banner } from './banner.js';
import { ChatPanel } from './chat-panel.js';
import { Commands } from './commands.js';
import { ControlBar } from './control-bar.js';
import { on, one, part } from './dom.js';
import { LobbyNews } from './lobby-news.js';
import { News } from './news.js';
import { PeoplePanel } from './people-panel.js';
import { PhoneNews } from './phone-news.js';
import { Sounds } from './sounds.js';
import { TileGrid } from './tile-grid.js';
import { Toasts } from './toasts.js';

/**
 * @typedef {object} RoomParts
 * @property {Connection} connection
 * @property {LocalMedia} media
 * @property {LevelMeter} meter
 * @property {PreferenceStore} preferences
 * @property {Strings} strings
 * @property {FirstUse} firstUse
 * @property {Announcer} announcer
 * @property {() => string} link
 * @property {Telephone | null} telephone null where nobody can dial in
 */

/** The room itself: binds its elements to the connection and to each other. */
export class LiveRoom {
  #root;
  #parts;
  #commands;
  #wakeLock = new WakeLock();
  /** Names of everybody who was ever here, for the chat. @type {Map<number, string>} */
  #names = new Map();
  #seen = {
    joinedAt: 0,
    /** @type {Map<TrackId, number>} */
    firstFrames: new Map(),
    /** @type {Map<string, number>} */
    undecryptable: new Map(),
  };

  /**
   * @param {HTMLElement} root
   * @param {RoomParts} parts
   */
  constructor(root, parts) {
    this.#root = root;
    this.#parts = parts;
    this.connection = parts.connection;
    const nameOf = (/** @type {number} */ index) => this.#names.get(index) ?? parts.strings.t('guest');
    const elements = {
      controls: /** @type {ControlBar} */ (one(root, 'onmeet-controls')),
      chat: /** @type {ChatPanel} */ (one(root, 'onmeet-chat')),
      people: /** @type {PeoplePanel} */ (one(root, 'onmeet-people')),
      grid: /** @type {TileGrid} */ (one(root, 'onmeet-grid')),
      toasts: /** @type {Toasts} */ (one(root, 'onmeet-toasts')),
      banner: /** @type {Banner} */ (one(root, 'onmeet-banner')),
      sounds: /** @type {Sounds} */ (one(root, 'onmeet-sounds')),
    };
    this.elements = elements;
    this.#rememberNames();
    for (const element of [elements.grid, elements.controls, elements.people]) element.bind(parts);
    elements.chat.bind({ ...parts, nameOf });
    this.#commands = new Commands(root, { ...parts, ...elements, nameOf });
    new News(root, { ...parts, ...elements, nameOf, openChat: () => this.#commands.run('chat') });
    new PhoneNews(root, { ...parts, ...elements, openCaller: (call) => this.#commands.openCaller(call) });
    new LobbyNews({ ...parts, ...elements, openPeople: () => this.#commands.showPeople() });
    this.#bindSounds();
    this.#bindShield();
    this.#measure();
    this.#root.addEventListener('click', (event) => this.#clicked(event));
  }

  /** @param {string} name */
  join(name) {
    this.#seen.joinedAt = performance.now();
    this.connection.join(name);
  }

  /** The first welcome came: the room is on the screen. */
  open() {
    const { preferences, connection } = this.#parts;
    const keyboard = new Keyboard(preferences);
    on(keyboard, 'command', (command) => this.#commands.run(command));
    on(keyboard, 'talk', (talking) => void this.#commands.talk(talking));
    keyboard.listen();
    this.elements.controls.render();
    this.elements.grid.sync();
    this.#wakeLock.hold();
    window.addEventListener('online', () => connection.networkChanged());
    /** @type {any} */ (navigator).connection?.addEventListener?.('change', () => connection.probe());
    document.addEventListener('visibilitychange', () => { if (!document.hidden) connection.probe(); });
    window.addEventListener('pagehide', () => connection.leave());
    one(document, '#main').focus({ preventScroll: true });
  }

  close() {
    this.#wakeLock.release();
    this.#parts.meter.close();
  }

  diagnostics() { return diagnose(this.connection, this.#seen); }

  #rememberNames() {
    const { state } = this.connection;
    const note = () => { for (const { index, name } of state.all()) this.#names.set(index, name); };
    for (const type of ['reset', 'joined', 'changed']) state.addEventListener(type, note);
  }

  #bindSounds() {
    const { sounds, banner } = this.elements;
    const { strings, preferences } = this.#parts;
    const audible = (/** @type {string} */ id) => id.endsWith(':microphone') || id.endsWith(':screen-audio');
    on(this.connection, 'track', (remote) => { if (audible(remote.id)) sounds.playTrack(remote); });
    on(this.connection, 'track-ended', (id) => sounds.stopTrack(id));
    on(sounds, 'blocked', () => banner.show(strings.t('banner.sound'), {
      busy: false, action: strings.t('banner.sound-act'), run: () => { sounds.resume(); banner.hide(); },
    }));
    sounds.useSpeaker(preferences.load().speaker);
    this.#root.addEventListener('speaker', (event) => sounds.useSpeaker(/** @type {CustomEvent} */ (event).detail));
  }

  #bindShield() {
    const { shield } = this.connection;
    const { strings } = this.#parts;
    const show = () => {
      const { state } = shield.view;
      const button = part(this.#root, 'shield');
      button.dataset.state = state;
      part(this.#root, 'shield-text').textContent = strings.t(`shield.${state}`);
      button.setAttribute('aria-label', state === 'secure' || state === 'open' ? strings.t(`shield.spoken.${state}`) : strings.t(`shield.headline.${state}`));
    };
    on(shield, 'changed', show);
    show();
  }

  #measure() {
    on(this.connection.state, 'reset', () => {
      // after a new start the pictures are first ones again
      if (this.#seen.firstFrames.size) this.#seen.joinedAt = performance.now();
      this.#seen.firstFrames.clear();
    });
    this.elements.grid.addEventListener('first-frame', (event) => {
      const { index, source } = /** @type {CustomEvent} */ (event).detail;
      const id = `${index}:${source}`;
      if (!this.#seen.firstFrames.has(id)) this.#seen.firstFrames.set(id, performance.now());
    });
    on(this.connection, 'undecryptable', ({ index, media, reason, count = 1 }) => {
      const key = `${index}:${media}:${reason}`;
      const { undecryptable } = this.#seen;
      if (undecryptable.size < 200 || undecryptable.has(key)) undecryptable.set(key, (undecryptable.get(key) ?? 0) + count);
    });
  }

  /** @param {Event} event */
  #clicked(event) {
    const target = /** @type {Element} */ (event.target).closest('[data-command], [data-ref="shield"]');
    if (!(target instanceof HTMLElement)) return;
    this.#commands.run(target.dataset.command ?? 'shield');
  }
}
