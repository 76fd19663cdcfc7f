/* Making a passkey, and using one: the forms with the id `passkey`. */

import { answerOf, creationOptions, requestOptions } from './credentials.js';
import { text } from './texts.js';

const RENEW_MS = 240_000; // a question of the server is good for five minutes

const form = /** @type {HTMLFormElement} */ (document.getElementById('passkey'));
const button = /** @type {HTMLButtonElement} */ (document.getElementById('passkey-go'));
const problem = /** @type {HTMLElement} */ (document.getElementById('passkey-problem'));
const creates = form.dataset.does === 'create';

/** The quiet question that waits for the browser's suggestions in the address field. */
let waiting = new AbortController();

if (window.PublicKeyCredential && !isAddress(location.hostname)) {
  form.hidden = false;
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void press();
  });
  if (form.dataset.does === 'sign-in') void suggest();
} else if (creates) {
  button.disabled = true;
  problem.textContent = text('no-passkeys');
}

async function press() {
  button.disabled = true;
  problem.textContent = '';
  waiting.abort();
  try {
    await finish(creates ? await create() : await get(await question(), {}));
  } catch (error) {
    problem.textContent = reason(error);
  }
  button.disabled = false;
}

/** Offer passkeys where the address is typed, for as long as the page is open. */
async function suggest() {
  if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
  for (;;) {
    const asked = new AbortController();
    waiting = asked;
    const renewal = setTimeout(() => asked.abort('renew'), RENEW_MS);
    const publicKey = await question().catch(() => null);
    if (!publicKey || asked.signal.aborted) return;
    try {
      await finish(await get(publicKey, { mediation: 'conditional', signal: asked.signal }));
      return;
    } catch (error) {
      if (error instanceof Refused) problem.textContent = error.message;
      else if (asked.signal.reason !== 'renew') return;
    } finally {
      clearTimeout(renewal);
    }
  }
}

async function create() {
  const publicKey = creationOptions(await post(form.dataset.options ?? '', {}));
  return /** @type {PublicKeyCredential} */ (await navigator.credentials.create({ publicKey }));
}

async function question() {
  return requestOptions(await post(form.dataset.options ?? '', {}));
}

/** @param {PublicKeyCredentialRequestOptions} publicKey @param {CredentialRequestOptions} how */
async function get(publicKey, how) {
  return /** @type {PublicKeyCredential} */ (await navigator.credentials.get({ ...how, publicKey }));
}

/** @param {PublicKeyCredential} credential */
async function finish(credential) {
  const label = /** @type {HTMLInputElement | null} */ (document.getElementById('label'));
  const stay = /** @type {HTMLInputElement | null} */ (document.querySelector('input[name="stay"]'));
  const answer = await post(form.dataset.answer ?? '', {
    answer: answerOf(credential),
    label: label?.value ?? '',
    next: form.dataset.next ?? '',
    stay: stay?.checked ? 'y' : '',
  });
  location.assign(answer.next);
}

/** The server's sentence about why not. */
class Refused extends Error {}

/** @param {string} path @param {Record<string, string>} fields @returns {Promise<any>} */
async function post(path, fields) {
  const token = /** @type {HTMLMetaElement} */ (document.querySelector('meta[name="csrf-token"]')).content;
  const response = await fetch(path, {
    method: 'POST',
    headers: { 'X-CSRFToken': token, Accept: 'application/json' },
    body: new URLSearchParams(fields),
  });
  const content = await response.json();
  if (response.status === 401 && content.next) location.assign(content.next); // prove it first
  if (!response.ok) throw new Refused(content.error ?? text('passkey-offline'));
  return content;
}

/** @param {unknown} error */
function reason(error) {
  if (error instanceof Refused) return error.message;
  if (!(error instanceof DOMException)) return text('passkey-offline');
  return text(error.name === 'InvalidStateError' ? 'passkey-known' : 'passkey-stopped');
}

/** Passkeys belong to a name: none can be made for an IP address. @param {string} host */
function isAddress(host) {
  return host.startsWith('[') || /^[\d.]+$/.test(host);
}
