"""Every number and label of the protocol that both languages must share (docs/e2ee.md)."""

from __future__ import annotations

from enum import IntEnum
from typing import Final

__all__ = [
    "BASE_BYTES",
    "CLASS_NAMES",
    "COALESCE_MS",
    "EPOCH_MAX",
    "HEARTBEAT_MS",
    "HINT_MAX",
    "INDEX_MAX",
    "KEY_FRAME_MS",
    "MAX_GRANTS",
    "MAX_KICKS",
    "OLD_KEYS_MS",
    "SILENCE_MS",
    "STAND_IN_ACCEPT_MS",
    "STAND_IN_ACT_MS",
    "TAKEOVER_MS",
    "FrameClass",
    "kid",
    "kid_parts",
    "label",
]


class FrameClass(IntEnum):
    """What a frame carries; the top bits of its key identifier."""

    AUDIO = 1
    VIDEO = 2
    SHARE = 3
    CHAT = 4


CLASS_NAMES: Final = {
    FrameClass.AUDIO: "audio",
    FrameClass.VIDEO: "video",
    FrameClass.SHARE: "share",
    FrameClass.CHAT: "chat",
}

BASE_BYTES: Final = 32
"""Length of an epoch secret and of each base key drawn from it."""

INDEX_MAX: Final = 1023
"""Participants are numbered 0…1023 and no number is given twice."""

EPOCH_MAX: Final = 2**32 - 1
HINT_MAX: Final = 2**31
"""No chain gets so far: a log that says so would leave those who believe it no number to go on with."""

MAX_KICKS: Final = 256
MAX_GRANTS: Final = 32

# Timers, in milliseconds (docs/e2ee.md, Timers).
COALESCE_MS: Final = 500
HEARTBEAT_MS: Final = 10_000
TAKEOVER_MS: Final = 2_000
STAND_IN_ACCEPT_MS: Final = 10_000
STAND_IN_ACT_MS: Final = 20_000
SILENCE_MS: Final = 30_000
KEY_FRAME_MS: Final = 300
OLD_KEYS_MS: Final = 5_000


def label(name: str, *parts: bytes) -> bytes:
    """`OnMeet 1 <name>`, a zero byte, then the parts: separates every use of a hash, MAC or key."""
    return b"OnMeet 1 " + name.encode() + b"\0" + b"".join(parts)


def kid(frame_class: FrameClass, index: int, epoch: int) -> int:
    """The SFrame key identifier: class << 14 | sender index << 4 | epoch mod 16."""
    if not 0 <= index <= INDEX_MAX:
        raise ValueError(f"sender index out of range: {index}")
    return frame_class << 14 | index << 4 | epoch & 15


def kid_parts(value: int) -> tuple[int, int, int]:
    """Class number (which may be none of `FrameClass`), sender index and epoch mod 16 of a KID."""
    return value >> 14, value >> 4 & INDEX_MAX, value & 15
