/** @import {LocalMedia} from './media-devices.js' */

/** How often the level is read: fast enough to look alive. */
const INTERVAL_MS = 80;
/** The quietest level that shows, in dB below full scale. */
const FLOOR_DB = -60;

/**
 * How loud this browser's microphone is, from 0 (silence) to 1 (as loud as it goes), whichever
 * microphone that is, muted or not. Nothing is recorded. One for the whole page: opening the sound
 * system is slow.
 *
 * Events: `level` {detail: number}.
 */
export class LevelMeter extends EventTarget {
  #media;
  /** @type {AudioContext | null} */
  #context = null;
  /** @type {MediaStreamAudioSourceNode | null} */
  #node = null;
  /** @type {MediaStreamTrack | null} */
  #track = null;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #timer;
  #follow = () => this.#listen(this.#media.track('microphone'));

  /** @param {LocalMedia} media */
  constructor(media) {
    super();
    this.#media = media;
    media.addEventListener('changed', this.#follow);
    this.#follow();
  }

  /** Browsers hold sound back until the person has touched the page: call this then. */
  async resume() {
    if (this.#context?.state === 'suspended') await this.#context.resume().catch(() => undefined);
  }

  close() {
    this.#media.removeEventListener('changed', this.#follow);
    this.#listen(null);
    void this.#context?.close();
    this.#context = null;
  }

  /** @param {MediaStreamTrack | null} track */
  #listen(track) {
    if (track === this.#track) return;
    this.#track = track;
    clearInterval(this.#timer);
    this.#node?.disconnect();
    this.#node = null;
    if (!track) {
      this.#tell(0);
      return;
    }
    this.#context ??= new AudioContext();
    void this.resume();
    const analyser = this.#context.createAnalyser();
    analyser.fftSize = 512;
    this.#node = this.#context.createMediaStreamSource(new MediaStream([track]));
    this.#node.connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    this.#timer = setInterval(() => {
      analyser.getFloatTimeDomainData(samples);
      this.#tell(loudness(samples));
    }, INTERVAL_MS);
  }

  /** @param {number} level */
  #tell(level) {
    this.dispatchEvent(new CustomEvent('level', { detail: level }));
  }
}

/**
 * The loudness of some samples on a scale that follows the ear, 0 … 1.
 * @param {ArrayLike<number>} samples −1 … 1
 */
export function loudness(samples) {
  let sum = 0;
  for (let at = 0; at < samples.length; at += 1) sum += samples[at] * samples[at];
  const decibels = 10 * Math.log10(sum / Math.max(1, samples.length) + 1e-12);
  return Math.min(1, Math.max(0, 1 - decibels / FLOOR_DB));
}
