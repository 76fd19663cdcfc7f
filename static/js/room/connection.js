/** @import {Message, RemoteTrack, Source, StopReason} from './types.js' */
/** @import {GatewayPin} from './gateway-pin.js' */
/** @import {LocalMedia, Device} from './media-devices.js' */
/** @import {MeetingSecrets} from './membership.js' */
/** @import {Signalling} from './signalling.js' */
import { ChatLog } from './chat-messages.js';
import { LobbyDesk } from './lobby-desk.js';
import { Membership } from './membership.js';
import { Monitor } from './monitor.js';
import { PhoneDesk } from './phone-desk.js';
import { RoomState } from './room-state.js';
import { ShieldState } from './shield-state.js';
import { ViewSizes } from './view-sizes.js';
import { WaitingCalls } from './waiting-calls.js';

/** What was ignored and did no harm is shown for a while; what breaks the chain of keys stays. */
const PASSING = new Set(['refused', 'forged', 'malformed']);
const PASSING_MS = 20_000;
/**
 * Nothing is wrong: somebody stays outside, the relay is about to say so, or an epoch was ignored
 * that crossed with somebody's coming (whoever comes in between never saw its author lead).
 */
const HARMLESS = new Set(['no-link', 'barred', 'unknown', 'kicked', 'usurped']);
/** How long a broken chain of keys may take to mend before we join afresh. */
const MEND_MS = 4000;
/** A stay that was lost so early waits before the next one. */
const REJOIN_MS = 1000;

/**
 * The browser's part in a meeting, from the first join to the end, over as many stays and sockets
 * as it takes.
 *
 * Phases: `idle`, `joining`, `waiting` (for a host to let us in), `live`, `reconnecting`, `ended`.
 *
 * Events: `phase`, `ended` {detail: StopReason}, `track` {detail: RemoteTrack}, `track-ended`
 * {detail: TrackId}, `chat` {detail: ChatMessage}, `muted-by-host` {detail: Source}, `sharing` {detail: boolean}, `media` (a
 * connection changed), `undecryptable`, `host`, `line` {detail: boolean}: whether there is a socket while we wait.
 */
export class Connection extends EventTarget {
  #signalling;
  #media;
  #secrets;
  #createWorker;
  /** @type {Membership | null} */
  #membership = null;
  /** @type {{video: MediaStreamTrack, audio: MediaStreamTrack | null} | null} */
  #screen = null;
  #name = '';
  #phase = 'idle';
  #welcomed = false;
  /** @type {Map<string, ReturnType<typeof setTimeout>>} */
  #timers = new Map();

  /**
   * @param {object} parts
   * @param {Signalling} parts.signalling
   * @param {LocalMedia} parts.media
   * @param {MeetingSecrets} parts.secrets
   * @param {() => Worker} parts.createWorker
   * @param {GatewayPin} parts.gatewayPin
   */
  constructor({ signalling, media, secrets, createWorker, gatewayPin }) {
    super();
    this.#signalling = signalling;
    this.#media = media;
    this.#secrets = secrets;
    this.#createWorker = createWorker;
    this.state = new RoomState();
    this.chat = new ChatLog();
    this.shield = new ShieldState();
    this.views = new ViewSizes((type, fields) => (this.#welcomed ? signalling.send(type, fields) : 0));
    this.monitor = new Monitor(signalling);
    this.desk = new PhoneDesk({
      state: this.state, shield: this.shield, holdsKey: Boolean(secrets.hostKey),
      waiting: new WaitingCalls(secrets.code, gatewayPin),
      line: {
        send: (type, fields) => signalling.send(type, fields),
        grant: (call, gw) => this.#membership?.admit(call, gw),
        revoke: (call) => this.#membership?.revoke(call),
      },
    });
    this.lobby = new LobbyDesk({ state: this.state, send: (type, fields) => signalling.send(type, fields) });
    /** Who proved to hold the host's key, or null. @type {number | null} */
    this.provenHost = null;
    this.#listen();
  }

  get phase() { return this.#phase; }
  get name() { return this.#name; }
  get sharing() { return this.#screen !== null; }
  /** What can be shown and heard now. @returns {RemoteTrack[]} */
  get tracks() { return this.#membership?.subscriber.tracks ?? []; }

  /** How the connections are, for the diagnostics. */
  get states() {
    const { publisher, subscriber } = this.#membership ?? {};
    return { signalling: this.#signalling.phase, up: publisher?.state ?? 'none', down: subscriber?.state ?? 'none' };
  }

  /** Make the worker and the connections ahead of time; nothing is sent. */
  prepare() {
    if (this.#membership) return;
    this.#membership = this.#newMembership();
    this.#membership.publisher.prepare();
  }

  /** The person is about to join: open the socket already. */
  warm() { this.#signalling.warm(); }

  /** @param {string} name */
  join(name) {
    this.#name = name;
    this.prepare();
    this.#become('joining');
    this.#enter();
  }

  leave() { this.#signalling.leave(); }

  /** Something about the network or the page changed: see at once what still works. */
  probe() {
    this.#signalling.probe();
    const { publisher, subscriber } = this.#membership ?? {};
    if (publisher?.state === 'disconnected' || publisher?.state === 'failed') publisher.restart();
    if (subscriber?.state === 'disconnected' || subscriber?.state === 'failed') subscriber.restart();
  }

  /** The machine has another address now: the media need another way. */
  networkChanged() {
    this.#signalling.probe();
    if (this.#phase !== 'live') return;
    this.#membership?.publisher.restart();
    this.#membership?.subscriber.restart();
  }

  // what the person does

  /** @param {boolean} up */
  raiseHand(up) { this.#signalling.send('state', { hand: up }); }

  /** @param {string} text */
  async say(text) {
    const membership = this.#membership;
    if (!membership || this.state.you < 0) throw new Error('not in the meeting');
    const message = { id: crypto.randomUUID(), text, at: Date.now() };
    await membership.chat(message);
    this.chat.add({ ...message, from: this.state.you }, true);
  }

  /** @returns {Promise<boolean>} whether the screen is shared now */
  async shareScreen() {
    if (this.#screen) return true;
    const screen = await this.#media.shareScreen();
    if (!screen) return false;
    this.#screen = screen;
    screen.video.addEventListener('ended', () => void this.unshareScreen());
    this.#tell('sharing', true);
    await this.#membership?.publisher.addScreen(screen.video, screen.audio);
    return true;
  }

  async unshareScreen() {
    const screen = this.#screen;
    if (!screen) return;
    this.#screen = null;
    screen.video.stop();
    screen.audio?.stop();
    this.#tell('sharing', false);
    await this.#membership?.publisher.removeScreen();
  }

  // what only the host does

  /** @param {number} index */
  kick(index) {
    const participant = this.state.get(index);
    if (participant?.kind === 'phone') return this.desk.hangUp(participant);
    this.#membership?.kick(index);
    this.#signalling.send('kick', { index });
  }

  /**
   * @param {number} index
   * @param {Source} source
   */
  mute(index, source) { this.#signalling.send('mute', { index, source }); }

  /** @param {boolean} locked */
  lock(locked) { this.#signalling.send('lock', { locked }); }

  end() { this.#signalling.send('end'); }

  // one stay after the other

  #newMembership() {
    /** @type {Membership} */
    const membership = new Membership({
      send: (type, fields) => (membership === this.#membership ? this.#signalling.send(type, fields) : 0),
      createWorker: this.#createWorker,
      secrets: this.#secrets,
    });
    for (const type of ['track', 'track-ended', 'chat', 'undecryptable', 'media']) {
      membership.addEventListener(type, (event) => this.#tell(type, /** @type {CustomEvent} */ (event).detail));
    }
    this.#listenToKeys(membership);
    membership.addEventListener('lost', () => this.#startOver(membership));
    return membership;
  }

  #enter() {
    const membership = this.#membership;
    if (!membership) return;
    this.#signalling.join({ name: this.#name, muted: this.#muted() });
    this.#begin(membership);
  }

  /** Offer everything that we have to offer. @param {Membership} membership */
  #begin(membership) {
    for (const device of /** @type {Device[]} */ (['microphone', 'camera'])) void this.#publish(device);
    void membership.publisher.start();
    if (this.#screen) void membership.publisher.addScreen(this.#screen.video, this.#screen.audio);
    this.monitor.watch(membership);
  }

  /** Not in yet: a stay begins with the welcome, so this one was none. */
  #wait() {
    this.#dropMembership();
    this.monitor.watch(null);
    this.shield.reset();
    this.state.clear();
    this.#become('waiting');
  }

  #dropMembership() {
    this.#welcomed = false;
    this.#membership?.close();
    this.#membership = null;
  }

  /** @param {number} wait milliseconds */
  #rejoin(wait) {
    this.#dropMembership();
    if (this.#phase === 'ended' || this.#phase === 'idle') return;
    this.shield.reset();
    this.prepare();
    this.#expire('enter', wait, () => this.#enter());
  }

  /** @param {Membership} membership that cannot go on */
  #startOver(membership) {
    if (membership !== this.#membership || this.#phase === 'ended') return;
    this.#signalling.abandon(REJOIN_MS);
  }

  // news

  #listen() {
    const on = (/** @type {EventTarget} */ from, /** @type {string} */ type, /** @type {(detail: any) => void} */ take) =>
      from.addEventListener(type, (event) => take(/** @type {CustomEvent} */ (event).detail));
    on(this.#signalling, 'message', (message) => this.#take(message));
    on(this.#signalling, 'phase', (phase) => this.#follow(phase));
    on(this.#signalling, 'afresh', ({ wait }) => this.#rejoin(wait));
    on(this.#signalling, 'stopped', (reason) => this.#end(reason));
    on(this.#media, 'changed', (device) => void this.#deviceChanged(device));
  }

  /** @param {Membership} membership */
  #listenToKeys(membership) {
    const on = (/** @type {string} */ type, /** @type {(detail: any) => void} */ take) =>
      membership.addEventListener(type, (event) => take(/** @type {CustomEvent} */ (event).detail));
    on('epoch', (epoch) => {
      clearTimeout(this.#timers.get('mend'));
      this.shield.agreed(epoch);
    });
    on('silence', (silent) => this.shield.trouble('silence', silent));
    on('alarm', (alarm) => this.#alarmed(membership, alarm));
    on('host', ({ index }) => {
      this.provenHost = index;
      this.#tell('host', index);
    });
  }

  /**
   * @param {Membership} membership
   * @param {{kind: string, index?: number, lost?: boolean}} alarm
   */
  #alarmed(membership, { kind, index, lost }) {
    if (kind === 'no-link' && index !== undefined) this.shield.outsider(index);
    if (HARMLESS.has(kind)) return;
    if (lost) this.#expire('mend', MEND_MS, () => this.#startOver(membership));
    if (lost || !PASSING.has(kind)) return this.shield.alarm(kind);
    this.shield.trouble(kind, true);
    this.#expire(kind, PASSING_MS, () => this.shield.trouble(kind, false));
  }

  /**
   * @param {string} name one timer a name
   * @param {number} ms
   * @param {() => void} run
   */
  #expire(name, ms, run) {
    clearTimeout(this.#timers.get(name));
    this.#timers.set(name, setTimeout(run, ms));
  }

  /** @param {Message} message */
  #take(message) {
    if (message.type === 'waiting') return this.#wait();
    const welcome = message.type === 'welcome';
    const waited = welcome && !this.#membership;
    if (welcome) {
      this.#welcomed = true;
      this.views.forget();
      this.prepare();
    }
    this.#membership?.handle(message);
    this.state.apply(message);
    this.desk.take(message);
    this.lobby.take(message);
    if (welcome) this.#become('live');
    if (waited) this.#begin(/** @type {Membership} */ (this.#membership));
    if (waited) this.#signalling.send('state', { muted: this.#muted() });
    if (message.type === 'muted') void this.#mutedByHost(message.source);
  }

  /** @param {string} phase of the signalling */
  #follow(phase) {
    if (this.#phase === 'waiting' && phase !== 'joined') this.#tell('line', phase === 'waiting');
    if (phase === 'joined') this.#become('live');
    else if (this.#phase === 'live' && phase !== 'stopped') this.#become('reconnecting');
  }

  /** @param {StopReason} reason */
  #end(reason) {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#membership?.close();
    this.#membership = null;
    this.monitor.watch(null);
    this.views.close();
    void this.unshareScreen();
    this.#become('ended');
    this.#tell('ended', reason);
  }

  /** @param {Source} source */
  async #mutedByHost(source) {
    if (source === 'screen' || source === 'screen-audio') await this.unshareScreen();
    else await this.#media.set(source, false, false);
    this.#tell('muted-by-host', source);
  }

  // own devices

  /** @returns {Source[]} */
  #muted() {
    return /** @type {Device[]} */ (['microphone', 'camera']).filter((device) => !this.#media.on(device));
  }

  /** @param {Device} device */
  async #publish(device) {
    const track = this.#media.on(device) ? this.#media.track(device) : null;
    await this.#membership?.publisher.setTrack(device, track).catch(() => undefined);
  }

  /** @param {Device} device */
  async #deviceChanged(device) {
    if (this.#phase === 'idle' || this.#phase === 'ended') return;
    if (!this.#membership) return; // what is told then is how it is then
    await this.#publish(device);
    this.#signalling.send('state', { muted: this.#muted() });
  }

  /** @param {string} phase */
  #become(phase) {
    if (phase === this.#phase || this.#phase === 'ended') return;
    this.#phase = phase;
    this.#tell('phase', phase);
  }

  /**
   * @param {string} type
   * @param {unknown} detail
   */
  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
