/** @import {Connection} from './connection.js' */
/** @import {TrackId} from './types.js' */

/**
 * How the room is, as a plain object for tests and for people who look for a fault. No keys, no
 * addresses.
 * @param {Connection} connection
 * @param {{joinedAt: number, firstFrames: Map<TrackId, number>, undecryptable: Map<string, number>}} seen
 *   milliseconds of the page's clock when `join` was pressed and when each picture was first shown
 */
export function diagnose(connection, { joinedAt, firstFrames, undecryptable }) {
  const { state, shield, monitor } = connection;
  return {
    phase: connection.phase,
    you: state.you,
    instance: state.instance,
    locked: state.locked,
    lobby: state.lobby,
    waiting: connection.lobby.list.length,
    participants: state.all().map((participant) => ({
      ...participant,
      muted: [...participant.muted],
      tracks: [...participant.tracks],
      speaking: state.speaking(participant.index),
      quality: state.quality(participant.index),
    })),
    tracks: tracks(connection, firstFrames, joinedAt),
    sent: { ...monitor.sent },
    quality: monitor.quality,
    connections: connection.states,
    shield: { ...shield.view, alarms: shield.alarms },
    epoch: shield.view.epoch,
    code: shield.view.code,
    provenHost: connection.provenHost,
    undecryptable: Object.fromEntries(undecryptable),
    chat: connection.chat.messages.length,
  };
}

/**
 * @param {Connection} connection
 * @param {Map<TrackId, number>} firstFrames
 * @param {number} joinedAt
 */
function tracks(connection, firstFrames, joinedAt) {
  return Object.fromEntries(connection.tracks.map(({ id, track }) => [id, {
    ...connection.monitor.tracks[id],
    live: track.readyState === 'live' && !track.muted,
    firstFrameAfter: firstFrames.has(id) ? /** @type {number} */ (firstFrames.get(id)) - joinedAt : null,
  }]));
}
