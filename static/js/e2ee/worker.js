// The only place with frame keys and counters. It answers the messages of frame-crypto.js and transforms
// the frames of every sender and receiver that was attached there.

import { FrameKeys } from './frame-keys.js';
import { FrameStream } from './frame-stream.js';
import { OLD_KEYS_MS } from './labels.js';

/** @typedef {import('./frame-stream.js').Aim} Aim */
/** @typedef {import('./frame-stream.js').EncodedFrame} EncodedFrame */
/**
 * @typedef {object} Transformer RTCRtpScriptTransformer, as far as browsers agree
 * @property {ReadableStream<EncodedFrame>} readable
 * @property {WritableStream<EncodedFrame>} writable
 * @property {{id: number, role: 'send' | 'receive', aim: Aim}} options
 * @property {() => Promise<unknown>} [generateKeyFrame] not in Chromium
 */
/**
 * @typedef {object} Scope the dedicated worker's global object
 * @property {(message: unknown, transfer?: Transferable[]) => void} postMessage
 * @property {((event: MessageEvent) => void) | null} onmessage
 * @property {((event: {transformer: Transformer}) => void) | null} onrtctransform
 */

const scope = /** @type {Scope} */ (/** @type {unknown} */ (self));
const keys = new FrameKeys();
/** @type {Map<number, FrameStream>} */
const streams = new Map();
/** Aims that came before their transformer. @type {Map<number, Aim>} */
const aims = new Map();

/** @param {Transformer} transformer */
function attach(transformer) {
  const { id, role, aim: given } = transformer.options;
  const stream = new FrameStream(role, aims.get(id) ?? given, keys, (news) => {
    if (news.type === 'resumed') void transformer.generateKeyFrame?.().catch(() => undefined);
    scope.postMessage(news);
  });
  aims.delete(id);
  streams.set(id, stream);
  const transform = new TransformStream({
    /** @param {EncodedFrame} frame @param {TransformStreamDefaultController<EncodedFrame>} controller */
    async transform(frame, controller) {
      if (await stream.process(frame)) controller.enqueue(frame);
    },
  });
  // A pipe that breaks lets nothing through any more, which is what is wanted.
  transformer.readable.pipeThrough(transform).pipeTo(transformer.writable)
    .catch(() => undefined).finally(() => streams.delete(id));
}

/** @param {{id: number, aim: Aim}} message */
function aim({ id, aim: wanted }) {
  const stream = streams.get(id);
  if (stream) stream.aim = wanted;
  else aims.set(id, wanted);
}

/** @param {number} id @param {Promise<import('./frame-keys.js').Outcome>} work */
async function answer(id, work) {
  const { data, reason } = await work.catch(() => ({ data: undefined, reason: 'error' }));
  scope.postMessage({ type: 'done', id, data, reason }, data ? [data.buffer] : []);
}

/** @type {Record<string, (message: any) => void>} */
const handlers = {
  epoch: ({ epoch }) => {
    keys.setEpoch(epoch);
    setTimeout(() => keys.forgetOld(), OLD_KEYS_MS + 1);
  },
  silence: ({ silent }) => keys.silence(silent),
  aim,
  seal: ({ id, data }) => void answer(id, keys.seal('chat', data)),
  open: ({ id, data, index }) => void answer(id, keys.open('chat', index, data)),
  stats: ({ id }) => scope.postMessage({ type: 'done', id, data: [...streams.values()].map(({ stats }) => stats) }),
  ping: ({ id }) => scope.postMessage({ type: 'done', id }),
};

scope.onmessage = (/** @type {MessageEvent} */ event) => handlers[event.data.type]?.(event.data);
scope.onrtctransform = (/** @type {{transformer: Transformer}} */ event) => attach(event.transformer);
