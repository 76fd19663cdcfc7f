/** @import {Connection} from '../connection.js' */
/** @import {Strings} from '../strings.js' */
/** @import {Waiting} from '../waiting-calls.js' */
import { grouped } from '../telephone.js';
import { callerName } from './caller-name.js';
import { on, one, part } from './dom.js';
import { Modal } from './modal.js';

/**
 * Asks the host about a caller in the lobby: who it is, the code to compare by voice, the gateway's
 * fingerprint, the name for the others. A host without the key of the link reads that it lets nobody in here.
 */
export class CallerDialog extends Modal {
  #connection;
  #strings;
  #call = '';

  /**
   * @param {object} parts
   * @param {Connection} parts.connection
   * @param {Strings} parts.strings
   */
  constructor({ connection, strings }) {
    super('caller-dialog');
    this.#connection = connection;
    this.#strings = strings;
    on(connection.desk.waiting, 'changed', () => this.#follow());
    this.onAct('reject', () => connection.desk.reject(this.#call));
    one(this.dialog, 'form').addEventListener('submit', (event) => {
      event.preventDefault();
      this.#admit();
    });
    part(this.dialog, 'sure').addEventListener('change', () => this.#allow());
  }

  /** @param {string} call */
  show(call) {
    const caller = this.#connection.desk.waiting.get(call);
    if (!caller) return;
    this.#call = call;
    part(this.dialog, 'name', HTMLInputElement).value = '';
    part(this.dialog, 'sure', HTMLInputElement).checked = false;
    this.#render(caller);
    this.open();
  }

  /** The list has changed: the caller may have hung up, or another host was faster. */
  #follow() {
    if (!this.isOpen) return;
    const caller = this.#connection.desk.waiting.get(this.#call);
    if (caller) this.#render(caller);
    else this.close();
  }

  #admit() {
    const caller = this.#connection.desk.waiting.get(this.#call);
    if (!caller || !this.#mayAdmit(caller)) return;
    this.close();
    this.#connection.desk.admit(caller, part(this.dialog, 'name', HTMLInputElement).value.trim());
  }

  /** @param {Waiting} caller */
  #render(caller) {
    const t = this.#strings.t.bind(this.#strings);
    part(this.dialog, 'who').textContent = callerName(caller, this.#strings);
    part(this.dialog, 'out').hidden = !caller.dialledOut;
    part(this.dialog, 'language').textContent = this.#languageOf(caller.language);
    part(this.dialog, 'since').textContent = this.#clock(caller.since);
    part(this.dialog, 'genuine').hidden = caller.fault !== null;
    part(this.dialog, 'code').textContent = grouped(caller.code);
    part(this.dialog, 'fingerprint').replaceChildren(...caller.fingerprint.split(' ').flatMap(spaced));
    part(this.dialog, 'gateway').dataset.standing = caller.standing;
    part(this.dialog, 'standing').textContent = t(`callers.gateway.${caller.standing}`);
    const asks = caller.standing === 'changed' && caller.fault === null && this.#connection.desk.canAdmit;
    part(this.dialog, 'changed').hidden = !asks;
    part(this.dialog, 'problem').textContent = caller.fault ? t('callers.forged') : '';
    part(this.dialog, 'problem').hidden = !caller.fault;
    const { canAdmit } = this.#connection.desk;
    part(this.dialog, 'keyless').hidden = canAdmit || caller.fault !== null;
    part(this.dialog, 'admitting').hidden = !canAdmit;
    one(this.dialog, '[data-act=admit]').hidden = !canAdmit;
    this.#allow();
  }

  #allow() {
    const caller = this.#connection.desk.waiting.get(this.#call);
    one(this.dialog, '[data-act=admit]').toggleAttribute('disabled', !caller || !this.#mayAdmit(caller));
  }

  /** A gateway that is not the one we know takes another word of the host. @param {Waiting} caller */
  #mayAdmit({ fault, standing }) {
    const sure = standing !== 'changed' || part(this.dialog, 'sure', HTMLInputElement).checked;
    return fault === null && sure && this.#connection.desk.canAdmit;
  }

  /** @param {string} code */
  #languageOf(code) {
    const own = document.documentElement.lang || 'en';
    try {
      return new Intl.DisplayNames([own], { type: 'language' }).of(code) ?? code;
    } catch {
      return '–';
    }
  }

  /** @param {number} since unix seconds */
  #clock(since) {
    const own = document.documentElement.lang || 'en';
    return new Intl.DateTimeFormat(own, { hour: '2-digit', minute: '2-digit' }).format(since * 1000);
  }
}

/** @param {string} digits @param {number} place */
function spaced(digits, place) {
  const group = document.createElement('span');
  group.textContent = digits;
  return place ? [' ', group] : [group];
}
