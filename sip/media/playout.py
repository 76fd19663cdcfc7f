"""From packets to an endless row of frames: the jitter buffer's order, a codec, and what fills the gaps."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sip.interface import CodecName
from sip.media import codecs, pitch
from sip.media.codecs import TICKS_PER_SECOND
from sip.media.concealment import Concealment
from sip.media.jitter import JitterBuffer
from sip.media.noise import Background, ComfortNoise, level_of
from sip.media.pace import FRAME_SECONDS

__all__ = ["Playout"]

_MEMORY = 0.040  # s of played sound that is remembered
_OVERLAP = 0.005  # s in which filling and sound are faded into each other
_WINDOW = 80  # ticks in which two periods are faded into each other
_SHORTEST, _LONGEST = 20, 120  # ticks: the periods that are taken out or put in
_TOO_LATE, _TOO_EARLY = 60, -8  # ticks of excess at which something is done
_ALIKE = 0.6  # so like each other two periods have to be …
_HOPELESS = 400  # … unless the delay is worse than that by so many ticks
_QUIET = -50.0  # dBov: below it nobody hears the difference

_SOON, _NEVER_MIND = 0.05, 0.1  # share of a reader's error that is believed; s that are a new start


class Playout:
    """Plays one stream of a codec. `frame` samples a read, at `rate`: 20 ms."""

    def __init__(self, name: CodecName, *, seed: int | None = None) -> None:
        self._codec = codecs.make(name)
        self.rate = self._codec.rate
        self.frame = round(self.rate * FRAME_SECONDS)
        self._scale = self.rate // TICKS_PER_SECOND  # samples a tick
        self.buffer = JitterBuffer()
        self._memory = round(_MEMORY * self.rate)
        self._line = np.zeros(self._memory, np.float32)  # played, then still to be played
        self._cursor = self._memory
        self._filling: Concealment | None = None
        self._gap = True
        self._noise = ComfortNoise(self.rate, seed)
        self._background = Background()
        self._paused = self._described = False
        self._at: float | None = None
        self.concealed = 0

    def put(self, index: int, timestamp: int, payload: bytes, now: float) -> str:
        """A packet of sound came; the buffer's verdict on it."""
        self._paused = self._described = False
        return self.buffer.put(index, timestamp, payload, now)

    def describe_noise(self, payload: bytes) -> None:
        """The far side fell silent and says how its silence sounds (RFC 3389)."""
        self._noise.describe(payload)
        self._paused = self._described = True

    def pause(self) -> None:
        """The far side sends something else than sound, a digit: no gap to conceal, only silence."""
        self._paused = True

    def restart(self) -> None:
        """Another source, or its numbers began anew: what waits is void."""
        self.buffer.reset()

    def read(self, now: float) -> NDArray[np.int16]:
        """The next 20 ms at `rate`. Call it 50 times a second with the time."""
        now = self._steady(now)
        while self._unplayed < self.frame:
            taken = self.buffer.take(now)
            if isinstance(taken, bytes):
                self._sound(taken)
                continue
            missing = self.frame - self._unplayed
            size = min(missing, taken * self._scale) if taken else missing
            self._append(self._fill(size))
            self.concealed += size
            self.buffer.filled(size // self._scale)
        excess = self.buffer.excess
        if excess > _TOO_LATE:
            self._shorten(excess, now)
        elif excess < _TOO_EARLY:
            self._lengthen()
        out = self._line[self._cursor : self._cursor + self.frame]
        self._cursor += self.frame
        rounded = np.rint(out)
        np.clip(rounded, -32768.0, 32767.0, out=rounded)
        return rounded.astype(np.int16)

    @property
    def delay(self) -> float:
        """Seconds of sound between arrival and being read, at this moment."""
        return (self.buffer.waiting + self._unplayed / self._scale) / TICKS_PER_SECOND

    def _steady(self, now: float) -> float:
        """The reader's time without its irregularity, so that delays can be compared."""
        if self._at is None or abs(now - self._at - FRAME_SECONDS) > _NEVER_MIND:
            self._at = now
        else:
            self._at += FRAME_SECONDS
            self._at += (now - self._at) * _SOON
        return self._at

    @property
    def _unplayed(self) -> int:
        return len(self._line) - self._cursor

    def _append(self, sound: pitch.Sound) -> None:
        start = self._cursor - self._memory
        self._line = np.concatenate((self._line[start:], sound))
        self._cursor = self._memory

    def _sound(self, payload: bytes) -> None:
        samples = self._codec.decode(payload)
        self._background.hear(level_of(samples))
        sound = samples.astype(np.float32)
        if self._gap:
            size = min(round(_OVERLAP * self.rate), len(sound))
            sound[:size] = pitch.fade(self._fill(size), sound[:size])
            self._gap = False
            self._filling = None
        self._append(sound)

    def _fill(self, size: int) -> pitch.Sound:
        """What goes on from the end of the line: the last period, fading into noise."""
        if not self._gap:
            self._gap = True
            self._filling = Concealment(self._line[-self._memory :], self.rate, short=self._paused)
        if not self._described:
            self._noise.plain(self._background.level)
        noise = self._noise.make(size)
        if self._filling is None:
            return noise
        noise *= self._filling.faded
        noise += self._filling.make(size)
        if self._filling.faded >= 1:
            self._filling = None
        return noise

    def _shorten(self, excess: float, now: float) -> None:
        longest = min(_LONGEST, int(excess))
        while self._unplayed < self.frame + longest * self._scale:
            taken = self.buffer.take(now)
            if not isinstance(taken, bytes):
                return  # a gap comes first: nothing to shorten
            self._sound(taken)
        sound = self._line[self._cursor :]
        window = _WINDOW * self._scale
        lag, likeness = pitch.best_lag(sound, window, _SHORTEST * self._scale, longest * self._scale)
        if likeness < _ALIKE and excess < _HOPELESS and not self._is_quiet(sound[: window + lag]):
            return
        lag -= lag % self._scale
        self._line = np.concatenate((self._line[: self._cursor], pitch.shortened(sound, lag, window)))
        self.buffer.adjusted(lag // self._scale)

    def _lengthen(self) -> None:
        sound, past = self._line[self._cursor :], self._line[: self._cursor]
        window = _WINDOW * self._scale
        around = self._line[self._cursor - _LONGEST * self._scale : self._cursor + window][::-1]
        lag, likeness = pitch.best_lag(around, window, _SHORTEST * self._scale, _LONGEST * self._scale)
        if likeness < _ALIKE and not self._is_quiet(around):
            return
        lag -= lag % self._scale
        self._line = np.concatenate((past, pitch.lengthened(past, sound, lag, window)))
        self.buffer.adjusted(-lag // self._scale)

    def _is_quiet(self, sound: pitch.Sound) -> bool:
        return level_of(sound.astype(np.int16)) < _QUIET
