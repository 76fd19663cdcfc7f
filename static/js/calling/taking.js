/* The tab that the page of a meeting opens to take a call. */

import { Acceptance } from './call-link.js';
import { enteredBy } from './entering.js';
import { handedOver } from './handover.js';
import { RingLine } from './ring-line.js';

/** Longer than the server waits for the sealed link. */
const WAIT_MS = 20_000;

const page = /** @type {HTMLElement} */ (document.getElementById('taking'));

/**
 * Accept the call as soon as the line says that it rings, and wait for its link.
 * @param {string} call @param {Acceptance} acceptance
 * @returns {Promise<import('./entering.js').CallLink>} rejected where the call ends before
 */
function linkOf(call, acceptance) {
  const line = new RingLine(page.dataset.name ?? '');
  return new Promise((resolve, reject) => {
    setTimeout(reject, WAIT_MS);
    line.addEventListener('message', (event) => {
      const message = /** @type {CustomEvent} */ (event).detail;
      if (message.call !== call) return;
      if (message.type === 'ring') line.send({ type: 'accept', call, key: acceptance.key });
      else if (message.type === 'link') resolve(message);
      else if (message.why !== 'silent') reject();
    });
  });
}

async function take() {
  const [call, acceptance] = await Promise.all([handedOver(location.hash.slice(1)), Acceptance.create()]);
  location.replace(await enteredBy(acceptance, await linkOf(call, acceptance)));
}

take().catch(() => {
  for (const part of /** @type {NodeListOf<HTMLElement>} */ (page.querySelectorAll('[data-part]'))) {
    part.hidden = part.dataset.part !== 'failed';
  }
});
