/** @import {Source, StreamKind} from './types.js' */

/** Layers from small to large, as the relay names them. */
const CAMERA_LAYERS = [
  { rid: 'q', scaleResolutionDownBy: 4, maxBitrate: 150_000 },
  { rid: 'h', scaleResolutionDownBy: 2, maxBitrate: 500_000 },
  { rid: 'f', scaleResolutionDownBy: 1, maxBitrate: 1_700_000 },
];

/** Text has to stay sharp: half the width for small windows, and the whole. */
const SCREEN_LAYERS = [
  { rid: 'h', scaleResolutionDownBy: 2, maxBitrate: 500_000, maxFramerate: 10 },
  { rid: 'f', scaleResolutionDownBy: 1, maxBitrate: 2_500_000, maxFramerate: 15 },
];

/** @type {Record<Source, {kind: 'audio' | 'video', stream: StreamKind, layers?: RTCRtpEncodingParameters[]}>} */
export const SOURCES = {
  microphone: { kind: 'audio', stream: { media: 'audio', codec: 'opus' } },
  camera: { kind: 'video', stream: { media: 'video', codec: 'vp8' }, layers: CAMERA_LAYERS },
  screen: { kind: 'video', stream: { media: 'share', codec: 'vp8' }, layers: SCREEN_LAYERS },
  'screen-audio': { kind: 'audio', stream: { media: 'share', codec: 'opus' } },
};

const WANTED = { audio: ['audio/opus'], video: ['video/vp8', 'video/rtx'] };

/**
 * Only what our frame encryption knows how to wrap: Opus, VP8 and its retransmissions.
 * @template {{mimeType: string}} C
 * @param {'audio' | 'video'} kind
 * @param {C[]} codecs what the browser can do
 * @returns {C[]}
 */
export function wantedCodecs(kind, codecs) {
  return codecs.filter((codec) => WANTED[kind].includes(codec.mimeType.toLowerCase()));
}

/**
 * Which layers to encode when the relay asks for `layers`. The smallest stays on, so that a
 * newcomer gets a picture without waiting for the encoder.
 * @param {string[]} rids all layers, small to large
 * @param {string[]} layers the ones somebody watches
 * @returns {Map<string, boolean>}
 */
export function activeLayers(rids, layers) {
  return new Map(rids.map((rid, place) => [rid, place === 0 || layers.includes(rid)]));
}
