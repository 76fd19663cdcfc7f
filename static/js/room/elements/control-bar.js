/** @import {Connection} from '../connection.js' */
/** @import {LevelMeter} from '../level-meter.js' */
/** @import {Device, LocalMedia} from '../media-devices.js' */
/** @import {Strings} from '../strings.js' */
import { on, one, part, showWhen } from './dom.js';

/** A voice this loud for this long in a muted microphone earns a hint. */
const LOUD = 0.72;
const LOUD_MS = 600;
const HINT_EVERY_MS = 20_000;

/**
 * The buttons at the foot of the room. They only show states; what they do is in `commands.js`.
 *
 * Events: `speaking-muted`.
 */
export class ControlBar extends HTMLElement {
  #loudSince = 0;
  #hintedAt = -HINT_EVERY_MS;
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
   * @param {LevelMeter} parts.meter
   */
  bind({ connection, media, strings, meter }) {
    this.#connection = connection;
    this.#media = media;
    this.#strings = strings;
    on(media, 'changed', () => this.render());
    on(connection, 'sharing', () => this.render());
    for (const type of ['reset', 'changed', 'joined', 'left']) on(connection.state, type, () => this.render());
    on(connection.chat, 'unread', () => this.render());
    on(connection.desk.waiting, 'changed', () => this.render());
    on(connection.lobby, 'changed', () => this.render());
    on(meter, 'level', (level) => this.#heard(level));
    const menu = part(this, 'menu');
    menu.addEventListener('keydown', (event) => this.#walk(event, menu));
    menu.addEventListener('click', () => menu.hidePopover());
    menu.addEventListener('toggle', () => {
      if (menu.matches(':popover-open')) this.#items(menu)[0]?.focus();
    });
    this.render();
  }

  /** Which panel is open, for the pressed look of its button. @param {string} panel 'chat', 'people' or '' */
  showPanel(panel) {
    this.dataset.panel = panel;
    this.render();
  }

  render() {
    const { state, sharing, chat, desk, lobby } = this.#connection;
    for (const device of /** @type {Device[]} */ (['microphone', 'camera'])) {
      const working = this.#media.on(device);
      this.#label(device, `${device}.${working ? 'turn-off' : 'turn-on'}`, working);
      this.#button(device).classList.toggle('trouble', this.#media.problem(device) !== null);
    }
    const hand = Boolean(state.me?.hand);
    this.#label('screen', sharing ? 'screen.stop' : 'screen.start', !sharing);
    this.#label('hand', hand ? 'hand.lower' : 'hand.raise', true);
    this.#button('screen').classList.toggle('lit', sharing);
    this.#button('hand').classList.toggle('lit', hand);
    this.#button('screen').hidden = !this.#media.canShare;
    const host = state.me?.role === 'host';
    this.#panels(chat.unread, state.size, host ? desk.waiting.list.length : 0, host ? lobby.list.length : 0);
  }

  /**
   * @param {number} unread
   * @param {number} count of people
   * @param {number} callers in the lobby
   * @param {number} guests in the lobby
   */
  #panels(unread, count, callers, guests) {
    const waiting = callers + guests;
    const who = guests ? 'lobby' : 'callers';
    for (const panel of ['chat', 'people']) {
      const open = this.dataset.panel === panel;
      const button = this.#button(panel);
      button.setAttribute('aria-expanded', String(open));
      button.classList.toggle('lit', open);
      button.setAttribute('aria-label', this.#strings.t(`${panel}.${open ? 'close' : 'open'}`));
    }
    if (unread) this.#button('chat').setAttribute('aria-label', this.#strings.n('chat.unread', unread));
    this.#badge('chat', unread ? String(Math.min(99, unread)) : '', true);
    if (waiting) this.#button('people').setAttribute('aria-label', this.#strings.n(`${who}.badge`, waiting));
    this.#badge('people', waiting ? String(waiting) : count > 1 ? String(count) : '', waiting > 0);
    // on a small screen the list of people is in the menu, so the menu's button tells
    const more = one(part(this, 'more'), '[data-badge]');
    more.textContent = waiting ? String(waiting) : '';
    more.hidden = !waiting;
    more.classList.toggle('urgent', waiting > 0);
    part(this, 'more').setAttribute('aria-label', waiting ? this.#strings.n(`${who}.more`, waiting) : this.#strings.t('more'));
  }

  /**
   * @param {string} command
   * @param {string} name of the text
   * @param {boolean} face which icon
   */
  #label(command, name, face) {
    const text = this.#strings.t(name);
    showWhen(this.#button(command), face);
    this.#button(command).setAttribute('aria-label', text);
    const item = this.querySelector(`[data-text="${command}"]`);
    if (item) item.textContent = text;
    if (item?.parentElement) item.parentElement.hidden = command === 'screen' && !this.#media.canShare;
  }

  /**
   * @param {string} command
   * @param {string} text
   * @param {boolean} urgent
   */
  #badge(command, text, urgent) {
    const badge = one(this.#button(command), '[data-badge]');
    badge.textContent = text;
    badge.hidden = !text;
    badge.classList.toggle('urgent', urgent);
  }

  /** @param {string} command */
  #button(command) { return one(this, `.control[data-command="${command}"]`); }

  /** @param {number} level 0 … 1 */
  #heard(level) {
    if (!this.#connection.state.me) return;
    const muted = !this.#media.on('microphone');
    part(this, 'ring').style.setProperty('--level', muted ? '0' : level.toFixed(2));
    const now = performance.now();
    if (!muted || level < LOUD) this.#loudSince = now;
    if (now - this.#loudSince < LOUD_MS || now - this.#hintedAt < HINT_EVERY_MS) return;
    this.#hintedAt = now;
    this.dispatchEvent(new CustomEvent('speaking-muted'));
  }

  /** @param {HTMLElement} menu */
  #items(menu) {
    const items = /** @type {HTMLElement[]} */ ([...menu.querySelectorAll('[role=menuitem]')]);
    return items.filter((item) => item.checkVisibility());
  }

  /**
   * @param {KeyboardEvent} event
   * @param {HTMLElement} menu
   */
  #walk(event, menu) {
    const items = this.#items(menu);
    const at = items.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    /** @type {Record<string, number>} */
    const steps = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 };
    if (!(event.key in steps)) return;
    event.preventDefault();
    items[(steps[event.key] + items.length) % items.length]?.focus();
  }
}

customElements.define('onmeet-controls', ControlBar);
