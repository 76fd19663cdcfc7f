import { fromBase64url, sameBytes } from './encoding.js';
import { isUsable } from './hpke.js';
import { hostFingerprint } from './link.js';
import { importPublicKey, isSigned } from './signing.js';

/**
 * Whether a hello is genuine, and who says it: the signing key and whether it is the host's, or the alarm to
 * raise where somebody has not the link or the hello is false in another way.
 * @param {import('./voice.js').Voice} voice ours @param {import('./bodies.js').Hello} hello
 * @param {import('./hpke.js').KemPair} probe any pair of ours, for trying whether the public key can be used
 * @returns {Promise<{key: CryptoKey, host: boolean} | {alarm: 'no-link' | 'forged'}>}
 */
export async function identify(voice, { sig, kem, mac, raw }, probe) {
  if (!sameBytes(mac, await voice.macOf(raw))) return { alarm: 'no-link' };
  const bytes = fromBase64url(sig, 32);
  const key = await importPublicKey(bytes);
  if (!key || !(await isSigned(key, voice.meeting.start, raw))) return { alarm: 'forged' };
  if (!(await isUsable(kem, probe))) return { alarm: 'forged' };
  return { key, host: sameBytes(await hostFingerprint(bytes), voice.meeting.hostFingerprint) };
}
