/** @import {Connection} from '../connection.js' */
/** @import {FirstUse} from '../first-use.js' */
/** @import {ChatMessage} from '../types.js' */
/** @import {Strings} from '../strings.js' */
import { cleanText } from '../chat-messages.js';
import { linkify } from '../linkify.js';
import { copyOf, on, one, part } from './dom.js';

/** Messages of one person within this time stand under one name. */
const TOGETHER_MS = 3 * 60_000;

/** The chat: what was written, and a field to write. Text is only ever text; links are built as nodes. */
export class ChatPanel extends HTMLElement {
  /** @type {ChatMessage | null} */
  #last = null;
  /** @type {Connection} */
  #connection = /** @type {any} */ (null);
  /** @type {Strings} */
  #strings = /** @type {any} */ (null);
  /** @type {FirstUse} */
  #firstUse = /** @type {any} */ (null);
  /** @type {(index: number) => string} */
  #nameOf = () => '';

  /**
   * @param {object} parts
   * @param {Connection} parts.connection
   * @param {Strings} parts.strings
   * @param {FirstUse} parts.firstUse
   * @param {(index: number) => string} parts.nameOf also of people who have left
   */
  bind({ connection, strings, firstUse, nameOf }) {
    this.#firstUse = firstUse;
    this.#connection = connection;
    this.#strings = strings;
    this.#nameOf = nameOf;
    on(connection.chat, 'message', (message) => this.#append(message));
    const input = part(this, 'input', HTMLTextAreaElement);
    part(this, 'form', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#send();
    });
    input.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      void this.#send();
    });
    input.addEventListener('input', () => this.#fit());
    part(this, 'first-use-yes').addEventListener('click', () => {
      firstUse.accept('chat');
      input.focus();
    });
    firstUse.addEventListener('accepted', () => this.#showFirstUse());
    this.#showFirstUse();
    part(this, 'close').addEventListener('click', () => this.dispatchEvent(new CustomEvent('close-panel')));
  }

  /** The panel was opened. */
  opened() {
    this.#connection.chat.markRead();
    const messages = part(this, 'messages');
    messages.scrollTop = messages.scrollHeight;
    part(this, 'input').focus();
  }

  async #send() {
    const input = part(this, 'input', HTMLTextAreaElement);
    const text = cleanText(input.value);
    if (!text) return;
    if (!this.#firstUse.may('chat')) return part(this, 'first-use-yes').focus();
    this.#firstUse.accept('chat');
    const problem = part(this, 'problem');
    input.value = '';
    this.#fit();
    try {
      await this.#connection.say(text);
      problem.textContent = '';
    } catch {
      if (!input.value) input.value = text;
      this.#fit();
      problem.textContent = this.#strings.t('chat.failed');
    }
  }

  /** @param {ChatMessage} message */
  #append(message) {
    const messages = part(this, 'messages');
    const atEnd = messages.scrollHeight - messages.scrollTop - messages.clientHeight < 60;
    const own = message.from === this.#connection.state.you;
    const follows = this.#last?.from === message.from && message.at - this.#last.at < TOGETHER_MS;
    this.#last = message;
    const item = one(copyOf('message-template'), '.message');
    item.classList.toggle('own', own);
    item.classList.toggle('follows', follows);
    one(item, '.message-name').textContent = own ? this.#strings.t('you') : this.#nameOf(message.from);
    const at = new Date(message.at);
    const time = /** @type {HTMLTimeElement} */ (one(item, '.message-time'));
    time.dateTime = at.toISOString();
    time.textContent = at.toLocaleTimeString(document.documentElement.lang, { hour: '2-digit', minute: '2-digit' });
    one(item, '.message-text').append(...nodes(message.text));
    messages.append(item);
    if (atEnd || own) messages.scrollTop = messages.scrollHeight;
  }

  /** What happens with messages stands in a card until the first one, then above them all. */
  #showFirstUse() {
    part(this, 'first-use').hidden = !this.#firstUse.isNew('chat');
    part(this, 'hint').hidden = this.#firstUse.isNew('chat');
  }

  #fit() {
    const input = part(this, 'input');
    input.style.height = 'auto';
    input.style.height = `${Math.min(160, input.scrollHeight + 2)}px`;
  }
}

/**
 * @param {string} text
 * @returns {(string | HTMLAnchorElement)[]}
 */
function nodes(text) {
  return linkify(text).map((piece) => {
    if (!piece.href) return piece.text;
    const link = document.createElement('a');
    link.href = piece.href;
    link.textContent = piece.text;
    link.target = '_blank';
    link.rel = 'noopener noreferrer nofollow';
    return link;
  });
}

customElements.define('onmeet-chat', ChatPanel);
