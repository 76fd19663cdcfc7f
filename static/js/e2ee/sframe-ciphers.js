// The ciphers behind SFrame's suites, on WebCrypto.

import { concat } from './encoding.js';
import { FrameError, FrameKey, SUITES, SUITE_ID, deriveSecrets } from './sframe.js';

/** @typedef {import('./encoding.js').Bytes} Bytes */
/**
 * @typedef {object} FrameCipher
 * @property {(nonce: Bytes, data: Bytes, aad: Bytes) => Promise<ArrayBuffer>} seal
 * @property {(nonce: Bytes, data: Bytes, aad: Bytes) => Promise<ArrayBuffer>} open throws FrameError('tag')
 */

/** @param {Bytes} raw @returns {Promise<FrameCipher>} */
async function gcm(raw) {
  const key = await crypto.subtle.importKey('raw', raw, 'AES-GCM', false, ['encrypt', 'decrypt']);
  return {
    seal: (iv, data, additionalData) => crypto.subtle.encrypt({ name: 'AES-GCM', iv, additionalData }, key, data),
    open: async (iv, data, additionalData) => {
      try {
        return await crypto.subtle.decrypt({ name: 'AES-GCM', iv, additionalData }, key, data);
      } catch {
        throw new FrameError('tag');
      }
    },
  };
}

/**
 * AES-CTR under an HMAC cut short (RFC 9605 §4.5.1).
 * @param {Bytes} raw @param {import('./sframe.js').Suite} suite @returns {Promise<FrameCipher>}
 */
async function ctrHmac(raw, suite) {
  const mac = { name: 'HMAC', hash: suite.hash };
  const enc = await crypto.subtle.importKey('raw', raw.subarray(0, suite.enc), 'AES-CTR', false, ['encrypt']);
  const auth = await crypto.subtle.importKey('raw', raw.subarray(suite.enc), mac, false, ['sign']);
  /** @param {Bytes} nonce @param {Bytes} data */
  const stream = (nonce, data) => {
    const counter = concat(nonce, new Uint8Array(4));
    return crypto.subtle.encrypt({ name: 'AES-CTR', counter, length: 32 }, enc, data);
  };
  /** @param {Bytes} nonce @param {Bytes} aad @param {Bytes} sealed */
  const tagOf = async (nonce, aad, sealed) => {
    const sizes = new DataView(new ArrayBuffer(24));
    [aad.length, sealed.length, suite.tag].forEach((size, i) => sizes.setUint32(i * 8 + 4, size));
    const input = concat(new Uint8Array(sizes.buffer), nonce, aad, sealed);
    return new Uint8Array(await crypto.subtle.sign(mac, auth, input)).subarray(0, suite.tag);
  };
  return {
    seal: async (nonce, data, aad) => {
      const sealed = new Uint8Array(await stream(nonce, data));
      return concat(sealed, await tagOf(nonce, aad, sealed)).buffer;
    },
    open: async (nonce, data, aad) => {
      const end = Math.max(0, data.length - suite.tag);
      const expected = await tagOf(nonce, aad, data.subarray(0, end));
      const tag = data.subarray(end);
      let differences = tag.length ^ expected.length;
      for (let i = 0; i < expected.length; i += 1) differences |= expected[i] ^ tag[i];
      if (differences) throw new FrameError('tag');
      return stream(nonce, data.subarray(0, end));
    },
  };
}

/**
 * Derives the key of one KID from a base key and readies its cipher.
 * @param {Bytes} baseKey @param {number} kid @param {number} [suiteId]
 */
export async function frameKey(baseKey, kid, suiteId = SUITE_ID) {
  const suite = SUITES[suiteId];
  const { key, salt } = await deriveSecrets(suiteId, baseKey, kid);
  return new FrameKey(await (suite.auth ? ctrHmac(key, suite) : gcm(key)), salt, kid);
}
