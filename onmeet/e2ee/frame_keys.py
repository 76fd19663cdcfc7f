"""All frame keys and counters of one participant: what the browser's worker is, for a process of ours."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Final

from onmeet.e2ee.derive import Bases
from onmeet.e2ee.labels import OLD_KEYS_MS, FrameClass, kid, kid_parts
from onmeet.e2ee.replay_window import ReplayWindow
from onmeet.e2ee.sframe import FrameError, FrameKey, decode_header

__all__ = ["FrameKeys", "FrameRefusal", "clear_bytes"]

KEPT_EPOCHS: Final = 3
"""Epochs whose keys still open frames: the one in force and two before it."""

TAG_BYTES: Final = 16


class FrameRefusal(Exception):
    """A frame that cannot be sealed or opened; `reason` is one of docs/e2ee.md's."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(slots=True)
class _Sender:
    key: FrameKey
    counter: int = 0


@dataclass(slots=True)
class _Receiver:
    key: FrameKey
    window: ReplayWindow = field(default_factory=ReplayWindow)


@dataclass(slots=True)
class _EpochKeys:
    n: int
    index: int
    bases: Bases
    until: float = math.inf
    senders: dict[FrameClass, _Sender] = field(default_factory=dict)
    receivers: dict[int, _Receiver] = field(default_factory=dict)

    def sender(self, frame_class: FrameClass) -> _Sender:
        if frame_class not in self.senders:
            key = FrameKey(self.bases[frame_class], kid(frame_class, self.index, self.n))
            self.senders[frame_class] = _Sender(key)
        return self.senders[frame_class]

    def receiver(self, frame_class: FrameClass, key_id: int) -> _Receiver:
        if key_id not in self.receivers:
            self.receivers[key_id] = _Receiver(FrameKey(self.bases[frame_class], key_id))
        return self.receivers[key_id]


class FrameKeys:
    """Seals what `index` sends and opens what others send; times in milliseconds.

    One instance for one stay in a meeting: a counter that started twice under one key would give both
    frames away. `bases` of an epoch may lack classes that this participant must not hear.
    """

    def __init__(self) -> None:
        self._epochs: list[_EpochKeys] = []
        self._silent = False

    def set_epoch(self, n: int, index: int, bases: Bases, now: float) -> None:
        """New keys are in force. An epoch that is not newer is ignored: its counters are running."""
        if self._epochs and n <= self._epochs[0].n:
            return
        if self._epochs:
            self._epochs[0].until = now + OLD_KEYS_MS
        self._epochs.insert(0, _EpochKeys(n, index, bases))
        del self._epochs[KEPT_EPOCHS:]
        self.forget_old(now)

    def forget_old(self, now: float) -> None:
        """Drop the keys of epochs that are over."""
        self._epochs = [each for each in self._epochs if now < each.until]

    def silence(self, silent: bool) -> None:
        """Whether nothing may be sealed."""
        self._silent = silent

    def seal(self, frame_class: FrameClass, data: bytes, clear: int = 0) -> bytes:
        """Clear bytes ‖ SFrame; raises FrameRefusal."""
        if self._silent:
            raise FrameRefusal("silent")
        if len(data) < clear:
            raise FrameRefusal("malformed")
        if not self._epochs or frame_class not in self._epochs[0].bases:
            raise FrameRefusal("no-key")
        sender = self._epochs[0].sender(frame_class)
        counter, sender.counter = sender.counter, sender.counter + 1
        return data[:clear] + sender.key.seal(counter, data[clear:], data[:clear])

    def open(self, frame_class: FrameClass, index: int, data: bytes, now: float, clear: int = 0) -> bytes:
        """The plain frame, which must be of this class and this sender; raises FrameRefusal."""
        header = decode_header(data, clear)
        if not header or len(data) < clear + header.size + TAG_BYTES:
            raise FrameRefusal("malformed")
        claimed_class, claimed_index, nibble = kid_parts(header.kid)
        if claimed_class != frame_class:
            raise FrameRefusal("wrong-class")
        # Our own frames never come back to us, except from somebody who wants to confuse.
        ours = bool(self._epochs) and self._epochs[0].index == index
        if claimed_index != index or ours:
            raise FrameRefusal("wrong-sender")
        receiver = self._find(nibble, frame_class, header.kid, now)
        if not receiver.window.is_fresh(header.counter):
            raise FrameRefusal("replay")
        try:
            plain = receiver.key.open(header, data[clear:], data[:clear])
        except FrameError as error:
            raise FrameRefusal(error.reason) from None
        receiver.window.accept(header.counter)
        return data[:clear] + plain

    def _find(self, nibble: int, frame_class: FrameClass, key_id: int, now: float) -> _Receiver:
        for each in self._epochs:
            if each.n & 15 == nibble and now < each.until and frame_class in each.bases:
                return each.receiver(frame_class, key_id)
        raise FrameRefusal("no-key")


def clear_bytes(codec: str, data: bytes) -> int:
    """How many leading bytes of a frame stay readable: Opus 0, VP8 10 on a key frame, else 1.

    RFC 6386 §9.1: the lowest bit of a VP8 frame is 0 on key frames.
    """
    if codec == "opus" or not data:
        return 0
    return 1 if data[0] & 1 else 10
