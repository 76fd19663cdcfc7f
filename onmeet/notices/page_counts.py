"""How often each page is opened, by family of browser and system: counts of nobody (N2.9, N4.8).

Only where the notice permits `usage.aggregate`. Counts are added up in memory and written once a minute.
Families come from a tiny fixed list, so that no combination is rare enough to be somebody.
"""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from onmeet.db import Database
from onmeet.notices.models import PageCount
from onmeet.notices.policy import Policy

__all__ = ["Opened", "PageCounts", "families"]

_BROWSERS = (  # the order matters: Edge calls itself Chrome, and Chrome Safari
    ("Firefox/", "Firefox"), ("FxiOS/", "Firefox"), ("Edg", "Edge"), ("OPR/", "Opera"),
    ("Chrome/", "Chrome"), ("CriOS/", "Chrome"), ("Safari/", "Safari"),
)  # fmt: skip
_SYSTEMS = (
    ("Android", "Android"), ("iPhone", "iOS"), ("iPad", "iOS"), ("Windows", "Windows"), ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"), ("Linux", "Linux"),
)  # fmt: skip
OTHER = "other"

_LIMIT = 1024
"""Most sums at a time; pages and families are few."""


def families(user_agent: str) -> tuple[str, str]:
    """Browser and system by family; `other` for what is not in the list."""
    browser = next((name for sign, name in _BROWSERS if sign in user_agent), OTHER)
    system = next((name for sign, name in _SYSTEMS if sign in user_agent), OTHER)
    return browser, system


@dataclass(frozen=True, slots=True)
class Opened:
    """What is counted together. page: the pattern of its address, never an address that somebody opened."""

    on_day: date
    page: str
    browser: str
    system: str


class PageCounts:
    """The service. `active`: whether anything is counted; thread-safe."""

    def __init__(self, database: Database, policy: Policy) -> None:
        self.active = policy.stores("usage.aggregate")
        self._database = database
        self._lock = threading.Lock()
        self._counts: Counter[Opened] = Counter()

    def count(self, opened: Opened) -> None:
        """A page was opened."""
        if not self.active:
            return
        with self._lock:
            if opened in self._counts or len(self._counts) < _LIMIT:
                self._counts[opened] += 1

    def flush(self) -> None:
        """Add what was counted to the table. What cannot be written is kept for the next time."""
        with self._lock:
            counts, self._counts = self._counts, Counter()
        if not counts:
            return
        try:
            with self._database.writing() as session:
                for opened, number in counts.items():
                    _add(session, opened, number)
        except Exception:
            with self._lock:
                self._counts.update(counts)
            raise

    def since(self, day: date) -> list[tuple[Opened, int]]:
        """The counts from a day on."""
        query = select(PageCount).where(PageCount.on_day >= day).order_by(PageCount.on_day, PageCount.page)
        with self._database.reading() as session:
            return [
                (Opened(row.on_day, row.page, row.browser, row.system), row.count or 0)
                for row in session.scalars(query)
            ]


def _add(session: Session, opened: Opened, number: int) -> None:
    same = (
        PageCount.on_day == opened.on_day,
        PageCount.page == opened.page,
        PageCount.browser == opened.browser,
        PageCount.system == opened.system,
    )
    found = session.scalar(select(PageCount.id).where(*same))
    if found is None:
        session.add(
            PageCount(
                on_day=opened.on_day,
                page=opened.page,
                browser=opened.browser,
                system=opened.system,
                count=number,
            )
        )
        session.flush()
    else:
        session.execute(update(PageCount).where(PageCount.id == found).values(count=PageCount.count + number))
