/** Two soft tones, Hz; a third apart, so that they are no alarm. */
const TONES = [659.3, 523.3];
const TONE_SECONDS = 0.35;
const LOUDNESS = 0.12;

/** The door bell that a host hears when somebody calls. */
export class Chime {
  /** @type {AudioContext | null} */
  #context = null;

  /** Silent where the browser does not let the page make sounds. */
  ring() {
    try {
      this.#context ??= new AudioContext();
    } catch {
      return;
    }
    const context = this.#context;
    void context.resume();
    TONES.forEach((frequency, place) => this.#tone(context, frequency, context.currentTime + place * TONE_SECONDS * 0.7));
  }

  /**
   * @param {AudioContext} context
   * @param {number} frequency
   * @param {number} at seconds of the context's clock
   */
  #tone(context, frequency, at) {
    const source = new OscillatorNode(context, { type: 'sine', frequency });
    const volume = new GainNode(context, { gain: 0 });
    volume.gain.setValueAtTime(0, at);
    volume.gain.linearRampToValueAtTime(LOUDNESS, at + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.0001, at + TONE_SECONDS);
    source.connect(volume).connect(context.destination);
    source.start(at);
    source.stop(at + TONE_SECONDS);
  }
}
