/** @import {ChatMessage} from './types.js' */

/** Characters of one message; what is longer does not go into one. */
export const MAX_TEXT = 4000;
/** Messages kept on the page. */
const MAX_KEPT = 500;

/**
 * A chat message as bytes, ready to be sealed.
 * @param {{id: string, text: string, at: number}} message
 * @returns {Uint8Array}
 */
export function encodeChat({ id, text, at }) {
  return new TextEncoder().encode(JSON.stringify({ id, text: text.slice(0, MAX_TEXT), at }));
}

/**
 * Read an opened message; whoever wrote it may have written anything.
 * @param {Uint8Array} bytes
 * @param {number} from who sealed it
 * @param {number} now unix milliseconds; a message from the future is from now
 * @returns {ChatMessage | null} null when it is not a chat message
 */
export function decodeChat(bytes, from, now) {
  try {
    const { id, text, at } = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    if (typeof id !== 'string' || id.length > 64 || typeof text !== 'string' || !Number.isFinite(at)) return null;
    const cleaned = cleanText(text);
    return cleaned ? { id, from, text: cleaned, at: Math.min(now, Math.max(now - 60_000, at)) } : null;
  } catch {
    return null;
  }
}

/**
 * Without control characters and marks that turn the direction of what follows.
 * @param {string} text
 */
export function cleanText(text) {
  return text.slice(0, MAX_TEXT).replace(/\r\n?/g, '\n')
    .replace(/[\u0000-\u0008\u000b-\u001f\u007f\u202a-\u202e\u2066-\u2069]/g, '').trim();
}

/** The messages of this meeting, in memory only. Events: `message` {detail: ChatMessage}, `unread`. */
export class ChatLog extends EventTarget {
  /** @type {ChatMessage[]} */
  #messages = [];
  #seen = new Set();
  #unread = 0;

  get messages() { return this.#messages; }
  get unread() { return this.#unread; }

  /**
   * @param {ChatMessage} message
   * @param {boolean} read whether the person sees it at once
   */
  add(message, read) {
    const key = `${message.from} ${message.id}`;
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    this.#messages.push(message);
    if (this.#messages.length > MAX_KEPT) {
      const oldest = /** @type {ChatMessage} */ (this.#messages.shift());
      this.#seen.delete(`${oldest.from} ${oldest.id}`);
    }
    this.dispatchEvent(new CustomEvent('message', { detail: message }));
    if (!read) this.#count(this.#unread + 1);
  }

  /** The person has looked. */
  markRead() { this.#count(0); }

  /** @param {number} unread */
  #count(unread) {
    if (unread === this.#unread) return;
    this.#unread = unread;
    this.dispatchEvent(new CustomEvent('unread'));
  }
}
