"""Refusing media that does not look encrypted (SFrame, RFC 9605 §4.3).

A sender whose encryption failed to start would send everything in clear. The relay cannot verify a tag, but
it can insist that every frame begins with an SFrame header of the right class and sender.
"""

from __future__ import annotations

from onmeet.relay.interface import Source

__all__ = ["TAG_LENGTH", "FrameVerdicts", "carries_header", "key_prefix"]

TAG_LENGTH = 16  # cipher suite 4, AES-128-GCM with a 128-bit tag (RFC 9605 §4.5)

# docs/e2ee.md: KID = class << 14 | sender index << 4 | epoch mod 16
_CLASSES: dict[Source, int] = {"microphone": 1, "camera": 2, "screen": 3, "screen-audio": 3}

# RFC 9605 §4.3 config byte: X = 1 (KID follows), K = 1 (two octets); Y and C describe the counter
_CONFIG_MASK, _CONFIG_KID2 = 0xF0, 0x90
_LONG_COUNTER, _COUNTER_OCTETS = 0x08, 0x07
_HEADER = 3  # config byte and KID, before the counter

_REMEMBERED = 64  # frames whose verdict late packets may still ask for


def key_prefix(source: Source, index: int) -> int:
    """The upper 12 bits of every KID that a participant may use for a source."""
    return _CLASSES[source] << 10 | index


def carries_header(data: bytes, at: int, prefix: int, whole: bool) -> bool:
    """Whether an SFrame header with this KID prefix stands at `data[at:]`.

    whole: the frame ends with this packet, so the tag must be in it too.
    """
    if len(data) < at + _HEADER or data[at] & _CONFIG_MASK != _CONFIG_KID2:
        return False
    if data[at + 1] << 4 | data[at + 2] >> 4 != prefix:
        return False
    size = _HEADER
    if data[at] & _LONG_COUNTER:
        size += (data[at] & _COUNTER_OCTETS) + 1
    return len(data) >= at + size + (TAG_LENGTH if whole else 0)


class FrameVerdicts:
    """The verdicts on the latest frames of one stream, by RTP timestamp."""

    __slots__ = ("_verdicts",)

    def __init__(self) -> None:
        self._verdicts: dict[int, bool] = {}

    def get(self, timestamp: int) -> bool | None:
        """The verdict on a frame, None while its first packet has not been seen."""
        return self._verdicts.get(timestamp)

    def note(self, timestamp: int, passed: bool) -> bool:
        """Remember a verdict; a frame once refused stays refused. Returns what holds."""
        verdicts = self._verdicts
        verdicts[timestamp] = passed = passed and verdicts.get(timestamp, True)
        if len(verdicts) > _REMEMBERED:
            del verdicts[next(iter(verdicts))]
        return passed

    def clear(self) -> None:
        """Forget all frames."""
        self._verdicts.clear()
