/** @import {Connection} from '../connection.js' */
/** @import {Participant} from '../types.js' */
/** @import {Strings} from '../strings.js' */
/** @import {Waiting} from '../waiting-calls.js' */
import { dressAvatar } from './avatar.js';
import { callerName } from './caller-name.js';
import { copyOf, on, one, part } from './dom.js';
import { LobbyList } from './lobby-list.js';

/**
 * Who is here and how they are; for the host, what can be done about it.
 *
 * Events: `remove` {detail: index}, `caller` {detail: index}, `answer` {detail: call}, `open-lobby` (though
 * somebody waits), `close-panel`.
 */
export class PeoplePanel extends HTMLElement {
  /** @type {Map<number, HTMLElement>} */
  #rows = new Map();
  /** @type {Connection} */
  #connection = /** @type {any} */ (null);
  /** @type {Strings} */
  #strings = /** @type {any} */ (null);
  /** @type {LobbyList} */
  #lobby = /** @type {any} */ (null);

  /**
   * @param {object} parts
   * @param {Connection} parts.connection
   * @param {Strings} parts.strings
   */
  bind({ connection, strings }) {
    this.#connection = connection;
    this.#strings = strings;
    for (const type of ['reset', 'joined', 'left', 'changed', 'locked', 'lobby']) on(connection.state, type, () => this.render());
    on(connection, 'host', () => this.render());
    on(connection.shield, 'changed', () => this.render());
    on(connection.desk.waiting, 'changed', () => this.render());
    on(connection.lobby, 'changed', () => this.render());
    this.#lobby = new LobbyList(part(this, 'lobby'), { desk: connection.lobby, strings });
    part(this, 'close').addEventListener('click', () => this.dispatchEvent(new CustomEvent('close-panel')));
    const lock = part(this, 'lock', HTMLInputElement);
    lock.addEventListener('change', () => connection.lock(lock.checked));
    const lobby = part(this, 'lobby-switch', HTMLInputElement);
    lobby.addEventListener('change', () => this.#switchLobby(lobby));
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
    part(this, 'lobby-switch', HTMLInputElement).checked = state.lobby;
    this.#lobby.render(state.me?.role === 'host' ? this.#connection.lobby.list : []);
    this.#renderWaiting(state.me?.role === 'host' ? this.#connection.desk.waiting.list : []);
  }

  /** Switched off, it lets everybody in who waits: worth a question. @param {HTMLInputElement} lobby */
  #switchLobby(lobby) {
    const desk = this.#connection.lobby;
    if (lobby.checked || !desk.list.length) return desk.switch(lobby.checked);
    lobby.checked = true;
    this.dispatchEvent(new CustomEvent('open-lobby'));
  }

  /** @param {Waiting[]} waiting */
  #renderWaiting(waiting) {
    part(this, 'waiting').hidden = !waiting.length;
    part(this, 'waiting-title').textContent = this.#strings.n('callers.waiting', waiting.length);
    const list = part(this, 'waiting-list');
    const rows = new Map(/** @type {HTMLElement[]} */ ([...list.children]).map((row) => [row.dataset.call, row]));
    for (const [call, row] of rows) if (!waiting.some((each) => each.call === call)) row.remove();
    for (const caller of waiting) {
      const row = rows.get(caller.call) ?? one(copyOf('waiting-template'), '.person');
      row.dataset.call = caller.call;
      const name = callerName(caller, this.#strings);
      one(row, '.person-name').textContent = name;
      const answer = one(row, '[data-act=answer]');
      const act = this.#connection.desk.canAdmit ? 'answer' : 'look';
      answer.textContent = this.#strings.t(`callers.${act}-act`);
      answer.setAttribute('aria-label', this.#strings.t(`callers.${act}`, { name }));
      if (!row.isConnected) list.append(row);
    }
  }

  /** @param {Participant} participant */
  #row(participant) {
    const { index, name, muted, hand } = participant;
    const row = this.#rows.get(index) ?? one(copyOf('person-template'), '.person');
    this.#rows.set(index, row);
    const { state } = this.#connection;
    const own = index === state.you;
    row.dataset.index = String(index);
    const phone = participant.kind === 'phone';
    row.classList.toggle('by-phone', phone);
    one(row, '.avatar').hidden = phone;
    one(row, '.person-phone').hidden = !phone;
    if (!phone) dressAvatar(one(row, '.avatar'), name, index);
    one(row, '.person-name').textContent = own ? `${name} (${this.#strings.t('you')})` : name;
    one(row, '.person-note').textContent = this.#note(participant);
    this.#mark(row, 'hand', hand, 'tile.hand');
    this.#mark(row, 'muted', muted.includes('microphone'), 'tile.muted');
    this.#mark(row, 'camera', !phone && !state.live(index, 'camera'), 'tile.camera-off');
    one(row, '.person-acts').hidden = own || state.me?.role !== 'host';
    one(row, '[data-act=mute]').setAttribute('aria-label', this.#strings.t('people.mute', { name }));
    one(row, '[data-act=mute]').toggleAttribute('disabled', muted.includes('microphone'));
    one(row, '[data-act=caller]').hidden = !phone;
    one(row, '[data-act=caller]').setAttribute('aria-label', this.#strings.t('callers.manage', { name }));
    one(row, '[data-act=remove]').setAttribute('aria-label', this.#strings.t('people.remove', { name }));
    return row;
  }

  /** @param {Participant} participant */
  #note(participant) {
    const { index, role, kind, connected } = participant;
    const { desk, shield } = this.#connection;
    const { members, epoch } = shield.view;
    if (!connected) return this.#strings.t('people.away');
    if (kind === 'phone') return this.#strings.t(desk.hears(participant) ? 'people.phone' : 'people.soundless');
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
    const { act = '' } = button.dataset;
    if (act === 'mute') this.#connection.mute(index, 'microphone');
    else this.dispatchEvent(new CustomEvent(act, { detail: act === 'answer' ? row.dataset.call : index }));
  }
}

customElements.define('onmeet-people', PeoplePanel);
