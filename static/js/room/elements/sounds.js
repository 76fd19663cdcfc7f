/** @import {RemoteTrack, TrackId} from '../types.js' */

/** Plays everybody's sound. Events: `blocked` (the browser wants a touch first). */
export class Sounds extends HTMLElement {
  /** @type {Map<TrackId, HTMLAudioElement>} */
  #players = new Map();
  #sink = '';

  /** @param {RemoteTrack} remote */
  playTrack({ id, track }) {
    this.stopTrack(id);
    const player = document.createElement('audio');
    player.autoplay = true;
    player.srcObject = new MediaStream([track]);
    this.#players.set(id, player);
    this.append(player);
    void this.#route(player);
    void this.#play(player);
  }

  /** @param {TrackId} id */
  stopTrack(id) {
    const player = this.#players.get(id);
    if (!player) return;
    player.srcObject = null;
    player.remove();
    this.#players.delete(id);
  }

  /** Try again after the person has touched the page. */
  resume() {
    for (const player of this.#players.values()) void this.#play(player);
  }

  /** @param {string} sink device id of the loudspeaker, '' for the standard one */
  useSpeaker(sink) {
    this.#sink = sink;
    for (const player of this.#players.values()) void this.#route(player);
  }

  /** @param {HTMLAudioElement} player */
  async #play(player) {
    try {
      await player.play();
    } catch (error) {
      if (error instanceof DOMException && error.name === 'NotAllowedError') {
        this.dispatchEvent(new CustomEvent('blocked'));
      }
    }
  }

  /** @param {HTMLAudioElement} player */
  async #route(player) {
    // a loudspeaker that is gone leaves the sound on the standard one
    if (this.#sink && 'setSinkId' in player) await player.setSinkId(this.#sink).catch(() => undefined);
  }
}

customElements.define('onmeet-sounds', Sounds);
