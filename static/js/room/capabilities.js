/**
 * What keeps this browser from meeting end-to-end encrypted; null when nothing does.
 * @typedef {'insecure' | 'no-webrtc' | 'no-transform' | 'no-crypto' | null} Obstacle
 */

/**
 * Find out whether a meeting can work here, before anybody is asked for a camera.
 * @param {any} scope the page's global object
 * @returns {Promise<Obstacle>}
 */
export async function obstacle(scope = globalThis) {
  if (!scope.isSecureContext || !scope.crypto?.subtle) return 'insecure';
  if (!scope.RTCPeerConnection || !scope.Worker) return 'no-webrtc';
  if (!scope.RTCRtpScriptTransform) return 'no-transform';
  return await hasCurves(scope.crypto.subtle) ? null : 'no-crypto';
}

/** @param {SubtleCrypto} subtle */
async function hasCurves(subtle) {
  try {
    await Promise.all([
      subtle.generateKey('Ed25519', false, ['sign', 'verify']),
      subtle.generateKey('X25519', false, ['deriveBits']),
    ]);
    return true;
  } catch {
    return false;
  }
}
