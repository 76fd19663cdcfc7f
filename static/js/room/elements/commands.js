/** @import {RoomParts} from './live-room.js' */
/** @import {Device} from '../media-devices.js' */
/** @import {ChatPanel} from './chat-panel.js' */
/** @import {ControlBar} from './control-bar.js' */
/** @import {PeoplePanel} from './people-panel.js' */
/** @import {TileGrid} from './tile-grid.js' */
/** @import {Toasts} from './toasts.js' */
import { CallerDialog } from './caller-dialog.js';
import { ConfirmDialog } from './confirm-dialog.js';
import { on } from './dom.js';
import { HelpDialog } from './help-dialog.js';
import { Modal } from './modal.js';
import { PhoneDialog } from './phone-dialog.js';
import { SeatedDialog } from './seated-dialog.js';
import { SettingsDialog } from './settings-dialog.js';
import { ShareDialog } from './share-dialog.js';
import { ShieldDialog } from './shield-dialog.js';

/**
 * @typedef {RoomParts & {chat: ChatPanel, people: PeoplePanel, controls: ControlBar, grid: TileGrid, toasts: Toasts,
 *   nameOf: (index: number) => string}} CommandParts
 */

/** What buttons and keys do in the room: one command, one way to do it. */
export class Commands {
  #parts;
  #dialogs;
  #panel = '';
  #talking = false;

  /** @type {Record<string, () => unknown>} */
  #table = {
    microphone: () => this.#toggleDevice('microphone'),
    camera: () => this.#toggleDevice('camera'),
    screen: () => this.#toggleScreen(),
    hand: () => this.#toggleHand(),
    chat: () => this.#togglePanel('chat'),
    people: () => this.#togglePanel('people'),
    invite: () => this.#dialogs.share.open(),
    shield: () => this.#dialogs.shield.open(),
    phone: () => this.#dialogs.phone?.open(),
    settings: () => this.#dialogs.settings.open(),
    help: () => this.#dialogs.help.open(),
    leave: () => this.#leave(),
    end: () => this.#askEnd(),
    close: () => this.#close(),
  };

  /**
   * @param {HTMLElement} root
   * @param {CommandParts} parts
   */
  constructor(root, parts) {
    this.#parts = parts;
    this.#dialogs = {
      leave: new Modal('leave-dialog'),
      confirm: new ConfirmDialog(),
      settings: new SettingsDialog(parts),
      share: new ShareDialog(parts),
      phone: parts.telephone && new PhoneDialog({ ...parts, telephone: parts.telephone }),
      caller: new CallerDialog(parts),
      seated: new SeatedDialog(parts),
      shield: new ShieldDialog(parts),
      help: new HelpDialog(parts.preferences),
    };
    this.#dialogs.leave.onAct('leave', () => parts.connection.leave());
    this.#dialogs.leave.onAct('end', () => parts.connection.end());
    on(parts.people, 'remove', (index) => this.#askRemove(index));
    on(parts.people, 'answer', (call) => this.openCaller(call));
    on(parts.people, 'open-lobby', () => this.#askOpenLobby());
    on(parts.people, 'caller', (index) => this.#dialogs.seated.show(index));
    on(parts.grid, 'rest', () => { if (this.#panel !== 'people') this.run('people'); });
    for (const panel of [parts.chat, parts.people]) on(panel, 'close-panel', () => this.#openPanel(''));
  }

  /** Which panel is open: `chat`, `people` or ''. */
  get panel() { return this.#panel; }

  /** @param {string} command */
  run(command) {
    if (Object.hasOwn(this.#table, command)) void this.#table[command]();
  }

  /** Show who is here, and who waits. */
  showPeople() { this.#openPanel('people'); }

  /** Ask the host about a caller in the lobby. @param {string} call */
  openCaller(call) { this.#dialogs.caller.show(call); }

  /**
   * The space bar went down or up: talk as long as it is held, when muted before.
   * @param {boolean} talking
   */
  async talk(talking) {
    const { media } = this.#parts;
    if (talking && media.on('microphone')) return;
    if (!talking && !this.#talking) return;
    this.#talking = talking;
    await media.set('microphone', talking, false);
    this.#say(talking ? 'microphone.hold' : 'microphone.off');
  }

  /** @param {Device} device */
  async #toggleDevice(device) {
    const { media, strings, toasts, announcer } = this.#parts;
    const now = await media.set(device, !media.on(device));
    const problem = media.problem(device);
    if (!problem) return this.#say(`${device}.${now ? 'on' : 'off'}`);
    const text = strings.t(`problem.${device}.${problem}`);
    toasts.show(text, { stay: 8000 });
    announcer.say(text);
  }

  async #toggleScreen() {
    const { connection, toasts, strings } = this.#parts;
    try {
      if (connection.sharing) await connection.unshareScreen();
      else await connection.shareScreen();
    } catch {
      toasts.show(strings.t('screen.failed'));
    }
  }

  #toggleHand() {
    const { connection } = this.#parts;
    const up = !connection.state.me?.hand;
    connection.raiseHand(up);
    this.#say(up ? 'hand.up' : 'hand.down');
  }

  /** @param {'chat' | 'people'} panel */
  #togglePanel(panel) {
    this.#openPanel(this.#panel === panel ? '' : panel);
  }

  /** @param {'' | 'chat' | 'people'} panel */
  #openPanel(panel) {
    const { chat, people, controls } = this.#parts;
    const before = this.#panel;
    this.#panel = panel;
    chat.hidden = panel !== 'chat';
    people.hidden = panel !== 'people';
    controls.showPanel(panel);
    if (panel === 'chat') chat.opened();
    else if (panel === 'people') people.opened();
    else if (before) /** @type {HTMLElement | null} */ (controls.querySelector(`.control[data-command=${before}]`))?.focus();
  }

  #leave() {
    const { connection } = this.#parts;
    const { state } = connection;
    if (state.me?.role === 'host' && state.size > 1) this.#dialogs.leave.open();
    else connection.leave();
  }

  #askOpenLobby() {
    const { connection, strings } = this.#parts;
    const { lobby } = connection;
    this.#dialogs.confirm.ask({
      title: strings.t('lobby.open-title'), text: strings.n('lobby.open-ask', lobby.list.length),
      yes: strings.t('lobby.open-yes'), run: () => lobby.switch(false),
    });
  }

  #askEnd() {
    const { connection, strings } = this.#parts;
    this.#dialogs.confirm.ask({
      title: strings.t('host.end-yes'), text: strings.t('host.end-ask'), yes: strings.t('host.end-yes'),
      run: () => connection.end(),
    });
  }

  /** @param {number} index */
  #askRemove(index) {
    const { connection, strings, nameOf } = this.#parts;
    const name = nameOf(index);
    const ask = connection.state.get(index)?.kind === 'phone' ? 'callers.remove-ask' : 'people.remove-ask';
    this.#dialogs.confirm.ask({
      title: strings.t('people.remove', { name }), text: strings.t(ask, { name }),
      yes: strings.t('people.remove-yes'), run: () => connection.kick(index),
    });
  }

  #close() {
    if (this.#panel) this.#openPanel('');
    else this.#parts.grid.unpin();
  }

  /** @param {string} name of the text */
  #say(name) {
    this.#parts.announcer.say(this.#parts.strings.t(name));
  }
}
