// The contacts of this browser, in IndexedDB and nowhere else (N1.4).

const DATABASE = 'onmeet-contacts';
const STORE = 'contacts';

/** @typedef {import('./contact.js').Contact} Contact */

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
const settled = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});

/** Every method rejects where the browser keeps nothing (storage blocked or full). */
export class ContactStore {
  /** @returns {Promise<Contact[]>} in no order */
  all() { return this.#within('readonly', (store) => settled(store.getAll())); }

  /** @param {...Contact} contacts new ones, and those that are to be replaced */
  save(...contacts) {
    return this.#within('readwrite', async (store) => {
      for (const contact of contacts) await settled(store.put(contact));
    });
  }

  /** @param {string} id */
  delete(id) { return this.#within('readwrite', (store) => settled(store.delete(id))); }

  /**
   * @template T
   * @param {IDBTransactionMode} mode
   * @param {(store: IDBObjectStore) => Promise<T>} work
   * @returns {Promise<T>} when it is written
   */
  async #within(mode, work) {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: 'id' });
    const database = await settled(request);
    try {
      const transaction = database.transaction(STORE, mode);
      const done = new Promise((resolve, reject) => {
        transaction.oncomplete = resolve;
        transaction.onabort = () => reject(transaction.error);
      });
      const [result] = await Promise.all([work(transaction.objectStore(STORE)), done]);
      return result;
    } finally {
      database.close();
    }
  }
}
