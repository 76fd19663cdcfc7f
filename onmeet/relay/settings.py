"""What the media plane is told at its start: one frozen value, read by nobody but the plane."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["Capture", "MediaSettings"]

Capture = Callable[[bytes], object]
"""Sees each RTP packet as the relay sees it: after SRTP, before any forwarding."""


@dataclass(frozen=True, slots=True)
class MediaSettings:
    """Where media is received, what is advertised to browsers, and how rooms forward.

    port: the one UDP port for everybody; 0 takes any free one (tests).
    bind: local addresses, at most one of IPv4 and one of IPv6; a family that the machine lacks
        is left out as long as the other one can be bound.
    advertise: IP addresses written into candidates, best first.
    loudest: how many audio tracks a big meeting forwards.
    require_sframe: refuse frames without a valid SFrame header (off only as a control in tests).
    capture: handed every received RTP packet; for the test that the relay cannot decrypt.
    """

    port: int = 3479
    bind: tuple[str, ...] = ("0.0.0.0", "::")  # noqa: S104 - media comes from anywhere
    advertise: tuple[str, ...] = ("127.0.0.1",)
    loudest: int = 4
    require_sframe: bool = True
    capture: Capture | None = None
