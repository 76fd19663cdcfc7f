"""A relay that hangs without dying is worse than a dead one: nothing restarts it. This notices."""

from __future__ import annotations

import threading
from collections.abc import Callable

from onmeet.clock import Clock, monotonic

__all__ = ["SILENT_SECONDS", "Patience", "watch"]

SILENT_SECONDS = 20.0
"""How long the relay may leave every question unanswered; by then its meetings have stood still for long."""

ASK_SECONDS = 4.0
"""How often it is asked, and how long it may take to answer."""


class Patience:
    """Decides from answers and time alone. A relay that has not answered yet is starting, not hanging."""

    def __init__(self, silent: float) -> None:
        self._silent = silent
        self._last: float | None = None

    def feed(self, answered: bool, now: float) -> bool:
        """One question's outcome; True when it is time to end the relay. Then everything starts anew."""
        if answered:
            self._last = now
        elif self._last is not None and now - self._last >= self._silent:
            self._last = None
            return True
        return False


def watch(
    ask: Callable[[], bool], end: Callable[[], None], stopped: threading.Event, clock: Clock = monotonic
) -> None:
    """Ask again and again until `stopped`; call `end` when the relay hangs. Runs in a thread of its own."""
    patience = Patience(SILENT_SECONDS)
    while not stopped.wait(ASK_SECONDS):
        if patience.feed(ask(), clock()):
            end()
