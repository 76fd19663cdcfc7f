"""Work that takes the same time whatever it finds: it is rounded up to a time that it rarely exceeds.

What depends on whether an address has an account costs a fraction of a millisecond more or less, which many
patient questions would bring to light.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from onmeet.clock import Clock, monotonic

__all__ = ["LOOKED_UP", "WRITTEN", "evenly"]

LOOKED_UP = 0.003
WRITTEN = 0.025
"""Seconds that looking an account up, and writing about it, are rounded up to."""


@contextmanager
def evenly(seconds: float, clock: Clock = monotonic) -> Iterator[None]:
    """Let the block last `seconds` at least."""
    began = clock()
    try:
        yield
    finally:
        left = seconds - (clock() - began)
        if left > 0:
            time.sleep(left)
