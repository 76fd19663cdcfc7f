// A store of IndexedDB: what this browser keeps, and nobody else has.

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
export const settled = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});

/** A database with a single store in it, open only while it is used. */
export class LocalStore {
  /** @param {string} database @param {string} store @param {string} key the entries' key path */
  constructor(database, store, key) {
    this.database = database;
    this.store = store;
    this.key = key;
  }

  /**
   * @template T
   * @param {IDBTransactionMode} mode
   * @param {(store: IDBObjectStore) => Promise<T>} work
   * @returns {Promise<T>} when it is written; rejected where the browser keeps nothing
   */
  async within(mode, work) {
    const request = indexedDB.open(this.database, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(this.store, { keyPath: this.key });
    const database = await settled(request);
    try {
      const transaction = database.transaction(this.store, mode);
      const done = new Promise((resolve, reject) => {
        transaction.oncomplete = resolve;
        transaction.onabort = () => reject(transaction.error);
      });
      const [result] = await Promise.all([work(transaction.objectStore(this.store)), done]);
      return result;
    } finally {
      database.close();
    }
  }
}
