/** @import {Message, Participant, Source, TrackId, Welcome} from './types.js' */

/**
 * Who is in the meeting and how they are, fed with the relay's messages. Knows nothing of pages,
 * sockets or media.
 *
 * Events: `reset` (everything is new), `joined`, `left`, `changed` (detail: {index, before, now}),
 * `speakers`, `quality`, `locked`, `lobby`, `pin`.
 */
export class RoomState extends EventTarget {
  /** @type {Map<number, Participant>} */
  #participants = new Map();
  /** @type {Map<number, number>} */
  #quality = new Map();
  /** @type {number[]} */
  #speakers = [];
  #you = -1;
  #locked = false;
  #lobby = false;
  #limit = 0;
  #instance = '';
  #startedAt = 0;
  #pin = '';

  /** @type {Record<string, (message: any) => void>} */
  #handlers = {
    welcome: (message) => this.#welcome(message),
    joined: (message) => this.#joined(message.participant),
    left: (message) => this.#left(message),
    changed: (message) => this.#changed(message),
    speakers: (message) => this.#spoke(message.indexes),
    quality: (message) => this.#measured(message.levels),
    locked: (message) => this.#lock(Boolean(message.locked)),
    lobby: (message) => this.#switchLobby(Boolean(message.on)),
    pin: (message) => this.#renewPin(message.pin),
  };

  /** Your own index; −1 before the welcome. */
  get you() { return this.#you; }
  get locked() { return this.#locked; }
  /** Whether guests wait until a host lets them in. */
  get lobby() { return this.#lobby; }
  get limit() { return this.#limit; }
  get instance() { return this.#instance; }
  /** Unix seconds. */
  get startedAt() { return this.#startedAt; }
  /** Digits that open the meeting by telephone, '' where there is no telephone. */
  get pin() { return this.#pin; }
  /** Loudest first. */
  get speakers() { return this.#speakers; }
  get size() { return this.#participants.size; }
  get me() { return this.#participants.get(this.#you); }

  /**
   * Take in a message; others than those about the state of the room are left alone.
   * @param {Message} message
   * @returns {boolean} whether it was one
   */
  apply(message) {
    const handler = Object.hasOwn(this.#handlers, message.type) ? this.#handlers[message.type] : null;
    handler?.(message);
    return handler !== null;
  }

  /** Callers in the meeting, in the order in which they came. */
  phones() { return this.all().filter(({ kind }) => kind === 'phone'); }

  /** @param {number} index */
  get(index) { return this.#participants.get(index); }

  /** Everybody, in the order in which they came. */
  all() {
    return [...this.#participants.values()].sort((a, b) => a.joined_at - b.joined_at || a.index - b.index);
  }

  /** Everybody but you. */
  others() {
    return this.all().filter((participant) => participant.index !== this.#you);
  }

  /** @param {number} index */
  speaking(index) { return this.#speakers.includes(index); }

  /**
   * 3 good … 0 lost.
   * @param {number} index
   */
  quality(index) { return this.#quality.get(index) ?? 3; }

  /**
   * Whether a source can be seen or heard: it is published and not muted.
   * @param {number} index
   * @param {Source} source
   */
  live(index, source) {
    const participant = this.#participants.get(index);
    return Boolean(participant?.tracks.includes(source) && !participant.muted.includes(source));
  }

  /** Forget everything: the session is lost. */
  clear() {
    this.#participants.clear();
    this.#quality.clear();
    this.#speakers = [];
    this.#you = -1;
    this.#tell('reset', null);
  }

  /** @param {Welcome} message */
  #welcome(message) {
    this.#participants = new Map(message.participants.map((each) => [each.index, Object.freeze(each)]));
    this.#quality.clear();
    this.#speakers = [];
    this.#you = message.you;
    this.#locked = message.room.locked;
    this.#lobby = Boolean(message.room.lobby);
    this.#limit = message.room.limit;
    this.#instance = message.room.instance;
    this.#startedAt = message.room.started_at;
    this.#pin = message.room.pin ?? '';
    this.#tell('reset', null);
  }

  /** @param {Participant} participant */
  #joined(participant) {
    this.#participants.set(participant.index, Object.freeze(participant));
    this.#tell('joined', { index: participant.index, now: participant });
  }

  /** @param {Message} message */
  #left({ index, reason }) {
    const before = this.#participants.get(index);
    if (!before) return;
    this.#participants.delete(index);
    this.#quality.delete(index);
    this.#speakers = this.#speakers.filter((each) => each !== index);
    this.#tell('left', { index, reason, before });
  }

  /** @param {Message} message */
  #changed({ type, seq, index, ...fields }) {
    const before = this.#participants.get(index);
    if (!before) return;
    const now = Object.freeze({ ...before, ...fields });
    this.#participants.set(index, now);
    this.#tell('changed', { index, before, now });
  }

  /** @param {number[]} indexes */
  #spoke(indexes) {
    this.#speakers = indexes.filter((index) => this.#participants.has(index));
    this.#tell('speakers', this.#speakers);
  }

  /** @param {Record<string, number>} levels */
  #measured(levels) {
    for (const [index, level] of Object.entries(levels)) this.#quality.set(Number(index), level);
    this.#tell('quality', Object.keys(levels).map(Number));
  }

  /** @param {boolean} locked */
  #lock(locked) {
    if (locked === this.#locked) return;
    this.#locked = locked;
    this.#tell('locked', locked);
  }

  /** @param {boolean} on */
  #switchLobby(on) {
    if (on === this.#lobby) return;
    this.#lobby = on;
    this.#tell('lobby', on);
  }

  /** @param {string | null} pin */
  #renewPin(pin) {
    this.#pin = pin ?? '';
    this.#tell('pin', this.#pin);
  }

  /**
   * @param {string} type
   * @param {unknown} detail
   */
  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

/**
 * @param {TrackId} id
 * @returns {{index: number, source: Source}}
 */
export function splitTrackId(id) {
  const [index, source] = id.split(':');
  return { index: Number(index), source: /** @type {Source} */ (source) };
}
