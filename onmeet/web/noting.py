"""What pages note, where the notice permits it: the security log, and counts of opened pages.

Both are collected in memory; a thread, started with the first note, writes them down.
"""

from __future__ import annotations

import atexit
import threading
from collections.abc import Callable
from datetime import datetime
from typing import cast

import structlog
from flask import Flask, Response, current_app

from onmeet import clock
from onmeet.notices.page_counts import Opened, PageCounts, families
from onmeet.notices.security_log import Kind, SecurityLog
from onmeet.web.entrance import address
from onmeet.web.services import Services

__all__ = ["Notes", "close", "init_app", "note", "notes"]

PAUSE_SECONDS = 10.0
PAGES_SECONDS = 60.0
WRITE_SECONDS = 15.0
"""How long the end waits for the thread, longer than that waits for the database."""

_KEY = "onmeet.notes"

log = structlog.get_logger()


class Notes:
    """What was noted, and the thread that writes it down."""

    def __init__(self, security: SecurityLog, pages: PageCounts, now: Callable[[], datetime]) -> None:
        self.security = security
        self.pages = pages
        self._now = now
        self._lock = threading.Lock()
        self._end = threading.Event()
        self._thread: threading.Thread | None = None
        self._pages_at = clock.monotonic()

    def secure(self, kind: Kind, ip: str | None) -> None:
        """An event for the security log."""
        if self.security.active:
            self.security.note(kind, ip, self._now())
            self._begin()

    def opened(self, page: str, user_agent: str) -> None:
        """A page was opened by somebody who may be counted."""
        browser, system = families(user_agent)
        self.pages.count(Opened(self._now().date(), page[:64], browser, system))
        self._begin()

    def flush(self, *, all_of_it: bool = True) -> None:
        """Write everything down; never raises."""
        try:
            self.security.flush(self._now())
            if all_of_it or clock.monotonic() - self._pages_at >= PAGES_SECONDS:
                self._pages_at = clock.monotonic()
                self.pages.flush()
        except Exception:
            log.error("notes could not be written", exc_info=True)

    def close(self) -> None:
        """End the thread and write what is left. Idempotent."""
        self._end.set()
        atexit.unregister(self.close)
        if self._thread is not None:
            self._thread.join(WRITE_SECONDS)  # what it has taken to write is nowhere else
        self.flush()

    def _begin(self) -> None:
        """A thread of this process, which may have been forked after the app was made."""
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="notes", daemon=True)
                self._thread.start()
                atexit.register(self.close)

    def _run(self) -> None:
        while not self._end.wait(PAUSE_SECONDS):
            self.flush(all_of_it=False)


def init_app(app: Flask, behind: Services) -> None:
    """Let `app` note what the notice permits; where it permits nothing, no page takes a step more."""
    made = Notes(
        SecurityLog(behind.database, behind.policy), PageCounts(behind.database, behind.policy), clock.now
    )
    app.extensions[_KEY] = made
    if made.security.active:
        app.after_request(_watch)


def notes() -> Notes:
    """The notes of the app that handles this request."""
    return cast(Notes, current_app.extensions[_KEY])


def close(app: Flask) -> None:
    """Write down what `app` has noted: it ends."""
    made = app.extensions.get(_KEY)
    if isinstance(made, Notes):
        made.close()


def note(kind: Kind) -> None:
    """Put an event of this request into the security log."""
    if notes().security.active:
        notes().secure(kind, address())


def _watch(response: Response) -> Response:
    """What a refusal says by its status; the rest is noted where it happens."""
    if response.status_code == 429:
        note("too-many-requests")
    return response
