/** @import {TrackId, TrackStats} from './types.js' */

/**
 * What the statistics of a received connection say, track by track.
 * @param {Iterable<any>} entries of an RTCStatsReport
 * @param {(mid: string) => TrackId | undefined} trackOf
 * @returns {Record<TrackId, TrackStats>}
 */
export function receivedTracks(entries, trackOf) {
  /** @type {Record<TrackId, TrackStats>} */
  const tracks = {};
  for (const entry of entries) {
    const id = entry.type === 'inbound-rtp' ? trackOf(entry.mid) : undefined;
    if (!id) continue;
    tracks[id] = {
      kind: entry.kind,
      framesDecoded: entry.framesDecoded ?? 0,
      framesPerSecond: entry.framesPerSecond ?? 0,
      width: entry.frameWidth ?? 0,
      height: entry.frameHeight ?? 0,
      audioLevel: entry.audioLevel ?? 0,
      totalAudioEnergy: entry.totalAudioEnergy ?? 0,
      packetsReceived: entry.packetsReceived ?? 0,
      packetsLost: entry.packetsLost ?? 0,
      jitter: entry.jitter ?? 0,
      freezes: entry.freezeCount ?? 0,
    };
  }
  return tracks;
}

/**
 * @typedef {object} UpStats
 * @property {number} loss the worst share of packets lost on the way up, 0 … 1
 * @property {number} roundTrip seconds
 * @property {number} frames encoded so far, over all layers
 *
 * @param {Iterable<any>} entries of an RTCStatsReport
 * @returns {UpStats}
 */
export function sentTracks(entries) {
  const up = { loss: 0, roundTrip: 0, frames: 0 };
  for (const entry of entries) {
    if (entry.type === 'outbound-rtp') up.frames += entry.framesEncoded ?? 0;
    if (entry.type !== 'remote-inbound-rtp') continue;
    up.loss = Math.max(up.loss, entry.fractionLost ?? 0);
    up.roundTrip = Math.max(up.roundTrip, entry.roundTripTime ?? 0);
  }
  return up;
}

/**
 * How good this browser's connection is, on the relay's scale: 3 good … 0 lost.
 * @param {{up: RTCPeerConnectionState, down: RTCPeerConnectionState, signalling: string}} states
 * @param {UpStats} sent
 * @param {number} received share of packets lost on the way down since the last look, 0 … 1
 */
export function ownQuality({ up, down, signalling }, sent, received) {
  if (signalling !== 'joined' || lost(up) || lost(down)) return 0;
  const loss = Math.max(sent.loss, received);
  if (loss > 0.1 || sent.roundTrip > 0.8) return 1;
  if (loss > 0.03 || sent.roundTrip > 0.35) return 2;
  return 3;
}

/** @param {RTCPeerConnectionState} state */
function lost(state) {
  return state === 'disconnected' || state === 'failed';
}

/** Turns ever-growing counters of packets into the share lost since the last look. */
export class LossMeter {
  #received = 0;
  #lost = 0;

  /** @param {Record<TrackId, TrackStats>} tracks */
  look(tracks) {
    let received = 0;
    let lostPackets = 0;
    for (const track of Object.values(tracks)) {
      received += track.packetsReceived;
      lostPackets += Math.max(0, track.packetsLost);
    }
    const newlyReceived = Math.max(0, received - this.#received);
    const newlyLost = Math.max(0, lostPackets - this.#lost);
    [this.#received, this.#lost] = [received, lostPackets];
    const total = newlyReceived + newlyLost;
    return total < 20 ? 0 : newlyLost / total;
  }
}
