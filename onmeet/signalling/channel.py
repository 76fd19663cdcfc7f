"""A session with its present socket: performs the effects that the session machine gives out."""

from __future__ import annotations

from typing import Protocol

from onmeet.clock import Clock
from onmeet.errors import ProtocolError
from onmeet.signalling.closing import LEFT, Closing
from onmeet.signalling.counters import Counters
from onmeet.signalling.messages import ClientMessage, Resume
from onmeet.signalling.news import Error, ServerMessage, encode
from onmeet.signalling.session import (
    Close,
    Deliver,
    Effect,
    Over,
    Parted,
    Phase,
    Refused,
    Session,
    Transmit,
)

__all__ = ["Channel", "Owner", "Port"]


class Port(Protocol):
    """A browser's socket. Calls never raise and never wait."""

    channel: Channel | None

    def write(self, text: bytes) -> None:
        """Send a text."""

    def close(self, how: Closing) -> None:
        """Close the socket; nothing is heard of it afterwards."""


class Owner(Protocol):
    """Whoever acts on a channel's messages: the door before `join`, then a place in a room."""

    def said(self, message: ClientMessage, seq: int) -> None:
        """A message came."""

    def parted(self) -> None:
        """The socket is gone; it may come back."""

    def over(self) -> None:
        """The session is over without the owner's doing."""


class Channel:
    """One participant's line to the relay. Not re-entrant: owners post, they do not act at once."""

    def __init__(self, port: Port, owner: Owner, clock: Clock, counters: Counters) -> None:
        self.owner = owner
        self._clock = clock
        self._counters = counters
        self._session = Session(clock())
        self._port: Port | None = port
        port.channel = self

    @property
    def live(self) -> bool:
        """Whether a socket is there and the participant is in."""
        return self._session.phase is Phase.LIVE

    @property
    def over(self) -> bool:
        """Whether nothing will ever come of it again."""
        return self._session.phase is Phase.OVER

    @property
    def unacknowledged(self) -> int:
        """Messages that are kept for a socket that breaks."""
        return self._session.unacknowledged

    def receive(self, text: bytes) -> None:
        """The socket got a text."""
        self._counters.messages_in += 1
        self._perform(self._session.receive(text, self._clock()))

    def lost(self, *, final: bool = False) -> None:
        """The socket is gone; `final`: in a way after which the browser joins afresh."""
        self._drop_port()
        self._perform(self._session.detach(self._clock(), final=final))

    def tick(self) -> None:
        """Time passed."""
        self._perform(self._session.tick(self._clock()))

    def enter(self, owner: Owner) -> None:
        """A room took the participant in."""
        self.owner = owner
        self._session.enter(self._clock())

    def resume(self, message: Resume, port: Port, replaced: Closing) -> None:
        """A new socket takes over; the old one, if any, is closed with `replaced`.

        Raises ProtocolError `unknown-token` when the numbers do not fit; nothing has changed then.
        """
        effects = self._session.resume(message, self._clock())
        self._close_port(replaced)
        self._port = port
        port.channel = self
        self._perform(effects)

    def release(self) -> Port | None:
        """Give the socket away and end: another channel's session goes on with it."""
        port = self._port
        self._drop_port()
        self._session.close(LEFT)
        return port

    def tell(self, message: ServerMessage) -> None:
        """Send a message."""
        self.tell_encoded(encode(message))

    def tell_encoded(self, tail: bytes) -> None:
        """Send a message that `news.encode` made; the same bytes may go to a whole room."""
        self._perform(self._session.send(tail, self._clock()))

    def refuse(self, error: ProtocolError, about: str, seq: int) -> None:
        """Answer a message with an error."""
        self._counters.errors[error.code] += 1
        self.tell(Error(error.code, about, seq))

    def close(self, how: Closing) -> None:
        """End the session and close its socket."""
        self._perform(self._session.close(how))

    def _perform(self, effects: list[Effect]) -> None:
        for effect in effects:
            match effect:
                case Transmit(text):
                    self._counters.messages_out += 1
                    if self._port is not None:
                        self._port.write(text)
                case Deliver(message, seq):
                    self.owner.said(message, seq)
                case Refused(code):
                    self._counters.errors[code] += 1
                case Close(how):
                    self._close_port(how)
                case Parted():
                    self.owner.parted()
                case Over():
                    self.owner.over()

    def _close_port(self, how: Closing) -> None:
        port = self._port
        if port is not None:
            self._drop_port()
            self._counters.closed[how.code] += 1
            port.close(how)

    def _drop_port(self) -> None:
        if self._port is not None:
            self._port.channel = None
            self._port = None
