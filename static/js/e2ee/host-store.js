// What this browser remembers of its meetings: the secret part of the link and, where it is the host, the
// signing key. Kept in IndexedDB, never sent; the private key is stored as a handle that cannot be exported.

import { LocalStore, settled } from './local-store.js';

const shelf = new LocalStore('onmeet', 'links', 'code');

/**
 * @typedef {object} StoredMeeting
 * @property {string} code
 * @property {string} fragment the part of the link after `#`
 * @property {CryptoKeyPair} [hostKey] only in the browser that made the link
 */

/**
 * Remember a meeting. Saving the same link again without a host key keeps the key that is there.
 * @param {StoredMeeting} meeting
 * @returns {Promise<void>} rejected where the browser keeps nothing (storage blocked or full)
 */
export function saveMeeting({ code, fragment, hostKey }) {
  return shelf.within('readwrite', async (store) => {
    const known = /** @type {StoredMeeting | undefined} */ (await settled(store.get(code)));
    const kept = hostKey ?? (known?.fragment === fragment ? known.hostKey : undefined);
    await settled(store.put(kept ? { code, fragment, hostKey: kept } : { code, fragment }));
  });
}

/**
 * @param {string} code
 * @returns {Promise<StoredMeeting | null>} null also where the browser keeps nothing
 */
export const loadMeeting = (code) =>
  shelf.within('readonly', (store) => settled(store.get(code))).then((found) => found ?? null, () => null);

/** @param {string} code @returns {Promise<void>} */
export const deleteMeeting = (code) =>
  shelf.within('readwrite', (store) => settled(store.delete(code))).then(() => undefined, () => undefined);
