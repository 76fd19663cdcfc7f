"""A relay, or a telephone gateway, that hangs without dying is worse than a dead one: nothing restarts it.
This notices."""

from __future__ import annotations

import threading
from collections.abc import Callable

from onmeet.clock import Clock, monotonic

__all__ = ["SILENT_SECONDS", "STARTING_SECONDS", "Patience", "watch"]

SILENT_SECONDS = 20.0
"""How long the relay may leave every question unanswered; by then its meetings have stood still for long."""

STARTING_SECONDS = 60.0
"""How long a relay that has not answered yet may take: on a loaded machine its imports alone need many."""

ASK_SECONDS = 4.0
"""How often it is asked, and how long it may take to answer."""


class Patience:
    """Decides from answers and time alone; a relay that has not answered yet gets longer.

    silent, starting: seconds without an answer after which a relay is ended that had answered, or had not.
    """

    def __init__(self, silent: float, starting: float) -> None:
        self._silent = silent
        self._starting = starting
        self._limit = starting
        self._since: float | None = None

    def feed(self, answered: bool, now: float) -> bool:
        """One question's outcome; True when it is time to end the relay. Then everything starts anew."""
        if answered:
            self._since, self._limit = now, self._silent
        elif self._since is None:
            self._since = now
        elif now - self._since >= self._limit:
            self._since, self._limit = None, self._starting
            return True
        return False


def watch(
    ask: Callable[[], bool], end: Callable[[], None], stopped: threading.Event, clock: Clock = monotonic
) -> None:
    """Ask again and again until `stopped`; call `end` when the relay hangs. Runs in a thread of its own."""
    patience = Patience(SILENT_SECONDS, STARTING_SECONDS)
    while not stopped.wait(ASK_SECONDS):
        if patience.feed(ask(), clock()):
            end()
