/** @import {RoomParts} from './live-room.js' */
/** @import {Banner} from './banner.js' */
/** @import {ChatPanel} from './chat-panel.js' */
/** @import {ControlBar} from './control-bar.js' */
/** @import {Toasts} from './toasts.js' */
/** @import {ChatMessage, Participant} from '../types.js' */
import { on, part } from './dom.js';

/** A weak connection is worth a word when it stays weak for so many looks in a row. */
const WEAK_LOOKS = 6;
const WEAK_EVERY_MS = 60_000;
/** Media that come back within this time are not worth a banner. */
const MEDIA_MS = 1500;

/**
 * @typedef {RoomParts & {toasts: Toasts, banner: Banner, chat: ChatPanel, controls: ControlBar,
 *   nameOf: (index: number) => string, openChat: () => void}} NewsParts
 */

/** Tells the person what happens in the room: in words on the screen and in spoken words. */
export class News {
  #root;
  #parts;
  #weak = 0;
  #weakToldAt = -WEAK_EVERY_MS;
  #lost = false;
  /** Takes the toast of the last chat message away. */
  #closeLast = () => {};
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #mediaTimer;

  /**
   * @param {HTMLElement} root
   * @param {NewsParts} parts
   */
  constructor(root, parts) {
    this.#root = root;
    this.#parts = parts;
    this.#aboutPeople();
    this.#aboutTheMeeting();
    this.#aboutTheConnection();
    this.#aboutChat();
  }

  #aboutPeople() {
    const { connection, nameOf } = this.#parts;
    const { state } = connection;
    on(state, 'joined', ({ now }) => this.#tell('people.joined', { name: now.name }));
    on(state, 'left', ({ before, reason }) => {
      const texts = { left: 'people.left', lost: 'people.lost', kicked: 'people.kicked', held: 'people.held' };
      const name = texts[/** @type {'left'} */ (reason)];
      this.#tell(name ?? 'people.left', { name: before.name });
    });
    on(state, 'changed', ({ index, before, now }) => this.#changed(index, before, now));
    for (const type of ['reset', 'joined', 'left']) on(state, type, () => this.#alone());
    on(connection, 'sharing', (sharing) => {
      part(this.#root, 'sharing').hidden = !sharing;
      this.#parts.announcer.say(this.#parts.strings.t(sharing ? 'screen.on' : 'screen.off'));
    });
    on(connection, 'undecryptable', ({ index, media }) => {
      if (media === 'chat') this.#tell('chat.unopened', { name: nameOf(index) });
    });
  }

  /**
   * @param {number} index
   * @param {Participant} before
   * @param {Participant} now
   */
  #changed(index, before, now) {
    if (index === this.#parts.connection.state.you) return;
    if (now.hand && !before.hand) this.#tell('hand.raised-by', { name: now.name });
  }

  #alone() {
    const { state } = this.#parts.connection;
    part(this.#root, 'alone').hidden = state.size !== 1;
  }

  #aboutTheMeeting() {
    const { connection, controls } = this.#parts;
    const { state } = connection;
    const shown = () => { part(this.#root, 'locked').hidden = !state.locked; };
    on(state, 'reset', shown);
    on(state, 'locked', (locked) => {
      shown();
      this.#tell(locked ? 'host.locked' : 'host.unlocked', {});
    });
    on(connection, 'muted-by-host', (source) => {
      const texts = { microphone: 'host.muted-you', camera: 'host.camera-off' };
      this.#tell(texts[/** @type {'camera'} */ (source)] ?? 'host.screen-off', {});
    });
    controls.addEventListener('speaking-muted', () => this.#tell('microphone.speaking-muted', {}));
  }

  #aboutTheConnection() {
    const { connection } = this.#parts;
    on(connection, 'phase', (phase) => this.#phase(phase));
    on(connection, 'media', () => this.#mediaChanged());
    on(connection.monitor, 'looked', () => this.#looked());
  }

  /** @param {string} phase */
  #phase(phase) {
    const { banner, strings, toasts, announcer } = this.#parts;
    if (phase === 'reconnecting') {
      this.#lost = true;
      banner.show(strings.t('banner.reconnecting'));
    } else if (phase === 'waiting') {
      banner.show(strings.t('banner.waiting'));
    } else if (phase === 'live') {
      banner.hide();
      if (!this.#lost) return;
      this.#lost = false;
      toasts.show(strings.t('banner.back'), { stay: 2500 });
      announcer.say(strings.t('banner.back'));
    }
  }

  #mediaChanged() {
    const { connection, banner, strings } = this.#parts;
    const broken = () => {
      const { up, down } = connection.states;
      return connection.phase === 'live' && [up, down].some((state) => state === 'failed' || state === 'disconnected');
    };
    clearTimeout(this.#mediaTimer);
    if (broken()) this.#mediaTimer = setTimeout(() => { if (broken()) banner.show(strings.t('banner.media')); }, MEDIA_MS);
    else if (connection.phase === 'live' && banner.dataset.busy === 'true') banner.hide();
  }

  #looked() {
    const { connection } = this.#parts;
    this.#weak = connection.phase === 'live' && connection.monitor.quality === 1 ? this.#weak + 1 : 0;
    const now = performance.now();
    if (this.#weak < WEAK_LOOKS || now - this.#weakToldAt < WEAK_EVERY_MS) return;
    this.#weakToldAt = now;
    this.#tell('banner.weak', {});
  }

  #aboutChat() {
    const { connection, chat, toasts, strings, announcer, nameOf, openChat } = this.#parts;
    on(connection.chat, 'unread', () => { if (!connection.chat.unread) this.#closeLast(); });
    on(connection, 'chat', (/** @type {ChatMessage} */ message) => {
      const open = !chat.hidden;
      connection.chat.add(message, open);
      if (open) return;
      const text = strings.t('chat.from', { name: nameOf(message.from), text: brief(message.text) });
      this.#closeLast();
      this.#closeLast = toasts.show(text, { action: strings.t('chat.open'), run: openChat });
      announcer.say(text);
    });
  }

  /**
   * @param {string} name of the text
   * @param {Record<string, string>} values
   */
  #tell(name, values) {
    const text = this.#parts.strings.t(name, values);
    this.#parts.toasts.show(text);
    this.#parts.announcer.say(text);
  }
}

/** @param {string} text */
function brief(text) {
  return text.length > 120 ? `${text.slice(0, 119)}…` : text;
}
