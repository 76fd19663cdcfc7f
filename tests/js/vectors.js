// Published test vectors: our suite's in the project, all of them beside the checkout where they are.

import { existsSync, readFileSync } from 'node:fs';

const ours = new URL('../captures/sframe/suite-4.json', import.meta.url);
const shared = new URL('../../../shared/vectors/sframe/', import.meta.url);

const FILES = [ours, new URL('test-vectors.json', shared), new URL('test-vectors-aes256.json', shared)];

/** The vector files that are here. */
export const vectors = FILES.filter((file) => existsSync(file)).map((file) => JSON.parse(readFileSync(file, 'utf8')));

/** Why the vectors of the other suites cannot be tried, or false. */
export const missing = vectors.length === FILES.length ? false : 'sframe-wg/sframe is not beside the checkout';

/** All rows of one section. */
export const rows = (section) => vectors.flatMap((file) => file[section] ?? []);

export const unhex = (text) => Uint8Array.from(Buffer.from(text, 'hex'));
export const hex = (bytes) => Buffer.from(bytes).toString('hex');

/** RFC 9180 A.1.1, setup and the first message. */
export const HPKE_A_1_1 = {
  info: '4f6465206f6e2061204772656369616e2055726e',
  skE: '52c4a758a802cd8b936eceea314432798d5baf2d7e9235dc084ab1b9cfa2f736',
  pkE: '37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431',
  skR: '4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8',
  pkR: '3948cfe0ad1ddb695d780e59077195da6c56506b027329794ab02bca80815c4d',
  aad: '436f756e742d30',
  pt: '4265617574792069732074727574682c20747275746820626561757479',
  ct: 'f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc53a52ae8218a355a96d8770ac83d07bea87e13c512a',
};

/** A raw X25519 private key as node imports it (RFC 8410 §7). */
export async function x25519(secret, publicKey) {
  const pkcs8 = Buffer.concat([Buffer.from('302e020100300506032b656e04220420', 'hex'), unhex(secret)]);
  const privateKey = await crypto.subtle.importKey('pkcs8', pkcs8, 'X25519', false, ['deriveBits']);
  return { privateKey, publicKey: unhex(publicKey) };
}
