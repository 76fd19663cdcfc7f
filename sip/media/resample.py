"""Between 8 and 16 kHz, frame by frame, with 2.5 ms of delay each way.

A half-band filter as two polyphase branches (Crochiere and Rabiner, 1983, §3.4): one is a mere delay, the
other 40 taps. Every frame of N samples gives exactly 2 N or N / 2, and the filter's memory goes on from one
frame to the next. soxr's streams were measured first: "LQ" and better hold back 61 to 115 ms, because they
work in blocks, and "QQ" does not filter.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["Downsampler", "Upsampler"]

_HALF = 20  # taps on each side of the centre, at 8 kHz
_KAISER = 6.0  # about 64 dB in the stop band, which begins at 4.4 kHz


def _branch() -> NDArray[np.float32]:
    """The half-band filter's odd taps: they give the samples half-way between those of 8 kHz."""
    at = np.arange(2 * _HALF) - _HALF + 0.5
    taps = np.sinc(at) * np.kaiser(4 * _HALF + 1, _KAISER)[1::2]
    return np.asarray(taps / taps.sum(), np.float32)


_TAPS = _branch()
_MEMORY = 2 * _HALF - 1


def _rounded(values: NDArray[np.float32]) -> NDArray[np.int16]:
    np.rint(values, out=values)
    np.clip(values, -32768.0, 32767.0, out=values)
    return values.astype(np.int16)


class Upsampler:
    """8 to 16 kHz."""

    def __init__(self) -> None:
        self._past = np.zeros(_MEMORY, np.float32)

    def feed(self, samples: NDArray[np.int16]) -> NDArray[np.int16]:
        """Twice as many samples, 20 samples of 8 kHz late."""
        size = len(samples)
        signal = np.concatenate((self._past, samples), dtype=np.float32)
        self._past = signal[size:]
        out = np.empty(2 * size, np.float32)
        out[0::2] = signal[_MEMORY - _HALF : _MEMORY - _HALF + size]
        out[1::2] = np.convolve(signal, _TAPS, "valid")
        return _rounded(out)


class Downsampler:
    """16 to 8 kHz; frames have an even number of samples."""

    def __init__(self) -> None:
        self._past = np.zeros((2, _MEMORY), np.float32)

    def feed(self, samples: NDArray[np.int16]) -> NDArray[np.int16]:
        """Half as many samples, 19 samples of 8 kHz late."""
        size = len(samples) // 2
        signal = np.concatenate((self._past, samples.reshape(size, 2).T), axis=1, dtype=np.float32)
        self._past = signal[:, size:]
        start = _MEMORY - _HALF + 1
        out = np.convolve(signal[1], _TAPS, "valid")
        out += signal[0, start : start + size]
        out *= np.float32(0.5)
        return _rounded(out)
