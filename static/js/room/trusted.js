/**
 * The page's one Trusted Types policy: scripts may be loaded from our own static folder only. It
 * exists for workers; nothing on the page makes markup or code out of strings.
 */

/**
 * @typedef {{createScriptURL(url: string): any}} ScriptPolicy
 */

/** @type {ScriptPolicy | null} */
let policy = null;

/**
 * Vouch for the address of one of our own scripts.
 * @param {string} url
 * @returns {any} a TrustedScriptURL where the browser has them, else the address
 * @throws {TypeError} when the address leads anywhere else
 */
export function scriptUrl(url) {
  const factory = /** @type {any} */ (globalThis).trustedTypes;
  policy ??= factory ? factory.createPolicy('onmeet', { createScriptURL: ownScript }) : { createScriptURL: ownScript };
  return /** @type {ScriptPolicy} */ (policy).createScriptURL(url);
}

/** @param {string} url */
function ownScript(url) {
  const parsed = new URL(url, location.href);
  if (parsed.origin !== location.origin || !parsed.pathname.startsWith('/static/')) {
    throw new TypeError('not one of our scripts');
  }
  return parsed.href;
}
