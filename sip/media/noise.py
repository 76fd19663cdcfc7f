"""Comfort noise: as the far side describes it (RFC 3389), or as loud as its background was."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["FULL_SCALE", "SILENT", "Background", "ComfortNoise", "level_of"]

FULL_SCALE = 32768.0
SILENT = -127.0
"""dBov of digital silence (RFC 6464 §3)."""

_ORDER = 12  # more reflection coefficients than codecs of telephones have are left aside
_TAPS = 64  # of the synthesis filter's impulse response; at 8 kHz 8 ms
_LOUDEST = -50.0  # dBov: a "background" above that is speech
_ASSUMED_RATE = 8000  # of the described spectrum


def level_of(samples: NDArray[np.int16]) -> float:
    """Mean power in dBov: 0 for a square wave of full scale, -127 for silence."""
    if not len(samples):
        return SILENT
    values = samples.astype(np.float32)
    power = float(np.dot(values, values)) / len(values)
    return max(SILENT, 10 * float(np.log10(power)) - 90.309) if power else SILENT  # 20 lg 32768


class Background:
    """Loudness of the quietest parts of what was heard in the last few seconds."""

    _FALL, _RISE = 0.5, 0.06  # dB a frame, the latter: 3 dB a second

    def __init__(self) -> None:
        self.level = SILENT

    def hear(self, level: float) -> None:
        """One more frame of 20 ms of real sound, in dBov."""
        if self.level == SILENT:
            self.level = min(level, _LOUDEST)
        elif level < self.level:
            self.level += (level - self.level) * self._FALL
        else:
            self.level = min(self.level + self._RISE, _LOUDEST, level)


class ComfortNoise:
    """A source of noise; `rate` in samples a second, 8000 or 16000."""

    def __init__(self, rate: int, seed: int | None = None) -> None:
        self._random = np.random.default_rng(seed)
        self._stretch = rate // _ASSUMED_RATE
        self._filter: NDArray[np.float32] | None = None
        self._past = self._white(_TAPS - 1)
        self.level = SILENT

    def describe(self, payload: bytes) -> None:
        """Follow an RFC 3389 payload: level, then reflection coefficients. Anything empty is ignored."""
        if payload:
            self.level = -float(payload[0] & 0x7F)
            self._filter = _synthesis(payload[1 : 1 + _ORDER]) if len(payload) > 1 else None

    def plain(self, level: float) -> None:
        """White noise of so many dBov."""
        self.level, self._filter = level, None

    def make(self, size: int) -> NDArray[np.float32]:
        """The next samples."""
        rms = 10 ** (self.level / 20) * FULL_SCALE
        if self.level <= SILENT or rms < 0.5:  # less than half a step of 16 bits
            return np.zeros(size, np.float32)
        if self._filter is None:
            return self._white(size) * np.float32(rms)
        fresh = -(-size // self._stretch)
        signal = np.concatenate((self._past, self._white(fresh)))
        self._past = signal[fresh:]
        shaped = np.convolve(signal, self._filter, "valid") * np.float32(rms)
        if self._stretch > 1:  # the description ends at 4 kHz
            at = np.arange(size, dtype=np.float32) / self._stretch
            shaped = np.interp(at, np.arange(fresh), shaped).astype(np.float32)
        return shaped

    def _white(self, size: int) -> NDArray[np.float32]:
        return self._random.standard_normal(size, np.float32)


def _synthesis(octets: bytes) -> NDArray[np.float32]:
    """Impulse response of the all-pole filter, with a gain of one for white noise.

    RFC 3389 §3.2: octet N stands for the reflection coefficient (N - 127) / 128.
    """
    coefficients = np.ones(1)
    for octet in octets:
        reflection = max(-0.98, min((octet - 127) / 128, 0.98))  # one would ring for ever
        padded = np.append(coefficients, 0.0)
        coefficients = padded + reflection * padded[::-1]  # Levinson's step up
    response = np.fft.irfft(1 / np.fft.rfft(coefficients, 512))[:_TAPS]
    return np.asarray(response / np.sqrt(np.dot(response, response)), np.float32)
