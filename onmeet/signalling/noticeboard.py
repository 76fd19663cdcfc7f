"""A list that hosts watch, who is in a lobby say: always told whole, and not more often than needed."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from onmeet.signalling import news
from onmeet.signalling.participant import Browser

__all__ = ["Noticeboard"]


class Noticeboard:
    """Tells the hosts of one room how a list stands, at most once between two ticks.

    browsers: who is in the room. list_: the message that tells the whole list; `empty` says whether it would
    tell of nobody.
    """

    def __init__(
        self,
        browsers: Callable[[], Iterable[Browser]],
        list_: Callable[[], news.ServerMessage],
        empty: Callable[[], bool],
    ) -> None:
        self._browsers = browsers
        self._list = list_
        self._empty = empty
        self._told = False  # hosts heard of the list since the last tick
        self._stale = False  # and it has changed since
        self._ever = False  # whether there was ever anything to tell

    def greet(self, browser: Browser, *, again: bool) -> None:
        """A host came, or came back: what it needs to know."""
        if browser.role == "host" and (not self._empty() or (again and self._ever)):
            browser.channel.tell(self._list())

    def changed(self) -> None:
        """Tell the hosts whose sockets are up, at most once between two ticks; others when they are."""
        self._ever = True
        if self._told:
            self._stale = True
            return
        self._told, self._stale = True, False
        tail = news.encode(self._list())
        for browser in tuple(self._browsers()):
            if browser.role == "host" and browser.connected:
                browser.channel.tell_encoded(tail)

    def tick(self) -> None:
        """About a second has passed."""
        self._told = False
        if self._stale:
            self.changed()
