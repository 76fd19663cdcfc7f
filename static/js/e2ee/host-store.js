// What this browser remembers of its meetings: the secret part of the link and, where it is the host, the
// signing key. Kept in IndexedDB, never sent; the private key is stored as a handle that cannot be exported.

const DATABASE = 'onmeet';
const STORE = 'links';

/**
 * @typedef {object} StoredMeeting
 * @property {string} code
 * @property {string} fragment the part of the link after `#`
 * @property {CryptoKeyPair} [hostKey] only in the browser that made the link
 */

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
const settled = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});

/** @returns {Promise<IDBDatabase>} */
function database() {
  const request = indexedDB.open(DATABASE, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: 'code' });
  return settled(request);
}

/**
 * @template T
 * @param {IDBTransactionMode} mode
 * @param {(store: IDBObjectStore) => Promise<T>} work
 * @returns {Promise<T>} when it is written
 */
async function inStore(mode, work) {
  const db = await database();
  try {
    const transaction = db.transaction(STORE, mode);
    const done = new Promise((resolve, reject) => {
      transaction.oncomplete = resolve;
      transaction.onabort = () => reject(transaction.error);
    });
    const [result] = await Promise.all([work(transaction.objectStore(STORE)), done]);
    return result;
  } finally {
    db.close();
  }
}

/**
 * Remember a meeting. Saving the same link again without a host key keeps the key that is there.
 * @param {StoredMeeting} meeting
 * @returns {Promise<void>} rejected where the browser keeps nothing (storage blocked or full)
 */
export function saveMeeting({ code, fragment, hostKey }) {
  return inStore('readwrite', async (store) => {
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
  inStore('readonly', (store) => settled(store.get(code))).then((found) => found ?? null, () => null);

/** @returns {Promise<StoredMeeting[]>} empty also where the browser keeps nothing */
export const listMeetings = () => inStore('readonly', (store) => settled(store.getAll())).catch(() => []);

/** @param {string} code @returns {Promise<void>} */
export const deleteMeeting = (code) =>
  inStore('readwrite', (store) => settled(store.delete(code))).then(() => undefined, () => undefined);
