// Every number and label that both languages must share (docs/e2ee.md).

import { concat, utf8 } from './encoding.js';

/** @typedef {import('./encoding.js').Bytes} Bytes */
/** @typedef {'audio' | 'video' | 'share' | 'chat'} FrameClass */
/** @typedef {'audio' | 'video' | 'share'} Media */

/** What a frame carries; the top bits of its key identifier. */
export const CLASSES = Object.freeze({ audio: 1, video: 2, share: 3, chat: 4 });

export const SECRET_BYTES = 32;
export const INDEX_MAX = 1023;
export const EPOCH_MAX = 0xffffffff;
/** No chain gets so far: a log that says so would leave those who believe it no number to go on with. */
export const HINT_MAX = 0x80000000;
export const MAX_KICKS = 256;
export const MAX_GRANTS = 32;

// Timers, in milliseconds (docs/e2ee.md, Timers).
export const COALESCE_MS = 500;
export const HEARTBEAT_MS = 10_000;
export const TAKEOVER_MS = 2_000;
export const STAND_IN_ACCEPT_MS = 10_000;
export const STAND_IN_ACT_MS = 20_000;
export const SILENCE_MS = 30_000;
export const KEY_FRAME_MS = 300;
export const OLD_KEYS_MS = 5_000;
export const HOLD_MS = 300;

/**
 * `OnMeet 1 <name>`, a zero byte, then the parts: separates every use of a hash, MAC or key.
 * @param {string} name @param {Uint8Array[]} parts @returns {Bytes}
 */
export const label = (name, ...parts) => concat(utf8(`OnMeet 1 ${name}\0`), ...parts);

/**
 * The SFrame key identifier: class << 14 | sender index << 4 | epoch mod 16.
 * @param {FrameClass} name @param {number} index @param {number} epoch
 */
export const kid = (name, index, epoch) => (CLASSES[name] << 14) | (index << 4) | (epoch & 15);

/** @param {number} value a KID */
export const kidParts = (value) => ({
  class: Math.floor(value / 0x4000),
  index: (value >>> 4) & INDEX_MAX,
  nibble: value & 15,
});
