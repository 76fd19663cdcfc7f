"""What a caller hears of a machine: prompts and pauses, 20 ms at a time, without a gap."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from sip.interface import FRAME, RATE
from sip.ivr.sounds import Prompts
from sip.ivr.steps import Cue, Part

__all__ = ["FADE", "Player"]

Sound = NDArray[np.int16]

FADE = RATE // 200
"""Samples over which a sound that is cut short fades away: 5 ms."""

_LONGEST_PAUSE = 60.0


class Player:
    """Plays the newest `say`. One owner calls `frame` each 20 ms and passes `finished` on to its machine."""

    def __init__(self, prompts: Prompts) -> None:
        self._prompts = prompts
        self._waiting: deque[Sound] = deque()
        self._at = 0
        self._saying = False

    def say(self, parts: Iterable[Part]) -> None:
        """Play these in place of what is playing, which fades away."""
        new = [self._sound(part) for part in parts]
        self._cut()
        self._waiting.extend(sound for sound in new if len(sound))
        self._saying = True

    def stop(self) -> None:
        """Fade away; nothing is finished by that."""
        self._cut()
        self._saying = False

    @property
    def done(self) -> bool:
        """Whether nothing is left to play."""
        return not self._waiting

    def frame(self) -> Sound | None:
        """The next 320 samples at 16 kHz, the last ones filled up with silence; None when nothing plays."""
        if self.done:
            return None
        frame = np.zeros(FRAME, np.int16)
        filled = 0
        while filled < FRAME and self._waiting:
            piece = self._waiting[0][self._at : self._at + FRAME - filled]
            frame[filled : filled + len(piece)] = piece
            filled += len(piece)
            self._at += len(piece)
            if self._at >= len(self._waiting[0]):
                self._waiting.popleft()
                self._at = 0
        return frame

    def finished(self) -> bool:
        """True once after the last frame of a `say`: the moment for the machine's `said`."""
        over = self._saying and self.done
        if over:
            self._saying = False
        return over

    def _sound(self, part: Part) -> Sound:
        if isinstance(part, Cue):
            return self._prompts.sound(part.language, part.prompt)
        return np.zeros(round(min(max(part.seconds, 0.0), _LONGEST_PAUSE) * RATE), np.int16)

    def _cut(self) -> None:
        """Leave of what is playing only a fading rest."""
        rest = np.zeros(0, np.int16)
        if self._waiting:
            rest = self._waiting[0][self._at : self._at + FADE]
            rest = np.asarray(rest * np.linspace(1, 0, len(rest)), np.int16)
        self._waiting.clear()
        self._at = 0
        if rest.any():
            self._waiting.append(rest)
