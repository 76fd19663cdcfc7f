import { saveMeeting } from '../e2ee/host-store.js';

/** @import {Acceptance} from './call-link.js' */

/**
 * @typedef {object} CallLink the server's word that the caller's browser has sealed the link
 * @property {string} call
 * @property {string} room
 * @property {string} sealed
 */

/**
 * Open the link of a call, and remember its meeting.
 * @param {Acceptance} acceptance @param {CallLink} link
 * @returns {Promise<string>} the meeting's address, key included
 * @throws {Error} for anything that is not the link of this call, sealed to this key
 */
export async function enteredBy(acceptance, { call, room, sealed }) {
  const fragment = await acceptance.open(call, room, sealed);
  await saveMeeting({ code: room, fragment }).catch(() => undefined); // a browser that keeps nothing goes in all the same
  return `/m/${room}#${fragment}`;
}
