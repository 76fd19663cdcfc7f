"""The lobby: people in browsers who wait until a host lets them in.

    registry ─ nobody is in the room yet ─▶ Lobby ◀─ in the room: `admission` says wait ─ room
    conversation ─ let-in, turn-away, lobby ─▶ │
                                               └─▶ room.let_in: a participant like any other

It may be there before its room and stays after it, as long as anybody waits. Who waits has a session, so a
broken socket resumes and keeps the place; but no index, no media, no key message and no news of anybody.
While the room lives, everything happens in its loop of events.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from onmeet.errors import ProtocolError
from onmeet.signalling import closing, events, news
from onmeet.signalling.channel import Channel
from onmeet.signalling.closing import Closing
from onmeet.signalling.events import Arrived
from onmeet.signalling.messages import ClientMessage, Leave, Resume
from onmeet.signalling.noticeboard import Noticeboard
from onmeet.signalling.parsing import MAX_WAITING
from onmeet.signalling.participant import Browser
from onmeet.signalling.ticket import Ticket

if TYPE_CHECKING:
    from onmeet.signalling.room import Room, Surroundings

__all__ = ["Lobby", "Waiting"]

_PATIENCE = 3
"""A browser that was turned away so often in one meeting is kept out of it."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Somebody who waits. number: by which hosts name them, never given twice by one lobby.

    token: with which the session resumes, before and after the admission. since: unix seconds.
    """

    number: int
    arrived: Arrived
    token: str
    since: int

    @property
    def channel(self) -> Channel:
        """The line."""
        return self.arrived.channel

    @property
    def browser(self) -> str:
        """The opaque id of the browser."""
        return self.arrived.ticket.browser

    @property
    def view(self) -> news.GuestView:
        """As hosts see it."""
        return news.GuestView(
            guest=self.number,
            name=self.arrived.join.name,
            signed_in=self.arrived.ticket.signed_in,
            since=self.since,
        )


class Lobby:
    """See the module. on: whether guests wait. room: while it lives."""

    def __init__(self, code: str, around: Surroundings, forget: Callable[[Lobby], None]) -> None:
        """forget: called when nobody waits and no room is there."""
        self.code = code
        self.on = False
        self.room: Room | None = None
        self.board = Noticeboard(self._browsers, self._list, lambda: not self._waiting)
        self._around = around
        self._forget = forget
        self._chosen: tuple[bool, bool] | None = (
            None  # whether on, and whether that is fixed: by the latest ticket
        )
        self._waiting: dict[int, Waiting] = {}
        self._last = 0
        self._turned_away: Counter[str] = Counter()

    @property
    def waiting(self) -> list[Waiting]:
        """Who waits, the longest waiting first."""
        return sorted(self._waiting.values(), key=lambda each: (each.since, each.number))

    def note(self, ticket: Ticket) -> None:
        """What a ticket says about the owner's choice; after that hosts have the last word."""
        chosen = (ticket.lobby, ticket.lobby_fixed)
        if chosen != self._chosen:
            self._chosen = chosen
            self._switch(ticket.lobby)

    # -- those who wait ------------------------------------------------------------------------

    def wait(self, arrived: Arrived) -> None:
        """Somebody begins to wait. A second window of the same browser takes the place of the first."""
        earlier = next((each for each in self.waiting if each.browser == arrived.ticket.browser), None)
        if earlier is None and len(self._waiting) >= MAX_WAITING:
            arrived.channel.close(closing.FULL)
            return
        self._last += 1
        since = int(self._around.wall()) if earlier is None else earlier.since
        guest = Waiting(self._last, arrived, self._around.secret(), since)
        self._waiting[guest.number] = guest
        if earlier is not None:
            self._dismiss(earlier, closing.REPLACED)
        arrived.channel.enter(_Bench(self, guest.number))
        arrived.channel.tell(news.Waiting(guest.token))
        self._changed()

    def come_back(self, resume: Resume, channel: Channel) -> bool:
        """A new socket says that it belongs to somebody who waits; False when nobody has this token."""
        guest = next((each for each in self._waiting.values() if each.token == resume.token), None)
        if guest is None:
            return False
        port = channel.release()
        if port is None:
            return True
        try:
            guest.channel.resume(resume, port, closing.REPLACED)
        except ProtocolError:
            port.close(closing.UNKNOWN_TOKEN)
            self._dismiss(guest, closing.UNKNOWN_TOKEN)
            self._changed()
        return True

    def said(self, number: int, message: ClientMessage, seq: int) -> None:
        """Somebody who waits sent a message: they may go, and nothing else."""
        guest = self._waiting.get(number)
        if guest is None:
            return
        if isinstance(message, Leave):
            self._dismiss(guest, closing.LEFT)
            self._changed()
        else:
            guest.channel.refuse(ProtocolError("not-now", "it waits"), message.TYPE, seq)

    def gone(self, number: int) -> None:
        """Somebody who waited is lost for good."""
        if self._waiting.pop(number, None) is not None:
            self._changed()

    # -- what hosts do -------------------------------------------------------------------------

    def switch(self, on: bool) -> None:
        """Make guests wait, or let all come in: those who wait, too. Raises ProtocolError `not-now`."""
        if not on and self._chosen == (True, True):
            raise ProtocolError("not-now", "the owner's group wants guests to wait")
        self._switch(on)

    def _switch(self, on: bool) -> None:
        if on == self.on:
            return
        self.on = on
        if self.room is not None:
            self.room.broadcast(news.Lobby(on))
            self.open()

    def open(self) -> None:
        """Where nobody has to wait any more, nobody does, as long as there is room."""
        if self.on or not self._waiting or self.room is None:
            return
        for guest in self.waiting:
            if not self.room.full:
                self._let_in(self.room, guest)
        self._changed()

    def let_in(self, numbers: Iterable[int]) -> None:
        """Let these people in, as far as they still wait. Raises ProtocolError `no-such-guest`, `full`."""
        assert self.room is not None
        found = [self._waiting[number] for number in dict.fromkeys(numbers) if number in self._waiting]
        if not found:
            raise ProtocolError("no-such-guest")
        for guest in found:
            if self.room.full:
                raise ProtocolError("full")
            self._let_in(self.room, guest)

    def turn_away(self, number: int) -> None:
        """Send somebody away. They may knock again, but not for ever."""
        guest = self._waiting.get(number)
        if guest is None or self.room is None:
            raise ProtocolError("no-such-guest")
        self._turned_away[guest.browser] += 1
        if self._turned_away[guest.browser] >= _PATIENCE:
            self.room.barred.add(guest.browser)
        self._dismiss(guest, closing.TURNED_AWAY)
        self._changed()

    # -- the room and time ---------------------------------------------------------------------

    def attach(self, room: Room) -> None:
        """The room comes to life."""
        self.room = room

    def detach(self) -> None:
        """The room is gone: those who wait go on waiting for it to live again."""
        self.room = None
        self._turned_away.clear()
        self._changed()

    def tick(self) -> None:
        """About a second has passed."""
        for guest in self.waiting:
            guest.channel.tick()
        self.board.tick()

    def close(self, how: Closing) -> None:
        """Send everybody away."""
        for guest in self.waiting:
            self._dismiss(guest, how)
        self._changed()

    # -- inside --------------------------------------------------------------------------------

    def _let_in(self, room: Room, guest: Waiting) -> None:
        del self._waiting[guest.number]
        room.let_in(guest.arrived, guest.token)
        self._changed()

    def _dismiss(self, guest: Waiting, how: Closing) -> None:
        del self._waiting[guest.number]
        guest.channel.close(how)

    def _changed(self) -> None:
        if self.room is not None:
            self.room.post(events.LobbyChanged())
        elif not self._waiting:
            self._forget(self)

    def _browsers(self) -> Iterable[Browser]:
        return self.room.browsers.values() if self.room is not None else ()

    def _list(self) -> news.Knocks:
        return news.Knocks(tuple(guest.view for guest in self.waiting))


@dataclass(frozen=True, slots=True)
class _Bench:
    """Owner of a channel whose guest waits."""

    lobby: Lobby
    number: int

    def said(self, message: ClientMessage, seq: int) -> None:
        self.lobby.said(self.number, message, seq)

    def parted(self) -> None:
        """The place is kept for the grace; hosts see no difference."""

    def over(self) -> None:
        self.lobby.gone(self.number)
