"""What the room hears of its browsers: open, put in order, decode, 20 ms at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from onmeet.e2ee.frame_keys import FrameRefusal
from onmeet.rtp.sequence import extend
from sip.interface import FRAME, RATE
from sip.media.concealment import Concealment
from sip.room.opus import DecodeError, Decoder, duration
from sip.room.packets import Heard

__all__ = ["Browser", "Browsers"]

Frame = NDArray[np.int16]
Open = Callable[[int, bytes], bytes]
"""Opens a frame of this sender; raises FrameRefusal."""

FRAME_MS: Final = 20.0
LEAST_MS: Final = 40.0
MOST_MS: Final = 200.0
_LONGEST_MS: Final = 400.0
"""Sound that waits; more is a burst after a stall, and its beginning is given up."""

_CALM_TICKS: Final = 250
"""5 s in which nothing came late, after which the buffer tries to be shorter."""

_HOLE_TICKS: Final = 4
"""Frames that are made up; then it is silence, until enough waits again."""

_PAST: Final = 480
"""Samples that stand-ins are made of: 30 ms."""

_OVERLAP: Final = 64
"""Samples over which a stand-in gives way to what really came: 4 ms."""

_MOST_BROWSERS: Final = 12
"""Decoders that are kept: those whom the relay forwarded last. It forwards four at a time."""


class Browser:
    """One microphone. `put` as packets come, `frame` each 20 ms.

    The buffer waits until `target` ms of sound are there, then plays. It grows when a frame was missing that
    came after all, and shrinks by a frame after five calm seconds.
    """

    def __init__(self) -> None:
        self.target = LEAST_MS
        self.lost = self.made_up = 0
        self._decoder = Decoder()
        self._waiting: dict[int, bytes] = {}
        self._next: int | None = None
        self._rest = np.zeros(0, np.int16)
        self._past = np.zeros(_PAST, np.float32)
        self._stand_in: Concealment | None = None
        self._playing = False
        self._holes = 0
        self._calm = 0
        self._surplus = _LONGEST_MS

    def put(self, sequence: int, packet: bytes) -> None:
        """An opened Opus packet with its RTP sequence number."""
        if not duration(packet):
            return
        if self._next is None:
            self._next = sequence
        index = extend(sequence, self._next)
        if abs(index - self._next) > 500:  # not the same stream any more
            self._begin_at(index)
        if index < self._next:
            self._late(index)
            return
        self._waiting[index] = packet
        while self.waiting > _LONGEST_MS:
            self._next = min(self._waiting)
            del self._waiting[self._next]

    @property
    def waiting(self) -> float:
        """Milliseconds of sound that are here."""
        return sum(map(duration, self._waiting.values())) + len(self._rest) / 16

    def frame(self) -> Frame | None:
        """The next 20 ms, None while there is nothing to hear."""
        if not self._playing:
            if self.waiting < self.target:
                return None
            self._playing, self._holes = True, 0
            if self._next not in self._waiting and self._waiting:
                self._next = min(self._waiting)
        self._adapt()
        while len(self._rest) < FRAME:
            piece = self._piece()
            if piece is None:
                self._stop()
                return None
            self._rest = np.concatenate((self._rest, piece)) if len(self._rest) else piece
        frame, self._rest = self._rest[:FRAME], self._rest[FRAME:]
        return frame

    def _piece(self) -> Frame | None:
        """The next packet's sound, or what stands in for it."""
        packet = self._waiting.pop(self._next, None) if self._next is not None else None
        if packet is not None and self._next is not None:
            self._next += 1
            try:
                return self._real(self._decoder.decode(packet))
            except DecodeError:
                return self._made_up()
        if self._waiting and self._next is not None:
            # Later ones are here already: it is lost. Else it may only be late, and its number still waits.
            self.lost += 1
            self._next += 1
        self._holes += 1
        return self._made_up() if self._holes <= _HOLE_TICKS else None

    def _real(self, sound: Frame) -> Frame:
        """Sound that came; after a hole the stand-in fades into it."""
        self._holes = 0
        if self._stand_in is not None:
            size = min(_OVERLAP, len(sound))
            old, up = self._stand_in.make(size), np.linspace(0, 1, size, dtype=np.float32)
            sound = sound.copy()
            sound[:size] = old + (sound[:size] - old) * up
            self._stand_in = None
        self._past = np.concatenate((self._past, sound[-_PAST:].astype(np.float32)))[-_PAST:]
        return sound

    def _made_up(self) -> Frame:
        """20 ms that go on as it was, softer each time."""
        self.made_up += 1
        if self._stand_in is None:
            self._stand_in = Concealment(self._past, RATE)
        return np.asarray(np.clip(self._stand_in.make(FRAME), -32768, 32767), np.int16)

    def _stop(self) -> None:
        """Silence until enough waits again."""
        self._playing = False
        self._stand_in = None
        self._past[:] = 0

    def _late(self, index: int) -> None:
        """Made up already; with a longer buffer it would have been in time."""
        if self._next is not None and self._next - index <= _HOLE_TICKS:
            self.target = min(MOST_MS, self.target + FRAME_MS)
            self._calm = 0

    def _adapt(self) -> None:
        """Five seconds without anything late: leave out what always waits in vain."""
        self._calm += 1
        self._surplus = min(self._surplus, self.waiting)
        if self._holes:
            self._calm = 0
            self._surplus = _LONGEST_MS
        if self._calm < _CALM_TICKS:
            return
        if self._surplus >= 2 * FRAME_MS:
            self.target = max(LEAST_MS, self.target - FRAME_MS)
            self._drop()
        self._calm, self._surplus = 0, _LONGEST_MS

    def _drop(self) -> None:
        """Play 20 ms less, so that what follows comes sooner."""
        if len(self._rest) < FRAME:
            piece = self._piece()
            if piece is not None:
                self._rest = np.concatenate((self._rest, piece))
        self._rest = self._rest[FRAME:]

    def _begin_at(self, index: int) -> None:
        self._waiting.clear()
        self._next = index
        self._playing = False


class Browsers:
    """All microphones that the relay forwards. Frames that do not open are counted by their reason."""

    def __init__(self, open_frame: Open) -> None:
        self.refused: dict[str, int] = {}
        self._open = open_frame
        self._browsers: dict[int, Browser] = {}

    def put(self, heard: Heard) -> None:
        """A packet from the relay."""
        try:
            packet = self._open(heard.sender, heard.payload)
        except FrameRefusal as refusal:
            self.refused[refusal.reason] = self.refused.get(refusal.reason, 0) + 1
            return
        browser = self._browsers.pop(heard.sender, None) or Browser()
        self._browsers[heard.sender] = browser  # the newest last
        if len(self._browsers) > _MOST_BROWSERS:
            del self._browsers[next(iter(self._browsers))]
        browser.put(heard.sequence, packet)

    def frames(self) -> list[Frame]:
        """What is heard in these 20 ms; one call a tick."""
        return [frame for each in self._browsers.values() if (frame := each.frame()) is not None]

    def forget(self, senders: Iterable[int]) -> None:
        """They left for good."""
        for sender in senders:
            self._browsers.pop(sender, None)

    def clear(self) -> None:
        """Another meeting, or none."""
        self._browsers.clear()
