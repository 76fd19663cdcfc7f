/** @import {KeptLink} from '../link-keeper.js' */
/** @import {StopReason} from '../types.js' */
import { Announcer } from '../announcer.js';
import { obstacle } from '../capabilities.js';
import { Connection } from '../connection.js';
import { FirstUse, readRules, recordConsent } from '../first-use.js';
import { GatewayPin } from '../gateway-pin.js';
import { LevelMeter } from '../level-meter.js';
import { LinkKeeper } from '../link-keeper.js';
import { LocalMedia } from '../media-devices.js';
import { buildLink, readPasted } from '../meeting-link.js';
import { PreferenceStore } from '../preferences.js';
import { Signalling } from '../signalling.js';
import { Strings } from '../strings.js';
import { readTelephone } from '../telephone.js';
import { scriptUrl } from '../trusted.js';
import { AgreeDialog } from './agree-dialog.js';
import { LiveRoom } from './live-room.js';
import { on, one, part } from './dom.js';
import { PreJoin } from './pre-join.js';
import { WaitingRoom } from './waiting-room.js';

/** The meeting page: from the pre-join to the room. Everything below it is handed what it needs. */
export class RoomPage extends HTMLElement {
  #strings = Strings.read();
  #preferences = new PreferenceStore(storage('localStorage'));
  #firstUse = new FirstUse(readRules(), storage('sessionStorage'), recordConsent);
  #media = new LocalMedia(navigator.mediaDevices, this.#preferences, (device) => this.#firstUse.may(device));
  #meter = new LevelMeter(this.#media);
  /** @type {LiveRoom | null} */
  #room = null;
  /** @type {KeptLink | null} */
  #link = null;

  get #code() { return this.dataset.code ?? ''; }
  get #prejoin() { return /** @type {PreJoin} */ (one(this, 'onmeet-prejoin')); }

  connectedCallback() {
    void this.#start();
  }

  /** How the room is: a plain object without keys, for tests and for finding faults. */
  diagnostics() {
    return this.#room?.diagnostics() ?? { phase: 'prejoin', shield: { state: 'establishing', members: [] } };
  }

  async #start() {
    const prejoin = this.#prejoin;
    prejoin.bind({ media: this.#media, preferences: this.#preferences, strings: this.#strings, meter: this.#meter });
    const agreeing = new AgreeDialog(this.#firstUse);
    on(this.#media, 'ask', (device) => agreeing.ask(device, () => void this.#media.set(device, true)));
    const problem = await obstacle();
    if (problem) return prejoin.showObstacle(problem);
    on(prejoin, 'pasted', (text) => void this.#pasted(text));
    on(prejoin, 'new-link', () => void this.#renew());
    on(prejoin, 'intent', () => this.#room?.connection.warm());
    on(prejoin, 'join', (name) => this.#join(name));
    window.addEventListener('hashchange', () => void this.#find());
    await this.#find();
  }

  async #find() {
    if (this.#link) return;
    const link = await new LinkKeeper(this.#code).find(location.hash);
    if (link) this.#use(link);
    else this.#prejoin.askForLink(this.dataset.role === 'host');
  }

  /** @param {string} text */
  async #pasted(text) {
    const read = readPasted(text, this.#code);
    if ('problem' in read) return this.#prejoin.rejectLink(read.problem);
    const link = await new LinkKeeper(this.#code).find(`#${read.fragment}`);
    if (link?.fragment === read.fragment) this.#use(link);
    else this.#prejoin.rejectLink('no-key');
  }

  async #renew() {
    this.#use(await new LinkKeeper(this.#code).renew());
  }

  /** @param {KeptLink} link */
  #use(link) {
    this.#link = link;
    // the address stays whole, so that copying it or reloading the page works
    history.replaceState(null, '', `#${link.fragment}`);
    const connection = this.#connect(link);
    this.#room = new LiveRoom(this, {
      connection,
      media: this.#media,
      meter: this.#meter,
      preferences: this.#preferences,
      strings: this.#strings,
      firstUse: this.#firstUse,
      announcer: new Announcer(part(this, 'announcer')),
      link: () => buildLink(location.origin, this.#code, link.fragment),
      telephone: readTelephone(),
    });
    new WaitingRoom(this.#prejoin, { connection, strings: this.#strings });
    on(connection, 'ended', (reason) => this.#leave(reason));
    this.#prejoin.open();
    void this.#media.start();
    connection.prepare();
  }

  /** @param {KeptLink} link */
  #connect({ secret, hostFingerprint, hostKey }) {
    const address = new URL(this.dataset.socket ?? '', location.href);
    address.protocol = address.protocol.replace('http', 'ws');
    const workerUrl = this.dataset.worker ?? '';
    return new Connection({
      signalling: new Signalling(address.href),
      media: this.#media,
      secrets: { code: this.#code, secret, hostFingerprint, hostKey },
      gatewayPin: new GatewayPin(storage('localStorage')),
      createWorker: () => new Worker(scriptUrl(workerUrl), { type: 'module', name: 'onmeet-frames' }),
    });
  }

  /** @param {string} name */
  #join(name) {
    const room = /** @type {LiveRoom} */ (this.#room);
    this.#prejoin.setBusy(true);
    on(room.connection, 'phase', (phase) => {
      if (phase === 'live' && this.dataset.view !== 'room') this.#enter(room);
    });
    room.join(name);
  }

  /** @param {LiveRoom} room */
  #enter(room) {
    this.dataset.view = 'room';
    document.body.dataset.view = 'room';
    this.#prejoin.close();
    part(this, 'live').inert = false;
    room.open();
    this.#noteUse();
  }

  /** In the meeting, a device that is on is being used, after its hint was read. */
  #noteUse() {
    const note = (/** @type {'camera' | 'microphone'} */ device) => { if (this.#media.on(device)) this.#firstUse.accept(device); };
    note('camera');
    note('microphone');
    on(this.#media, 'changed', note);
  }

  /** @param {StopReason} reason */
  #leave(reason) {
    // whose hash is the address of the deletion receipt
    keep('onmeet.left', this.#room?.connection.state.instance ?? '');
    this.#room?.close();
    this.#media.close();
    const gaveUp = reason === 'left' && this.dataset.view !== 'room';
    const why = encodeURIComponent(gaveUp ? 'gave-up' : reason);
    location.assign(`${this.dataset.left}?why=${why}`);
  }
}

/**
 * Hand something to the page that comes next in this tab.
 * @param {string} name
 * @param {string} value
 */
function keep(name, value) {
  try {
    window.sessionStorage.setItem(name, value);
  } catch {
    // no storage: the page after the meeting then shows no receipt
  }
}

/**
 * The browser's storage, where it may be used.
 * @param {'localStorage' | 'sessionStorage'} which
 */
function storage(which) {
  try {
    return window[which];
  } catch {
    return null;
  }
}
