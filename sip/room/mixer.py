"""Everyone but the listener: frames in, frames out. Pure; sums wide and clamps once."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from sip.interface import FRAME

__all__ = ["DUCKED", "level", "limited", "mix", "over"]

Frame = NDArray[np.int16]
K = TypeVar("K", bound=Hashable)

DUCKED: Final = 0.25
"""How loud the meeting stays below a spoken prompt."""

_KNEE: Final = 24_000.0
"""Above this the limiter bends the sum instead of cutting it off."""


def mix(callers: Mapping[K, Frame], others: list[Frame]) -> dict[K, Frame]:
    """What each caller hears: `others` (browsers) and every other caller.

    callers: the frames of those who may be heard; a caller who only listens gives silence.
    """
    if not callers:
        return {}
    voices = np.array(list(callers.values()), np.int32).reshape(-1, FRAME)
    total = voices.sum(axis=0, dtype=np.int32)
    for frame in others:
        total += frame
    rest = limited(total - voices)
    return dict(zip(callers, rest, strict=True))


def limited(wide: NDArray[np.int32]) -> Frame:
    """int32 sums as int16: unchanged below the knee, bent smoothly above it, never beyond full scale."""
    if not wide.size or max(int(wide.max()), -int(wide.min())) <= _KNEE:
        return wide.astype(np.int16)
    loud = np.abs(wide)
    room = 32_767.0 - _KNEE
    bent = _KNEE + room * np.tanh((loud - _KNEE) / room)
    return np.where(loud <= _KNEE, wide, np.sign(wide) * np.rint(bent)).astype(np.int16)


def over(meeting: Frame, prompt: Frame) -> Frame:
    """A prompt on top of the meeting, which goes on quietly below it."""
    return limited(prompt.astype(np.int32) + (meeting * DUCKED).astype(np.int32))


def level(frame: Frame) -> float:
    """Loudness in dBov (RFC 6464 §3): 0 a square wave at full scale, -127 silence."""
    wide = frame.astype(np.float32)
    power = float(wide @ wide) / max(1, len(frame)) / 32768.0**2
    return max(-127.0, 10.0 * float(np.log10(power))) if power > 0 else -127.0
