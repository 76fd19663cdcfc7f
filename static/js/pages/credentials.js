/* Passkeys between the server's JSON and the browser's buffers (W3C Web Authentication, §5.4 to §5.5). */

/** @param {string} text base64url without padding @returns {Uint8Array<ArrayBuffer>} */
export function bytes(text) {
  const plain = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(plain, (sign) => sign.charCodeAt(0));
}

/** @param {ArrayBuffer} buffer @returns {string} base64url without padding */
export function base64url(buffer) {
  const plain = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(plain).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/** @param {any} json creation options @returns {PublicKeyCredentialCreationOptions} */
export function creationOptions(json) {
  return {
    ...json,
    challenge: bytes(json.challenge),
    user: { ...json.user, id: bytes(json.user.id) },
    excludeCredentials: (json.excludeCredentials ?? []).map(named),
  };
}

/** @param {any} json request options @returns {PublicKeyCredentialRequestOptions} */
export function requestOptions(json) {
  return {
    ...json,
    challenge: bytes(json.challenge),
    allowCredentials: (json.allowCredentials ?? []).map(named),
  };
}

/** @param {any} json */
function named(json) {
  return { ...json, id: bytes(json.id) };
}

/**
 * What the server checks: the signed parts and nothing about the device.
 * @param {PublicKeyCredential} credential
 * @returns {string} JSON
 */
export function answerOf(credential) {
  const given = /** @type {any} */ (credential.response);
  /** @type {Record<string, string>} */
  const response = {};
  for (const name of ['clientDataJSON', 'attestationObject', 'authenticatorData', 'signature', 'userHandle']) {
    if (given[name]) response[name] = base64url(given[name]);
  }
  return JSON.stringify({
    id: credential.id,
    rawId: base64url(credential.rawId),
    type: credential.type,
    response,
  });
}
