"""Pitch: find a period in sound, and take periods out or put some in without a click.

The way of WSOLA (Verhelst and Roelands, 1993): where two stretches of sound are most alike, one is faded into
the other.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["best_lag", "fade", "lengthened", "shortened"]

Sound = NDArray[np.float32]


def fade(old: Sound, new: Sound) -> Sound:
    """From one stretch into another of the same length, linearly."""
    up = np.arange(1, len(old) + 1, dtype=np.float32) / np.float32(len(old) + 1)
    return old + (new - old) * up


def best_lag(sound: Sound, window: int, shortest: int, longest: int) -> tuple[int, float]:
    """The lag at which `sound` is most like its first `window` samples, and how alike: -1 … 1.

    `sound` has at least `window + longest` samples. Silence is like silence: 1.
    """
    head = sound[:window]
    rest = sound[shortest : longest + window]
    products = np.correlate(rest, head, "valid")
    squares = np.concatenate((np.zeros(1), np.cumsum(rest.astype(np.float64) ** 2)))
    energies = squares[window:] - squares[:-window]
    own = float(np.dot(head, head))
    likeness = (products + 1.0) / (np.sqrt(np.maximum(energies, 0.0) * own) + 1.0)
    best = int(np.argmax(likeness))
    return shortest + best, float(likeness[best])


def shortened(sound: Sound, lag: int, window: int) -> Sound:
    """`sound` without `lag` samples; it begins and ends as before. Needs `lag + window` samples."""
    return np.concatenate((fade(sound[:window], sound[lag : lag + window]), sound[lag + window :]))


def lengthened(past: Sound, sound: Sound, lag: int, window: int) -> Sound:
    """`sound` with `lag` samples more, taken from the end of `past`; it begins and ends as before."""
    again = np.concatenate((past[len(past) - lag :], sound))
    return np.concatenate((fade(sound[:window], again[:window]), again[window:]))
