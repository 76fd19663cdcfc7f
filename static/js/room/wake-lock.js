/** Keeps the screen on while a meeting is on it; does nothing where the browser cannot. */
export class WakeLock {
  /** @type {WakeLockSentinel | null} */
  #sentinel = null;
  #wanted = false;
  #onVisible = () => { if (document.visibilityState === 'visible') void this.#take(); };

  hold() {
    this.#wanted = true;
    document.addEventListener('visibilitychange', this.#onVisible);
    void this.#take();
  }

  release() {
    this.#wanted = false;
    document.removeEventListener('visibilitychange', this.#onVisible);
    void this.#sentinel?.release().catch(() => undefined);
    this.#sentinel = null;
  }

  async #take() {
    try {
      if (this.#wanted && 'wakeLock' in navigator) this.#sentinel = await navigator.wakeLock.request('screen');
    } catch {
      // a low battery may forbid it
    }
  }
}
