/** @import {TrackId, TrackStats} from './types.js' */
/** @import {Membership} from './membership.js' */
import { LossMeter, ownQuality, receivedTracks, sentTracks } from './stats.js';

const EVERY_MS = 1000;

/** Looks at the connections' statistics every second. Events: `looked`. */
export class Monitor extends EventTarget {
  #signalling;
  /** @type {Membership | null} */
  #membership = null;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #timer;
  #losses = new LossMeter();

  /** What was seen last, by track. @type {Record<TrackId, TrackStats>} */
  tracks = {};
  sent = { loss: 0, roundTrip: 0, frames: 0 };
  /** This browser's own connection: 3 good … 0 lost. */
  quality = 3;

  /** @param {{phase: string}} signalling */
  constructor(signalling) {
    super();
    this.#signalling = signalling;
  }

  /** @param {Membership | null} membership */
  watch(membership) {
    clearInterval(this.#timer);
    this.#membership = membership;
    this.#losses = new LossMeter();
    this.tracks = {};
    if (membership) this.#timer = setInterval(() => void this.#look(membership), EVERY_MS);
  }

  /** @param {Membership} membership */
  async #look(membership) {
    const { publisher, subscriber } = membership;
    const [up, down] = await Promise.all([publisher.stats(), subscriber.stats()]).catch(() => [null, null]);
    if (!up || !down || membership !== this.#membership) return;
    this.tracks = receivedTracks(down.values(), (mid) => subscriber.trackOf(mid));
    this.sent = sentTracks(up.values());
    const states = { up: publisher.state, down: subscriber.state, signalling: this.#signalling.phase };
    this.quality = ownQuality(states, this.sent, this.#losses.look(this.tracks));
    this.dispatchEvent(new CustomEvent('looked'));
  }
}
