/** How often the level is read: fast enough to look alive. */
const INTERVAL_MS = 60;
/** The quietest level that shows, in dB below full scale. */
const FLOOR_DB = -60;

/**
 * How loud a microphone is, from 0 (silence) to 1 (as loud as it goes). Nothing is recorded.
 *
 * Events: `level` {detail: number}.
 */
export class LevelMeter extends EventTarget {
  /** @type {AudioContext | null} */
  #context = null;
  /** @type {MediaStreamAudioSourceNode | null} */
  #node = null;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #timer;

  /**
   * Listen to a track from now on, or to nothing.
   * @param {MediaStreamTrack | null} track
   */
  listen(track) {
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

  /** Browsers hold sound back until the person has touched the page: call this then. */
  async resume() {
    if (this.#context?.state === 'suspended') await this.#context.resume().catch(() => undefined);
  }

  close() {
    this.listen(null);
    void this.#context?.close();
    this.#context = null;
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
