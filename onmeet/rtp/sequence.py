"""Arithmetic on numbers that wrap: 16-bit sequences as 48-bit indexes, 32-bit timestamps.

An index is ROC ‖ sequence as SRTP counts it (RFC 3711 §3.3.1): it never wraps in practice, so offsets,
comparisons and ranges are plain integer arithmetic.
"""

from __future__ import annotations

__all__ = ["extend", "is_newer_timestamp", "timestamp_distance"]


def extend(sequence: int, near: int) -> int:
    """The index closest to the index `near` whose low 16 bits are `sequence`.

    Never negative: before the first wrap a smaller sequence cannot lie below zero.
    """
    index = near + ((sequence - near + 0x8000) & 0xFFFF) - 0x8000
    return index if index >= 0 else index + 0x10000


def timestamp_distance(a: int, b: int) -> int:
    """How far timestamp `a` is ahead of `b` in clock ticks, across the 32-bit wrap."""
    return ((a - b + 0x80000000) & 0xFFFFFFFF) - 0x80000000


def is_newer_timestamp(a: int, b: int) -> bool:
    """Whether timestamp `a` is later than `b`."""
    return 0 < ((a - b) & 0xFFFFFFFF) < 0x80000000
