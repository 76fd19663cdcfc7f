"""What a publisher sends: pattern cameras and microphones, one packet a step, evenly paced."""

from __future__ import annotations

from bench.client.frames import (
    AUDIO,
    VIDEO,
    Stamper,
    key_id,
    sframe_header,
    vp8_clear,
    vp8_descriptor,
)
from bench.client.sender import Sender, SendStream

FRAME_PACKETS = 10
FRAMES_PER_SECOND = 25
_VIDEO_PAYLOAD = 1076  # with 12 + 4 + 8 bytes of header and extensions: RTP packets of 1,100 bytes
_AUDIO_PAYLOAD = 120
_SIMULCAST_SHARES = ((10,), (2, 8), (1, 3, 6))  # packets of each layer in a frame, lowest first


class PatternCamera:
    """VP8-like frames of stamped packets, in one layer or simulcast; 250 packets a second in all."""

    interval_ns = 1_000_000_000 // (FRAME_PACKETS * FRAMES_PER_SECOND)

    def __init__(self, sender: Sender, layers: list[SendStream], index: int, epoch: int = 0) -> None:
        self.layers = layers
        self.frames = 0
        self.packets = 0
        self.keyframes = 0
        self._sender = sender
        self._kid = key_id(VIDEO, index, epoch)
        self._counter = 0  # one SFrame counter for all layers of the track
        self._stampers = [Stamper(index, VIDEO, layer) for layer in range(len(layers))]
        self._plan = [
            (layer, position, share)
            for layer, share in enumerate(_SIMULCAST_SHARES[len(layers) - 1])
            for position in range(share)
        ]
        self._step = 0
        self._key = [True] * len(layers)

    def step(self, now_ns: int) -> None:
        """Send the next packet."""
        layer, position, share = self._plan[self._step]
        stream = self.layers[layer]
        key = self._key[layer]
        if position == 0:
            key = self._key[layer] = stream.keyframe_wanted
            self.keyframes += key
            stream.keyframe_wanted = False
        head = vp8_descriptor(start=position == 0, picture=self.frames, tl0=self.frames, key=key)
        if position == 0:
            head += vp8_clear(key) + sframe_header(self._kid, self._counter)
            self._counter += 1
        tail = self._stampers[layer].tail(_VIDEO_PAYLOAD - len(head), self.frames, now_ns)
        timestamp = self.frames * (90000 // FRAMES_PER_SECOND)
        self._sender.send(stream, head + tail, timestamp, marker=position == share - 1)
        self.packets += 1
        self._step += 1
        if self._step == FRAME_PACKETS:
            self._step = 0
            self.frames += 1


class PatternMicrophone:
    """Opus-like frames of 20 ms, one packet each, with an audio level."""

    interval_ns = 20_000_000

    def __init__(
        self, sender: Sender, stream: SendStream, index: int, level: int = 20, epoch: int = 0
    ) -> None:
        self.stream = stream
        self.level = level  # −dBov; 127 is silence
        self.packets = 0
        self._sender = sender
        self._kid = key_id(AUDIO, index, epoch)
        self._stamper = Stamper(index, AUDIO)

    def step(self, now_ns: int) -> None:
        """Send the next frame."""
        head = sframe_header(self._kid, self.packets)
        tail = self._stamper.tail(_AUDIO_PAYLOAD - len(head), self.packets, now_ns)
        self._sender.send(self.stream, head + tail, self.packets * 960, marker=False, level=self.level)
        self.packets += 1
