import { createLink } from '../e2ee/link.js';
import { saveMeeting } from '../e2ee/host-store.js';

/** This browser cannot make keys: too old, or the page came over an insecure connection. */
export class NoEncryption extends Error {}

/**
 * Make the secret part of a meeting's link and the host's key, and keep both in this browser.
 * @param {string} code
 * @returns {Promise<string>} the whole link
 * @throws {NoEncryption}
 */
export async function makeLink(code) {
  try {
    const { fragment, hostKey } = await createLink();
    await saveMeeting({ code, fragment, hostKey });
    return wholeLink(code, fragment);
  } catch (error) {
    throw new NoEncryption('no keys', { cause: error });
  }
}

/**
 * @param {string} code
 * @param {string} fragment with or without `#`
 */
export function wholeLink(code, fragment) {
  return `${location.origin}/m/${code}#${fragment.replace(/^#/, '')}`;
}
