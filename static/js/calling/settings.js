/* The page about being called: whole addresses, and copying them. */

import { whole } from '../pages/copying.js';

for (const element of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('[data-address]'))) {
  element.textContent = whole(element.dataset.address ?? '');
}
