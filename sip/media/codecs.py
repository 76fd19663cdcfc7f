"""The codecs of a leg: all 64 kbit/s with an RTP clock of 8 kHz, one octet a tick (RFC 3551 §4.5).

G.722 codes two samples of 16 kHz in an octet; its RTP clock is 8 kHz for historical reasons (§4.5.2).
"""

from __future__ import annotations

from typing import Protocol, cast

import G722 as g722
import numpy as np
from numpy.typing import NDArray

from sip.interface import CodecName
from sip.media import g711
from sip.media.resample import Downsampler

__all__ = ["TICKS_PER_SECOND", "Codec", "make"]

TICKS_PER_SECOND = 8000


class Codec(Protocol):
    """One direction each of encoder and decoder; both remember what came before."""

    rate: int
    """Samples a second that `decode` gives: 8000 or 16000."""

    def decode(self, data: bytes) -> NDArray[np.int16]:
        """`len(data) * rate / 8000` samples."""

    def encode(self, frame: NDArray[np.int16]) -> bytes:
        """An even number of samples of 16 kHz; half as many octets."""


class G711:
    """PCMA or PCMU: narrow band."""

    rate = 8000

    def __init__(self, law: g711.Law) -> None:
        self._law = law
        self._down = Downsampler()

    def decode(self, data: bytes) -> NDArray[np.int16]:
        """One sample for each octet."""
        return self._law.decode(data)

    def encode(self, frame: NDArray[np.int16]) -> bytes:
        """One octet for two samples."""
        return self._law.encode(self._down.feed(frame))


class G722:
    """Wide band, 7 kHz."""

    rate = 16000

    def __init__(self) -> None:
        self._encoder = g722.G722(self.rate, 64000)
        self._decoder = g722.G722(self.rate, 64000)

    def decode(self, data: bytes) -> NDArray[np.int16]:
        """Two samples for each octet."""
        return np.frombuffer(self._decoder.decode(data), np.int16)

    def encode(self, frame: NDArray[np.int16]) -> bytes:
        """One octet for two samples."""
        return cast(bytes, self._encoder.encode(frame))


def make(name: CodecName) -> Codec:
    """A fresh codec."""
    if name == "G722":
        return G722()
    return G711(g711.ALAW if name == "PCMA" else g711.ULAW)
