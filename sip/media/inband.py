"""Digits as tones in the sound itself, for lines without telephone-events: Goertzel filters on short blocks.

Levels, twist and frequencies after ITU-T Q.23 and Q.24. Speech must not dial: both tones have to stand out of
their groups and hold nearly all of the energy, in two blocks in a row.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sip.media.noise import FULL_SCALE

__all__ = ["COLUMNS", "KEYS", "ROWS", "ToneDetector"]

ROWS = (697, 770, 852, 941)  # Hz, ITU-T Q.23
COLUMNS = (1209, 1336, 1477, 1633)
KEYS = ("123A", "456B", "789C", "*0#D")

_BLOCK = 102 / 8000  # s: as short as two tones of one group can be told apart
_HITS = 2  # blocks in a row: 25.5 ms of a tone of at least 40 ms
_MISSES = 3  # blocks without it end a digit: a gap of 10 ms does not, one of 40 ms does
_FAINTEST = 10 ** (-42 / 10)  # power of a tone, of full scale: about -36 dBm0
_TWIST_HIGH, _TWIST_LOW = 10**0.8, 10**0.4  # Q.24: rows up to 8 dB above columns, columns up to 4 dB above
_STANDS_OUT = 10**0.8  # above the others of its group
_SHARE = 0.78  # of the block's energy that is in the two tones


class ToneDetector:
    """Feed it frames of any length at `rate`; it tells each digit once."""

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self._size = round(_BLOCK * rate)
        at = np.arange(self._size)[:, np.newaxis] * 2j * np.pi / rate
        self._waves = np.exp(-at * np.array(ROWS + COLUMNS)).astype(np.complex64)
        self._rest = np.zeros(0, np.float32)
        self._current = self._candidate = ""
        self._hits = self._misses = 0

    def feed(self, frame: NDArray[np.int16]) -> str:
        """The digits that were recognised with this frame, mostly none."""
        samples = np.concatenate((self._rest, frame), dtype=np.float32)
        out = ""
        whole = len(samples) // self._size * self._size
        for at in range(0, whole, self._size):
            out += self._block(samples[at : at + self._size])
        self._rest = samples[whole:]
        return out

    def _block(self, block: NDArray[np.float32]) -> str:
        """Count blocks that say the same."""
        key = self._key(block)
        if key and key == self._candidate:
            self._hits += 1
        else:
            self._candidate, self._hits = key, 1 if key else 0
        if self._current and key != self._current:
            self._misses += 1
            if self._misses >= _MISSES:
                self._current = ""
        else:
            self._misses = 0
        if self._hits >= _HITS and not self._current:
            self._current, self._misses = key, 0
            return key
        return ""

    def _key(self, block: NDArray[np.float32]) -> str:
        """The key whose tones the block holds, or ""."""
        energy = float(np.dot(block, block)) / self._size / FULL_SCALE**2
        if energy < _FAINTEST:
            return ""
        found = block @ self._waves
        # A sine of power p gives |sum|² = p N² / 2.
        powers = (found.real**2 + found.imag**2) * (2 / (self._size * FULL_SCALE) ** 2)
        rows, columns = powers[:4], powers[4:]
        row, column = int(np.argmax(rows)), int(np.argmax(columns))
        low, high = float(rows[row]), float(columns[column])
        if (
            min(low, high) < _FAINTEST
            or low > high * _TWIST_HIGH
            or high > low * _TWIST_LOW
            or low + high < energy * _SHARE
            or np.partition(rows, 2)[2] * _STANDS_OUT > low
            or np.partition(columns, 2)[2] * _STANDS_OUT > high
        ):
            return ""
        return KEYS[row][column]
