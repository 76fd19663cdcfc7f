"""Sound as browsers send and receive it: a tone for a microphone, and the samples behind a decoder."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tests.browser.window import Window

__all__ = ["Heard", "heard", "microphone_with_tone"]

_TAP = """async (seconds) => {
  const taps = [];
  for (const peer of probe.peers) {
    if (peer.connectionState === 'closed') continue;
    for (const { receiver, currentDirection, mid } of peer.getTransceivers()) {
      if (receiver.track.kind !== 'audio' || !currentDirection?.includes('recv')) continue;
      taps.push(record(receiver.track.clone(), mid));
    }
  }
  return Promise.all(taps);

  async function record(track, mid) {
    const reader = new MediaStreamTrackProcessor({ track }).readable.getReader();
    const pieces = [];
    let rate = 48000, have = 0;
    const deadline = performance.now() + (seconds + 3) * 1000;
    while (have < seconds * rate && performance.now() < deadline) {
      const pause = new Promise((go) => setTimeout(() => go({ done: true }), 1000));
      const { value, done } = await Promise.race([reader.read(), pause]);
      if (done) break;
      rate = value.sampleRate;
      const piece = new Float32Array(value.numberOfFrames);
      value.copyTo(piece, { planeIndex: 0, format: 'f32-planar' });
      value.close();
      pieces.push(piece);
      have += piece.length;
    }
    void reader.cancel();
    track.stop();
    return { mid, rate, samples: pieces.flatMap((piece) => [...piece].map((x) => Math.round(x * 32767))) };
  }
}"""
"""Chromium's MediaStreamTrackProcessor gives decoded sound before anything is played."""

_TONE = """() => {
    const devices = navigator.mediaDevices;
    const real = devices.getUserMedia.bind(devices);
    devices.getUserMedia = async (wanted) => {
        const stream = await real(wanted);
        if (!wanted.audio) return stream;
        const context = new AudioContext();
        const tone = new OscillatorNode(context, { frequency: HERTZ });
        const quiet = new GainNode(context, { gain: 0.3 });
        const out = new MediaStreamAudioDestinationNode(context, { channelCount: 1 });
        tone.connect(quiet).connect(out);
        tone.start();
        return new MediaStream([...out.stream.getAudioTracks(), ...stream.getVideoTracks()]);
    };
}"""


def microphone_with_tone(hertz: float) -> str:
    """A function for `preload`: the microphone gives a pure tone that no voice processing touches."""
    return _TONE.replace("HERTZ", str(hertz))


@dataclass(frozen=True)
class Heard:
    """One sound that a browser received. samples: int16 at `rate`."""

    mid: str
    rate: int
    samples: NDArray[np.int16]

    @property
    def loudness(self) -> float:
        """dB below full scale."""
        if not len(self.samples):
            return -120.0
        return float(20 * np.log10(np.sqrt(np.mean(self.samples.astype(float) ** 2)) / 32768 + 1e-6))


def heard(window: Window, seconds: float) -> list[Heard]:
    """Everything that comes in during so many seconds."""
    rows = window.evaluate(_TAP, seconds)
    return [Heard(row["mid"], int(row["rate"]), np.array(row["samples"], np.int16)) for row in rows]
