"""Takes what the relay reports, hands it to the records, and finishes meetings that have ended."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime
from typing import Protocol

import structlog

from onmeet.clock import Clock
from onmeet.meetings.reports import Delivery, Ended, Metered, PinSpent, Started
from onmeet.signalling.feed import News, Opened

__all__ = ["PATIENCE", "Consumer", "Stream"]

PATIENCE = 5
"""A report that fails so often is left out: those behind it matter, too."""

log = structlog.get_logger()


class Stream(Protocol):
    """Where reports come from (`onmeet.signalling.feed.Feed`)."""

    def take(self, timeout: float) -> list[News]:
        """What has come; waits for something."""

    def acknowledge(self) -> None:
        """All of it is dealt with."""

    def again(self) -> None:
        """It could not be dealt with and is to come again."""


class Writer(Protocol):
    """Where reports go (`onmeet.meetings.records.Records`)."""

    def take(self, delivery: Delivery) -> None:
        """Write a report down, as far as the notice permits."""

    def end_orphans(self, live: Collection[str], now: datetime) -> Sequence[str]:
        """End the records of rooms that are gone without a word; their hashes."""


class Consumer:
    """One step is one look at the stream. `finish` is called for each meeting that has ended, `spent` before
    it with the meeting's PIN where that changes after each meeting, `metered` with its minutes where a plan
    limits those.

    Which rooms live is remembered here, so that those of a relay that dies are finished also under a notice
    that permits no record of them.
    """

    def __init__(
        self,
        stream: Stream,
        writer: Writer,
        finish: Callable[[str, datetime], None],
        *,
        wall: Clock,
        spent: Callable[[str], object] = lambda _: None,
        metered: Callable[[Delivery], object] = lambda _: None,
    ) -> None:
        self._stream = stream
        self._writer = writer
        self._finish = finish
        self._spent = spent
        self._metered = metered
        self._wall = wall
        self._live: set[str] = set()
        self._failed: tuple[tuple[str, int], int] = (("", 0), 0)

    def step(self, timeout: float) -> bool:
        """Wait for reports and deal with them; False when one failed, and all since comes again."""
        for news in self._stream.take(timeout):
            try:
                self._deal_with(news)
            except Exception:
                place = (news.run, news.seq if isinstance(news, Delivery) else 0)
                if not self._give_up(place):
                    log.warning("a report could not be dealt with", exc_info=True)
                    self._stream.again()
                    return False
                log.error("a report is left out", exc_info=True)
        self._stream.acknowledge()
        return True

    def _deal_with(self, news: News) -> None:
        now = datetime.fromtimestamp(self._wall(), UTC)
        if isinstance(news, Opened):
            gone = self._live - news.live
            for instance in dict.fromkeys((*self._writer.end_orphans(news.live, now), *sorted(gone))):
                self._finish(instance, now)
            self._live = set(news.live)
            return
        if isinstance(news.report, PinSpent):
            self._spent(news.report.pin)
            return
        if isinstance(news.report, Metered):
            self._metered(news)
            return
        self._writer.take(news)
        if isinstance(news.report, Started):
            self._live.add(news.report.instance)
        if isinstance(news.report, Ended):
            self._finish(news.report.instance, now)
            self._live.discard(news.report.instance)

    def _give_up(self, place: tuple[str, int]) -> bool:
        known, times = self._failed
        self._failed = (place, times + 1 if known == place else 1)
        return self._failed[1] >= PATIENCE
