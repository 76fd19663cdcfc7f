/** @import {LobbyDesk} from '../lobby-desk.js' */
/** @import {GuestMessage} from '../types.js' */
/** @import {Strings} from '../strings.js' */
import { dressAvatar } from './avatar.js';
import { copyOf, one, part } from './dom.js';

/** The part of the list of people in which a host sees who waits, and lets them in. */
export class LobbyList {
  #section;
  #desk;
  #strings;
  /** Whom `all` stands for: those on the screen, not somebody who came since. @type {number[]} */
  #shown = [];

  /**
   * @param {HTMLElement} section
   * @param {{desk: LobbyDesk, strings: Strings}} parts
   */
  constructor(section, { desk, strings }) {
    this.#section = section;
    this.#desk = desk;
    this.#strings = strings;
    section.addEventListener('click', (event) => this.#act(event));
  }

  /** @param {GuestMessage[]} waiting empty for guests */
  render(waiting) {
    const held = this.#section.contains(document.activeElement);
    this.#shown = waiting.map(({ guest }) => guest);
    this.#section.hidden = !waiting.length;
    part(this.#section, 'lobby-title').textContent = this.#strings.n('lobby.waiting-count', waiting.length);
    part(this.#section, 'lobby-all').hidden = waiting.length < 2;
    const list = part(this.#section, 'lobby-list');
    const rows = new Map(/** @type {HTMLElement[]} */ ([...list.children]).map((row) => [row.dataset.guest, row]));
    for (const [guest, row] of rows) if (!waiting.some((each) => String(each.guest) === guest)) row.remove();
    for (const guest of waiting) {
      const row = rows.get(String(guest.guest)) ?? one(copyOf('guest-template'), '.person');
      this.#dress(row, guest);
      if (!row.isConnected) list.append(row);
    }
    // the button that was pressed goes with its row; the next one of its kind is what is wanted
    if (held && !this.#section.contains(document.activeElement)) this.#focusNext();
  }

  #focusNext() {
    const next = /** @type {HTMLElement | null} */ (this.#section.querySelector('[data-act="let-in"]'));
    if (next && !this.#section.hidden) next.focus();
    else /** @type {HTMLElement | null} */ (this.#section.closest('.panel')?.querySelector('[data-ref=close]'))?.focus();
  }

  /** @param {HTMLElement} row @param {GuestMessage} guest */
  #dress(row, { guest, name, signed_in: known }) {
    row.dataset.guest = String(guest);
    dressAvatar(one(row, '.avatar'), name, guest);
    one(row, '.person-name').textContent = name;
    one(row, '.person-note').textContent = this.#strings.t(known ? 'lobby.signed-in' : 'lobby.guest');
    one(row, '[data-act="let-in"]').setAttribute('aria-label', this.#strings.t('lobby.let-in', { name }));
    one(row, '[data-act="turn-away"]').setAttribute('aria-label', this.#strings.t('lobby.turn-away', { name }));
  }

  /** @param {Event} event */
  #act(event) {
    const button = /** @type {Element} */ (event.target).closest('[data-act]');
    if (!(button instanceof HTMLElement)) return;
    const row = button.closest('.person');
    const guest = Number(row instanceof HTMLElement ? row.dataset.guest : 0);
    if (button.dataset.act === 'let-all-in') this.#desk.letIn(this.#shown);
    if (button.dataset.act === 'let-in') this.#desk.letIn([guest]);
    if (button.dataset.act === 'turn-away') this.#desk.turnAway(guest);
    event.stopPropagation(); // the list of people has acts of its own
  }
}
