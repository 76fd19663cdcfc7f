"""One telephone leg: RTP and RTCP sockets on one side, frames of 20 ms at 16 kHz on the other."""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from onmeet.clock import Clock, monotonic
from sip.interface import Agreement, LegState

__all__ = ["Frame", "Leg", "Stats"]

Frame = NDArray[np.int16]
"""320 samples: 20 ms at 16 kHz."""


@dataclass(slots=True)
class Stats:
    """What a leg counted so far.

    received, sent: RTP packets. lost, late, duplicated: of those expected. refused: dropped because of their
    source, form or SRTP check. jitter: of arrival (RFC 3550 §6.4.1), delay: of playing behind arrival, both
    in ms. rtt: to the far side and back in ms, None until it reported.
    """

    received: int = 0
    sent: int = 0
    lost: int = 0
    late: int = 0
    duplicated: int = 0
    refused: int = 0
    jitter: float = 0.0
    delay: float = 0.0
    rtt: float | None = None


class Leg:
    """The sound of one call. Made and used on one running event loop; owns both sockets.

    on_digit: called with one of 0–9 * # A–D, once for each key that the caller presses.
    """

    def __init__(
        self,
        rtp: socket.socket,
        rtcp: socket.socket,
        agreement: Agreement,
        *,
        on_digit: Callable[[str], None],
        clock: Clock = monotonic,
    ) -> None:
        raise NotImplementedError

    @classmethod
    def resume(
        cls,
        rtp: socket.socket,
        rtcp: socket.socket,
        state: LegState,
        *,
        on_digit: Callable[[str], None],
        clock: Clock = monotonic,
    ) -> Leg:
        """Go on where another process stopped: same SSRC, sequence, timestamps and roll-over counters."""
        raise NotImplementedError

    def read(self, now: float) -> Frame:
        """The caller's next 20 ms, always: sound, what fills a gap, or silence. Call it each 20 ms."""
        raise NotImplementedError

    def write(self, frame: Frame) -> None:
        """Send 20 ms to the phone. Call it each 20 ms; nothing goes out while the direction forbids it."""
        raise NotImplementedError

    def update(self, agreement: Agreement) -> None:
        """Media were renegotiated: address, codec, hold, keys."""
        raise NotImplementedError

    def state(self) -> LegState:
        """All that another process needs to go on. Call `release` first, or the two will send the same."""
        raise NotImplementedError

    def release(self) -> LegState:
        """Stop without a goodbye, leave the sockets open, and tell the state: before a hand-over."""
        raise NotImplementedError

    def close(self) -> None:
        """RTCP BYE, stop, close both sockets. Idempotent; does nothing but closing after `release`."""
        raise NotImplementedError

    @property
    def level(self) -> float:
        """Loudness of the last frame read, in dBov (RFC 6464): 0 is the loudest, -127 silence."""
        raise NotImplementedError

    @property
    def stats(self) -> Stats:
        """Counts so far."""
        raise NotImplementedError

    def silent_for(self, now: float) -> float:
        """Seconds since the last packet of any kind came from the far side (or since the start)."""
        raise NotImplementedError
