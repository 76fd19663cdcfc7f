/** @import {Connection} from '../connection.js' */
/** @import {Participant} from '../types.js' */
/** @import {Strings} from '../strings.js' */
import { dressAvatar } from './avatar.js';
import { copyOf, on, one, part } from './dom.js';

/**
 * Who is here and how they are; for the host, what can be done about it.
 *
 * Events: `remove` {detail: index}, `close-panel`.
 */
export class PeoplePanel extends HTMLElement {
  /** @type {Map<number, HTMLElement>} */
  #rows = new Map();
  /** @type {Connection} */
  #connection = /** @type {any} */ (null);
  /** @type {Strings} */
  #strings = /** @type {any} */ (null);

  /**
   * @param {object} parts
   * @param {Connection} parts.connection
   * @param {Strings} parts.strings
   */
  bind({ connection, strings }) {
    this.#connection = connection;
    this.#strings = strings;
    for (const type of ['reset', 'joined', 'left', 'changed', 'locked']) on(connection.state, type, () => this.render());
    on(connection, 'host', () => this.render());
    on(connection.shield, 'changed', () => this.render());
    part(this, 'close').addEventListener('click', () => this.dispatchEvent(new CustomEvent('close-panel')));
    const lock = part(this, 'lock', HTMLInputElement);
    lock.addEventListener('change', () => connection.lock(lock.checked));
    this.addEventListener('click', (event) => this.#act(event));
  }

  opened() {
    this.render();
    part(this, 'close').focus();
  }

  render() {
    if (this.hidden) return;
    const { state } = this.#connection;
    const everybody = state.me ? [state.me, ...state.others()] : state.others();
    const present = new Set(everybody.map(({ index }) => index));
    for (const [index, row] of this.#rows) {
      if (present.has(index)) continue;
      row.remove();
      this.#rows.delete(index);
    }
    everybody.sort((a, b) => Number(b.hand) - Number(a.hand));
    const rows = everybody.map((participant) => this.#row(participant));
    const list = part(this, 'list');
    // moving a row would take the focus from it
    if (rows.some((row, place) => list.children[place] !== row)) list.append(...rows);
    part(this, 'title').textContent = this.#strings.t('people.title', { count: everybody.length });
    part(this, 'host').hidden = state.me?.role !== 'host';
    part(this, 'lock', HTMLInputElement).checked = state.locked;
  }

  /** @param {Participant} participant */
  #row(participant) {
    const { index, name, muted, hand } = participant;
    const row = this.#rows.get(index) ?? one(copyOf('person-template'), '.person');
    this.#rows.set(index, row);
    const { state } = this.#connection;
    const own = index === state.you;
    row.dataset.index = String(index);
    dressAvatar(one(row, '.avatar'), name, index);
    one(row, '.person-name').textContent = own ? `${name} (${this.#strings.t('you')})` : name;
    one(row, '.person-note').textContent = this.#note(participant);
    this.#mark(row, 'hand', hand, 'tile.hand');
    this.#mark(row, 'muted', muted.includes('microphone'), 'tile.muted');
    this.#mark(row, 'camera', !state.live(index, 'camera'), 'tile.camera-off');
    one(row, '.person-acts').hidden = own || state.me?.role !== 'host';
    one(row, '[data-act=mute]').setAttribute('aria-label', this.#strings.t('people.mute', { name }));
    one(row, '[data-act=mute]').toggleAttribute('disabled', muted.includes('microphone'));
    one(row, '[data-act=remove]').setAttribute('aria-label', this.#strings.t('people.remove', { name }));
    return row;
  }

  /** @param {Participant} participant */
  #note({ index, role, kind, connected }) {
    const { shield } = this.#connection;
    const { members, epoch } = shield.view;
    if (!connected) return this.#strings.t('people.away');
    if (kind === 'phone') return this.#strings.t('people.phone');
    if (shield.isOutsider(index)) return this.#strings.t('people.outsider');
    if (epoch > 0 && !members.includes(index)) return this.#strings.t('people.keyless');
    if (this.#connection.provenHost === index) return this.#strings.t('people.host-proven');
    return role === 'host' ? this.#strings.t('people.host') : '';
  }

  /**
   * @param {HTMLElement} row
   * @param {string} name
   * @param {boolean} shown
   * @param {string} text what it means
   */
  #mark(row, name, shown, text) {
    const mark = one(row, `.mark-${name}`);
    mark.hidden = !shown;
    mark.setAttribute('role', 'img');
    mark.setAttribute('aria-label', this.#strings.t(text));
  }

  /** @param {Event} event */
  #act(event) {
    const button = /** @type {Element} */ (event.target).closest('[data-act]');
    const row = button?.closest('.person');
    if (!(button instanceof HTMLElement) || !(row instanceof HTMLElement)) return;
    const index = Number(row.dataset.index);
    if (button.dataset.act === 'mute') this.#connection.mute(index, 'microphone');
    else this.dispatchEvent(new CustomEvent('remove', { detail: index }));
  }
}

customElements.define('onmeet-people', PeoplePanel);
