"""G.711: 16-bit samples to 8-bit A-law or mu-law and back, by table.

Decision levels are those of the recommendation; output values lie in the middle of each interval. Samples are
int16, one octet stands for one sample.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["ALAW", "ULAW", "Law"]

_EVEN_BITS = 0x55  # ITU-T G.711 §2: A-law inverts every other bit on the line
_BIAS = 0x84  # mu-law's segments begin at powers of two minus this
_ULAW_CLIP = 0x1FFF  # 14 bits


class Law:
    """One companding law as two tables."""

    def __init__(self, decoded: NDArray[np.int16], encoded: NDArray[np.uint8]) -> None:
        self._decoded = decoded  # 256 samples, by octet
        self._encoded = encoded  # 65536 octets, by sample taken as uint16

    def decode(self, data: bytes) -> NDArray[np.int16]:
        """Samples, as many as octets."""
        return self._decoded[np.frombuffer(data, np.uint8)]

    def encode(self, samples: NDArray[np.int16]) -> bytes:
        """Octets, as many as samples."""
        return self._encoded[samples.view(np.uint16)].tobytes()


def _alaw() -> Law:
    octets = np.arange(256) ^ _EVEN_BITS
    segment, step = octets >> 4 & 7, (octets & 0x0F) << 4
    size = np.where(segment == 0, step + 8, (step + 0x108) << np.maximum(segment - 1, 0))
    decoded = np.where(octets & 0x80, size, -size).astype(np.int16)

    samples = np.arange(65536, dtype=np.uint16).view(np.int16).astype(np.int32)
    size = np.where(samples < 0, ~samples, samples) >> 4  # 11 bits; one's complement keeps both signs alike
    segment = np.maximum(_bits(size) - 4, 0)
    step = np.where(segment > 1, size >> np.maximum(segment - 1, 0), size) & 0x0F
    encoded = (segment << 4 | step | np.where(samples < 0, 0, 0x80)) ^ _EVEN_BITS
    return Law(decoded, encoded.astype(np.uint8))


def _ulaw() -> Law:
    octets = ~np.arange(256) & 0xFF
    size = ((((octets & 0x0F) << 3) + _BIAS) << (octets >> 4 & 7)) - _BIAS
    decoded = np.where(octets & 0x80, -size, size).astype(np.int16)

    samples = np.arange(65536, dtype=np.uint16).view(np.int16).astype(np.int32)
    size = np.minimum((np.where(samples < 0, ~samples, samples) >> 2) + (_BIAS >> 2), _ULAW_CLIP)
    segment = _bits(size) - 6  # 0 … 7
    step = size >> (segment + 1) & 0x0F
    encoded = ~(segment << 4 | step | np.where(samples < 0, 0x80, 0)) & 0xFF
    return Law(decoded, encoded.astype(np.uint8))


def _bits(values: NDArray[np.int32]) -> NDArray[np.int64]:
    """How many binary digits each value has."""
    return np.ceil(np.log2(values + 1)).astype(np.int64)


ALAW, ULAW = _alaw(), _ulaw()
