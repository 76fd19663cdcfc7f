/** @import {Connection} from '../connection.js' */
/** @import {Strings} from '../strings.js' */
import { on, one, part } from './dom.js';
import { HeldList } from './held-list.js';
import { Modal } from './modal.js';

/** The text that explains a kind of alarm; others share a general one. @type {Record<string, string>} */
const REASONS = {
  forged: 'forged', malformed: 'forged', fork: 'fork', roster: 'fork', withheld: 'withheld',
  'locked-out': 'broken', internal: 'broken', overload: 'broken', silence: 'silence', refused: 'refused',
};

/** What the shield means, the safety code, who holds the keys, and what the server holds meanwhile. */
export class ShieldDialog extends Modal {
  #connection;
  #strings;
  #nameOf;
  #held;

  /**
   * @param {object} parts
   * @param {Connection} parts.connection
   * @param {Strings} parts.strings
   * @param {(index: number) => string} parts.nameOf
   */
  constructor({ connection, strings, nameOf }) {
    super('shield-dialog');
    this.#connection = connection;
    this.#strings = strings;
    this.#nameOf = nameOf;
    this.#held = /** @type {HeldList} */ (one(this.dialog, 'onmeet-held'));
    this.dialog.addEventListener('close', () => this.#held.rest());
    on(connection.shield, 'changed', () => this.render());
    for (const type of ['joined', 'left', 'changed', 'reset']) on(connection.state, type, () => this.render());
    this.render();
  }

  open() {
    super.open();
    this.#held.watch();
  }

  render() {
    const { state, reason, code, members, phones } = this.#connection.shield.view;
    const t = (/** @type {string} */ name) => this.#strings.t(name);
    part(this.dialog, 'line').dataset.state = state;
    part(this.dialog, 'headline').textContent = t(`shield.headline.${state}`);
    part(this.dialog, 'explanation').textContent = state === 'problem'
      ? t(`shield.reason.${REASONS[reason] ?? 'other'}`) : t(`shield.text.${state}`);
    part(this.dialog, 'telephone').hidden = !phones.length;
    const callers = this.#connection.state.phones().filter(({ call = '' }) => phones.includes(call));
    part(this.dialog, 'callers').textContent = callers.map(({ name }) => name).join(', ');
    part(this.dialog, 'agreed').hidden = !code;
    part(this.dialog, 'code').replaceChildren(...groups(code));
    part(this.dialog, 'members').replaceChildren(...members.map((index) => {
      const item = document.createElement('li');
      const own = index === this.#connection.state.you;
      item.textContent = own ? `${this.#nameOf(index)} (${t('you')})` : this.#nameOf(index);
      return item;
    }));
  }
}

/** @param {string} code groups of digits with spaces between */
function groups(code) {
  return code.split(' ').flatMap((digits, place) => {
    const group = document.createElement('span');
    group.textContent = digits;
    return place ? [' ', group] : [group];
  });
}
