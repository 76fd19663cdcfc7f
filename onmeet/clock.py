"""The time, as an argument: product code takes a `Clock`, tests move it."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

__all__ = ["Clock", "monotonic", "now"]

Clock = Callable[[], float]
"""Seconds from an arbitrary start, never going back."""

monotonic: Clock = time.monotonic


def now() -> datetime:
    """The present moment, with its time zone (UTC)."""
    return datetime.now(UTC)
