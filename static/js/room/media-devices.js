/** @import {PreferenceStore} from './preferences.js' */

/**
 * @typedef {'microphone' | 'camera'} Device
 * @typedef {'denied' | 'missing' | 'busy' | 'unplugged' | 'insecure' | 'failed'} DeviceProblem
 * @typedef {Pick<globalThis.MediaDevices, 'getUserMedia' | 'enumerateDevices' | 'addEventListener' | 'removeEventListener'>
 *   & {getDisplayMedia?: (options?: any) => Promise<MediaStream>}} DevicesLike
 */

/** @type {Record<string, DeviceProblem>} */
const PROBLEMS = {
  NotAllowedError: 'denied', SecurityError: 'denied', NotFoundError: 'missing', DevicesNotFoundError: 'missing',
  NotReadableError: 'busy', AbortError: 'busy', TrackStartError: 'busy', TypeError: 'insecure',
};

/**
 * This browser's microphone and camera: opening, choosing, closing, and what goes wrong with them.
 *
 * A switched-off camera is closed, so that its light goes out; a muted microphone stays open, so
 * that speaking again is instant, and nothing of it is sent.
 *
 * Events: `changed` {detail: Device} (track, on/off or problem), `devices` (the list changed), `ask`
 * {detail: Device} (was to be opened, but the person has not agreed to that yet).
 */
export class LocalMedia extends EventTarget {
  #devices;
  #preferences;
  /** @type {Record<Device, {on: boolean, track: MediaStreamTrack | null, problem: DeviceProblem | null}>} */
  #state;
  #may;
  /** Opening the same device twice at once would leave one of them open. @type {Promise<unknown>} */
  #turn = Promise.resolve();
  #onDevices = () => { this.dispatchEvent(new CustomEvent('devices')); };

  /**
   * @param {DevicesLike | undefined} devices `navigator.mediaDevices`, missing in insecure contexts
   * @param {PreferenceStore} preferences
   * @param {(device: Device) => boolean} may whether the person has agreed, where the notice asks for that
   */
  constructor(devices, preferences, may = () => true) {
    super();
    this.#may = may;
    this.#devices = devices;
    this.#preferences = preferences;
    const { microphoneOn, cameraOn } = preferences.load();
    this.#state = {
      microphone: { on: microphoneOn, track: null, problem: null },
      camera: { on: cameraOn, track: null, problem: null },
    };
    for (const device of /** @type {Device[]} */ (['microphone', 'camera'])) this.#state[device].on &&= may(device);
    devices?.addEventListener?.('devicechange', this.#onDevices);
  }

  /** @param {Device} device */
  track(device) { return this.#state[device].track; }

  /**
   * On means: wanted and working.
   * @param {Device} device
   */
  on(device) { return this.#state[device].on && this.#state[device].track !== null; }

  /** @param {Device} device */
  problem(device) { return this.#state[device].problem; }

  /** Open what was on last time: both in one question to the person where possible. */
  start() {
    return this.#queue(async () => {
      const wanted = /** @type {Device[]} */ (['microphone', 'camera']).filter((each) => this.#state[each].on);
      const together = wanted.length === 2 && await this.#openBoth();
      if (!together) for (const device of wanted) await this.#open(device);
    });
  }

  /**
   * Switch a device on or off.
   * @param {Device} device
   * @param {boolean} on
   * @param {boolean} [remember] whether next time starts so, too
   * @returns {Promise<boolean>} whether it is on now
   */
  async set(device, on, remember = true) {
    if (on && !this.#may(device)) {
      this.dispatchEvent(new CustomEvent('ask', { detail: device }));
      return false;
    }
    if (remember) this.#preferences.save(device === 'microphone' ? { microphoneOn: on } : { cameraOn: on });
    await this.#queue(async () => {
      const state = this.#state[device];
      state.on = on;
      if (on && !state.track) await this.#open(device);
      else if (!on && device === 'camera') this.#drop(device);
      else this.#tell(device);
    });
    return this.on(device);
  }

  /**
   * Use another device of the kind from now on.
   * @param {Device} device
   * @param {string} id
   */
  choose(device, id) {
    this.#preferences.save({ [device]: id });
    return this.#queue(async () => {
      if (!this.#may(device) || (device === 'camera' && !this.#state.camera.on)) return this.#tell(device);
      await this.#open(device);
    });
  }

  /**
   * What can be chosen. Labels are empty before a permission is given.
   * @returns {Promise<Record<'microphone' | 'camera' | 'speaker', MediaDeviceInfo[]>>}
   */
  async list() {
    const all = await this.#devices?.enumerateDevices().catch(() => []) ?? [];
    const of = (/** @type {string} */ kind) => all.filter((each) => each.kind === kind && each.deviceId);
    return { microphone: of('audioinput'), camera: of('videoinput'), speaker: of('audiooutput') };
  }

  /**
   * Let the person choose a screen, window or tab; null when they thought better of it.
   * @returns {Promise<{video: MediaStreamTrack, audio: MediaStreamTrack | null} | null>}
   */
  async shareScreen() {
    try {
      const stream = await this.#devices?.getDisplayMedia?.({
        video: { frameRate: { ideal: 15, max: 30 } },
        audio: { suppressLocalAudioPlayback: false },
        selfBrowserSurface: 'exclude', systemAudio: 'include', surfaceSwitching: 'include',
      });
      const video = stream?.getVideoTracks()[0];
      if (!video) return null;
      video.contentHint = 'detail';
      return { video, audio: stream.getAudioTracks()[0] ?? null };
    } catch (error) {
      if (error instanceof DOMException && error.name === 'NotAllowedError') return null;
      throw error;
    }
  }

  /** Whether this browser can share a screen at all (telephones cannot). */
  get canShare() { return Boolean(this.#devices?.getDisplayMedia); }

  close() {
    this.#devices?.removeEventListener?.('devicechange', this.#onDevices);
    for (const device of /** @type {Device[]} */ (['microphone', 'camera'])) this.#drop(device);
  }

  // opening

  async #openBoth() {
    try {
      const stream = await this.#get({ audio: this.#constraints('microphone'), video: this.#constraints('camera') });
      this.#adopt('microphone', stream.getAudioTracks()[0]);
      this.#adopt('camera', stream.getVideoTracks()[0]);
      return true;
    } catch {
      return false; // one by one finds out which of them it was
    }
  }

  /** @param {Device} device */
  async #open(device) {
    const state = this.#state[device];
    const kind = device === 'microphone' ? 'audio' : 'video';
    // some cameras cannot be opened twice: let go first
    if (device === 'camera') this.#release(device);
    try {
      const stream = await this.#get({ [kind]: this.#constraints(device) });
      this.#adopt(device, stream.getTracks()[0]);
    } catch (error) {
      this.#release(device);
      state.problem = PROBLEMS[/** @type {any} */ (error)?.name] ?? 'failed';
      this.#tell(device);
    }
  }

  /**
   * Ask the browser; a remembered device that is gone is not insisted on.
   * @param {MediaStreamConstraints} constraints
   */
  async #get(constraints) {
    if (!this.#devices) throw new TypeError('no media devices in this context');
    return this.#devices.getUserMedia(constraints);
  }

  /** @param {Device} device */
  #constraints(device) {
    const id = this.#preferences.load()[device];
    const chosen = id ? { deviceId: { ideal: id } } : {};
    return device === 'microphone'
      ? { ...chosen, echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: 1 }
      : { ...chosen, width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30, max: 30 } };
  }

  /**
   * @param {Device} device
   * @param {MediaStreamTrack | undefined} track
   */
  #adopt(device, track) {
    if (!track) throw new DOMException('no track', 'NotFoundError');
    const state = this.#state[device];
    this.#release(device);
    state.track = track;
    state.problem = null;
    track.contentHint = device === 'microphone' ? 'speech' : 'motion';
    track.addEventListener('ended', () => this.#unplugged(device, track));
    this.#tell(device);
  }

  /**
   * The device went away under our hands: try whatever else there is.
   * @param {Device} device
   * @param {MediaStreamTrack} track
   */
  #unplugged(device, track) {
    void this.#queue(async () => {
      const state = this.#state[device];
      if (state.track !== track) return;
      this.#release(device);
      const others = (await this.list())[device];
      if (others.length) await this.#open(device);
      if (state.track) return;
      state.problem = state.problem === 'denied' ? 'denied' : 'unplugged';
      this.#tell(device);
    });
  }

  /** @param {Device} device */
  #release(device) {
    const state = this.#state[device];
    const track = state.track;
    state.track = null;
    track?.stop();
  }

  /** @param {Device} device */
  #drop(device) {
    this.#release(device);
    this.#state[device].problem = null;
    this.#tell(device);
  }

  /** @param {() => Promise<void>} work */
  #queue(work) {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return done;
  }

  /** @param {Device} device */
  #tell(device) {
    this.dispatchEvent(new CustomEvent('changed', { detail: device }));
  }
}

