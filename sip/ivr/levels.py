"""How loud a prompt is, measured as speech is: over the parts in which somebody speaks."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sip.interface import FRAME, RATE

__all__ = ["FULL", "Level", "active", "measure"]

FULL = 32767.0
"""0 dBov: the effective value of a square wave at full scale (ITU-T G.100.1)."""

_QUIETEST = -100.0
_MARGIN = 16.0
"""A frame is speech when it is less than so many dB below the loudest; compare ITU-T P.56."""


@dataclass(frozen=True, slots=True)
class Level:
    """speech: effective value of the speech, peak: highest sample, both in dBov. seconds: the whole length.
    clipped: share of samples at full scale."""

    speech: float
    peak: float
    seconds: float
    clipped: float


def measure(sound: NDArray[np.int16]) -> Level:
    """The level of a whole prompt at 16 kHz."""
    if not len(sound):
        return Level(_QUIETEST, _QUIETEST, 0.0, 0.0)
    samples = sound.astype(np.float64)
    speech = samples[active(samples)]
    loud = np.abs(samples)
    return Level(
        speech=_dbov(math.sqrt(float(np.mean(speech**2)))) if len(speech) else _QUIETEST,
        peak=_dbov(float(loud.max())),
        seconds=len(sound) / RATE,
        clipped=float(np.mean(loud >= FULL - 7)),
    )


def active(samples: NDArray[np.float64]) -> NDArray[np.bool_]:
    """For each sample whether somebody speaks in its 20 ms."""
    frames = -(-len(samples) // FRAME)
    padded = np.zeros(frames * FRAME)
    padded[: len(samples)] = samples
    power = (padded.reshape(frames, FRAME) ** 2).mean(axis=1)
    if not power.any():
        return np.zeros(len(samples), np.bool_)
    speaking = power >= power.max() * 10 ** (-_MARGIN / 10)
    return np.asarray(np.repeat(speaking, FRAME)[: len(samples)], np.bool_)


def _dbov(value: float) -> float:
    return max(20 * math.log10(value / FULL), _QUIETEST) if value > 0 else _QUIETEST
