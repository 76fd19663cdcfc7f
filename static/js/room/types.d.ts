/* The shapes that the room page's modules share. The wire contract is onmeet/signalling/PROTOCOL.md. */

export type Source = 'microphone' | 'camera' | 'screen' | 'screen-audio';
export type Role = 'host' | 'guest';
export type PcName = 'up' | 'down';
/** A track's name on the wire: `"<index>:<source>"`. */
export type TrackId = string;
export type Size = [width: number, height: number];

/** Somebody in the meeting, as the relay tells it. */
export interface Participant {
  index: number;
  name: string;
  role: Role;
  kind: 'browser' | 'phone';
  muted: Source[];
  hand: boolean;
  tracks: Source[];
  joined_at: number;
  connected: boolean;
  /** Of phones: the random name of the call, as the key messages write it. */
  call?: string;
}

/** Somebody who waits in a browser, as the relay tells hosts; `since` is unix seconds. */
export interface GuestMessage { guest: number; name: string; signed_in: boolean; since: number }

/** A call in the lobby, as the relay tells hosts; `gw` to `s` are its gateway's signed statement. */
export interface CallerMessage {
  call: string;
  label: string;
  withheld: boolean;
  dialled_out: boolean;
  language: string;
  since: number;
  gw: string;
  gateway: string;
  expires: number;
  s: string;
}

export interface KeyMessage { from: number; body: Record<string, unknown> }

/** A message of the relay after the envelope was checked; each type has its own further fields. */
export interface Message { type: string; seq: number; [field: string]: any }

export interface Welcome extends Message {
  you: number;
  token: string;
  room: { code: string; instance: string; locked: boolean; lobby?: boolean; started_at: number; limit: number; pin?: string | null };
  participants: Participant[];
  log: KeyMessage[];
  ice: { servers: RTCIceServer[] };
  heartbeat: number;
}

/** Why a session ended for good; names the text that the page after the meeting shows. */
export type StopReason =
  'left' | 'forbidden' | 'replaced' | 'ended' | 'removed' | 'turned-away' | 'locked' | 'full';

/** What arranges timers and tells the time; tests put their own in its place. */
export interface Clock {
  now(): number;
  setTimeout(callback: () => void, ms: number): unknown;
  clearTimeout(id: any): void;
}

/** What signalling needs of a WebSocket. */
export interface SocketLike {
  onopen: ((event: any) => void) | null;
  onmessage: ((event: any) => void) | null;
  onclose: ((event: any) => void) | null;
  onerror: ((event: any) => void) | null;
  send(text: string): void;
  close(code?: number, reason?: string): void;
}

/** Sends a message towards the relay; gives its number. */
export type Send = (type: string, fields?: Record<string, unknown>) => number;

/** A remote track that can be shown or played. */
export interface RemoteTrack {
  id: TrackId;
  index: number;
  source: Source;
  track: MediaStreamTrack;
}

/** What one look at a connection's statistics says about one received track. */
export interface TrackStats {
  kind: string;
  framesDecoded: number;
  framesPerSecond: number;
  width: number;
  height: number;
  audioLevel: number;
  totalAudioEnergy: number;
  packetsReceived: number;
  packetsLost: number;
  jitter: number;
  freezes: number;
}

export interface ChatMessage { id: string; from: number; text: string; at: number }

/** The state of the encryption, in the words of the shield. */
export interface ShieldView {
  state: 'establishing' | 'secure' | 'open' | 'problem';
  reason: string;
  code: string;
  epoch: number;
  members: number[];
  /** Calls that can hear this epoch's sound, by the word of its signed and sealed grants. */
  phones: string[];
}

/** What the page knows about dialling in and out, put there by the server. */
export interface Telephone {
  operator: string;
  numbers: { number: string; shown: string; country: string; label: string; tel: string }[];
  /** Address for a softphone on this machine, with PIN in the place of the number, or ''. */
  softphone: string;
  /** Where to ask for a call, or '' where this person may not. */
  call: string;
  card: string;
}

export interface StreamKind { media: 'audio' | 'video' | 'share'; codec: 'opus' | 'vp8' }

/** What the connections need of the end-to-end encryption (static/js/e2ee/frame-crypto.js). */
export interface Attacher {
  attachSender(sender: RTCRtpSender, kind: StreamKind): void;
  attachReceiver(receiver: RTCRtpReceiver, kind: StreamKind & { index: number }): void;
}
