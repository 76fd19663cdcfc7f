"""What is played where a packet is missing: the last pitch period again and again, ever softer.

After ITU-T G.711 Appendix I, without its delay of 3.75 ms: the first repetition starts at the level at which
the sound broke off instead of being overlapped with it.
"""

from __future__ import annotations

import numpy as np

from sip.media.pitch import Sound, best_lag

__all__ = ["Concealment"]

_SHORTEST, _LONGEST = 0.005, 0.015  # s of pitch: 200 to 66 Hz; higher voices fit several times
_TEMPLATE = 0.010  # s that are looked for
_FULL, _GONE = 0.010, 0.060  # s at full level, and until nothing is left
_GONE_SHORT = 0.025  # the same where the far side said that it falls silent


class Concealment:
    """Goes on from the end of `past`, at least 25 ms; `short`: the far side said that it falls silent."""

    def __init__(self, past: Sound, rate: int, *, short: bool = False) -> None:
        self._rate = rate
        self._gone = _GONE_SHORT if short else _GONE
        template, longest = round(_TEMPLATE * rate), round(_LONGEST * rate)
        backwards = past[len(past) - template - longest :][::-1]
        lag, self.likeness = best_lag(backwards, template, round(_SHORTEST * rate), longest)
        self._cycle = past[len(past) - lag :].copy()
        overlap = lag // 4
        up = np.arange(1, overlap + 1, dtype=np.float32) / np.float32(overlap + 1)
        before = past[len(past) - lag - overlap : len(past) - lag]
        self._cycle[lag - overlap :] += (before - self._cycle[lag - overlap :]) * up
        self._step = (past[-1] - past[-lag - 1]) * up[::-1]
        self._made = 0

    def make(self, size: int) -> Sound:
        """The next samples."""
        at = np.arange(self._made, self._made + size)
        out = self._cycle[at % len(self._cycle)]
        if self._made < len(self._step):
            part = self._step[self._made : self._made + size]
            out[: len(part)] += part
        out *= np.clip((self._gone - at / self._rate) / (self._gone - _FULL), 0.0, 1.0).astype(np.float32)
        self._made += size
        return out

    @property
    def faded(self) -> np.float32:
        """How much of it is gone by now: 0 … 1; comfort noise takes that share."""
        share = (self._made / self._rate - _FULL) / (self._gone - _FULL)
        return np.float32(min(max(share, 0.0), 1.0))
