"""Tones in WAV files for telephones to play, and how much of a tone is in what they recorded."""

from __future__ import annotations

import wave
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["clearest", "read_wav", "share", "tone", "write_wav"]

Samples = NDArray[np.int16]


def tone(hertz: float, seconds: float, rate: int, level: float = 0.3) -> Samples:
    """A sine of `level` times full scale."""
    moments = np.arange(int(seconds * rate)) / rate
    return (np.sin(2 * np.pi * hertz * moments) * level * 32767).astype(np.int16)


def write_wav(path: Path, samples: Samples, rate: int) -> Path:
    """A mono file."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.tobytes())
    return path


def read_wav(path: Path, otherwise: int = 8000) -> tuple[Samples, int]:
    """Samples and rate, also of a file whose header is not yet written: then the rate is `otherwise`."""
    data = path.read_bytes()
    rate = int.from_bytes(data[24:28], "little") or otherwise
    found = data.find(b"data", 12, 200)
    at = found + 8 if found > 0 else 44
    body = data[at : at + (len(data) - at) // 2 * 2]
    return np.frombuffer(body, np.int16), rate


def share(samples: NDArray[Any], rate: int, hertz: float, width: float = 20.0) -> float:
    """How much of the energy, 0 to 1, lies within `width` of a frequency; 0 of silence."""
    if len(samples) < max(800, rate // 10):
        return 0.0
    power = np.abs(np.fft.rfft(samples.astype(float) * np.hanning(len(samples)))) ** 2
    total = float(power[1:].sum())
    if total < 1e6:
        return 0.0
    at = np.fft.rfftfreq(len(samples), 1 / rate)
    return float(power[np.abs(at - hertz) <= width].sum() / total)


def clearest(samples: NDArray[Any], rate: int, hertz: float) -> float:
    """`share` of the quarter of a second with most of it: a machine that is busy makes gaps in between."""
    size = rate // 4
    pieces = (samples[at : at + size] for at in range(0, len(samples) - size + 1, size // 4))
    return max((share(piece, rate, hertz) for piece in pieces), default=0.0)
