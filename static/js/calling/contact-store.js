// The contacts of this browser, in IndexedDB and nowhere else (N1.4).

import { LocalStore, settled } from '../e2ee/local-store.js';

const shelf = new LocalStore('onmeet-contacts', 'contacts', 'id');

/** @typedef {import('./contact.js').Contact} Contact */

/** Every method rejects where the browser keeps nothing (storage blocked or full). */
export class ContactStore {
  /** @returns {Promise<Contact[]>} in no order */
  all() { return shelf.within('readonly', (store) => settled(store.getAll())); }

  /** @param {...Contact} contacts new ones, and those that are to be replaced */
  save(...contacts) {
    return shelf.within('readwrite', async (store) => {
      for (const contact of contacts) await settled(store.put(contact));
    });
  }

  /** @param {string} id */
  delete(id) { return shelf.within('readwrite', (store) => settled(store.delete(id))); }
}
