/** @typedef {import('./frame-stream.js').Aim} Aim */
/** @typedef {import('./hashing.js').Bases} Bases */
/** @typedef {{media: 'audio' | 'video' | 'share', codec: 'opus' | 'vp8'}} StreamKind */
/** @typedef {{role: string, media: string, codec: string, index?: number, passed: number, dropped: Record<string, number>}} StreamStats */
/** @typedef {Pick<Worker, 'postMessage' | 'addEventListener' | 'terminate'>} WorkerLike */
/** @typedef {(worker: any, options: object) => RTCRtpScriptTransform} TransformMaker */

const PING_MS = 5_000;
const MAX_WAITING = 256;

/** A message could not be sealed or opened; `reason` is one of docs/e2ee.md's, or `dead` or `busy`. */
export class CryptoRefusal extends Error {
  /** @param {string} reason */
  constructor(reason) {
    super(reason);
    this.reason = reason;
  }
}

/**
 * The page's side of the frame encryption: hands keys to the worker, puts its transforms on senders and
 * receivers, seals and opens chat messages. One instance, one worker, one stay in the meeting: a worker
 * that was lost took the counters with it, and only a new index (or a new epoch) may follow.
 *
 * Events (CustomEvent):
 * - `undecryptable` {detail: {index, media, reason, count}}: frames were dropped; with `reason: 'gap'` they
 *   can be opened again and a key frame is missing. At most two a second and stream.
 * - `resumed` {detail: {media}}: a picture of ours goes out again after frames were dropped; it needs a key frame.
 * - `dead`: the worker is lost. Nothing is sent or shown any more.
 */
export class FrameCrypto extends EventTarget {
  #worker;
  #makeTransform;
  /** @type {Map<number, {resolve: (value: any) => void, reject: (error: Error) => void}>} */
  #waiting = new Map();
  /** @type {WeakMap<RTCRtpReceiver, {id: number, transform: RTCRtpScriptTransform}>} */
  #receivers = new WeakMap();
  #lastId = 0;
  #over = false;
  #unanswered = 0;
  #pinging;

  /**
   * @param {WorkerLike} worker made from worker.js, as a module
   * @param {{makeTransform?: TransformMaker}} [options]
   */
  constructor(worker, { makeTransform = (target, options) => new RTCRtpScriptTransform(target, options) } = {}) {
    super();
    this.#worker = worker;
    this.#makeTransform = makeTransform;
    worker.addEventListener('message', (event) => this.#receive(/** @type {MessageEvent} */ (event).data));
    for (const type of ['error', 'messageerror']) worker.addEventListener(type, () => this.#die());
    this.#pinging = setInterval(() => this.#ping(), PING_MS);
  }

  /**
   * Put new keys in force. The bases go over to the worker and are empty here afterwards, so that no second
   * worker can start its counters under them.
   * @param {{n: number, index: number, bases: Bases}} epoch
   */
  setEpoch({ n, index, bases }) {
    const transfer = Object.values(bases).map(({ buffer }) => buffer);
    this.#post({ type: 'epoch', epoch: { n, index, bases } }, transfer);
  }

  /**
   * Encrypt what a sender sends. Call it in the very task that made the transceiver, and give the sender its
   * track afterwards: in Chromium a transform that comes later silently does nothing.
   * @param {RTCRtpSender} sender @param {StreamKind} kind
   * @throws {TypeError} where the sender has a track or a transform already
   */
  attachSender(sender, { media, codec }) {
    if (sender.track || sender.transform) throw new TypeError('attach before the track, and once');
    sender.transform = this.#makeTransform(this.#worker, { id: this.#nextId(), role: 'send', aim: { media, codec } });
  }

  /**
   * Decrypt what a receiver receives, which must come from participant `index`. Call it in the task in which
   * the receiver appears. A receiver that gets another track later is attached again.
   * @param {RTCRtpReceiver} receiver @param {StreamKind & {index: number}} kind
   */
  attachReceiver(receiver, { media, codec, index }) {
    const aim = { media, codec, index };
    const known = this.#receivers.get(receiver);
    if (known && receiver.transform === known.transform) return this.#post({ type: 'aim', id: known.id, aim });
    if (receiver.transform) throw new TypeError('somebody else transforms this receiver');
    const id = this.#nextId();
    const transform = this.#makeTransform(this.#worker, { id, role: 'receive', aim });
    receiver.transform = transform;
    this.#receivers.set(receiver, { id, transform });
  }

  /**
   * Seal a data message (class chat).
   * @param {Uint8Array} bytes @returns {Promise<Uint8Array<ArrayBuffer>>}
   * @throws {CryptoRefusal}
   */
  seal(bytes) {
    return this.#ask({ type: 'seal', data: Uint8Array.from(bytes) });
  }

  /**
   * @param {Uint8Array} bytes @param {number} fromIndex who must have sealed it
   * @returns {Promise<Uint8Array<ArrayBuffer>>}
   * @throws {CryptoRefusal}
   */
  open(bytes, fromIndex) {
    return this.#ask({ type: 'open', data: Uint8Array.from(bytes), index: fromIndex });
  }

  /** @param {boolean} silent true: nothing is sealed, so nothing is sent, until it is false again */
  silence(silent) {
    this.#post({ type: 'silence', silent });
  }

  /** @returns {Promise<StreamStats[]>} what passed and what was dropped, by stream */
  stats() {
    return this.#ask({ type: 'stats' });
  }

  /** End the worker; its keys go with it. */
  close() {
    this.#end();
    this.#worker.terminate();
  }

  #nextId() {
    this.#lastId += 1;
    return this.#lastId;
  }

  /** @param {object} message @param {Transferable[]} [transfer] */
  #post(message, transfer = []) {
    if (!this.#over) this.#worker.postMessage(message, transfer);
  }

  /** @param {{type: string, data?: Uint8Array, index?: number}} message @returns {Promise<any>} */
  #ask(message) {
    if (this.#over) return Promise.reject(new CryptoRefusal('dead'));
    if (this.#waiting.size >= MAX_WAITING) return Promise.reject(new CryptoRefusal('busy'));
    const id = this.#nextId();
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#post({ ...message, id });
    });
  }

  /** @param {{type: string, id?: number, data?: unknown, reason?: string}} message */
  #receive({ type, ...detail }) {
    if (this.#over) return;
    if (type !== 'done') return void this.dispatchEvent(new CustomEvent(type, { detail }));
    const waiting = this.#waiting.get(detail.id ?? 0);
    this.#waiting.delete(detail.id ?? 0);
    if (detail.reason) waiting?.reject(new CryptoRefusal(detail.reason));
    else waiting?.resolve(detail.data);
  }

  /** A worker that leaves two pings unanswered hangs; one may be lost in the sleep of a laptop. */
  #ping() {
    if (this.#unanswered === 2) return this.#die();
    this.#unanswered += 1;
    this.#ask({ type: 'ping' }).then(() => { this.#unanswered = 0; }, () => undefined);
  }

  #die() {
    if (this.#over) return;
    this.#end();
    this.dispatchEvent(new CustomEvent('dead'));
  }

  #end() {
    this.#over = true;
    clearInterval(this.#pinging);
    for (const { reject } of this.#waiting.values()) reject(new CryptoRefusal('dead'));
    this.#waiting.clear();
  }
}
