"""One link of the telephone gateway: a room's calls, waiting or admitted, whether or not the room lives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from onmeet.clock import Clock
from onmeet.e2ee.labels import MAX_GRANTS
from onmeet.errors import ProtocolError
from onmeet.relay.interface import GatewayMedia
from onmeet.signalling import closing, events, gateway_messages
from onmeet.signalling.allowance import Allowance
from onmeet.signalling.closing import Closing
from onmeet.signalling.counters import Counters
from onmeet.signalling.gateway_messages import CallState, GatewayMessage, HangUp, WaitingCall
from onmeet.signalling.gateway_news import Failed, written
from onmeet.signalling.news import CallerView, Message

if TYPE_CHECKING:
    from onmeet.signalling.telephone import Telephone

__all__ = ["MAX_CALLS", "Call", "Gateway", "Line"]

MAX_CALLS = MAX_GRANTS
"""Most calls of one room: an epoch of the key agreement carries no more grants."""

STATEMENT_SECONDS = 3660
"""How far ahead a statement may expire: an hour, and a minute for clocks."""

_MESSAGES = (40.0, 200.0)  # a second, burst


class Line(Protocol):
    """The gateway's end of a connection. Calls never raise and never wait."""

    def write(self, text: bytes) -> None:
        """Send a message."""

    def sound(self, index: int, packet: bytes | bytearray | memoryview) -> bool:
        """Send one RTP packet; False when it was dropped, because too much waits already."""

    def close(self, how: Closing) -> None:
        """Close the connection; nothing is heard of it afterwards."""


class Call:
    """A telephone call.

    since: unix seconds from which it waits. index: of its participant, None in the lobby.
    """

    __slots__ = ("index", "message", "since")

    def __init__(self, message: WaitingCall, since: int) -> None:
        self.message = message
        self.since = since
        self.index: int | None = None

    @property
    def name(self) -> str:
        """By which everybody knows it."""
        return self.message.call

    @property
    def view(self) -> CallerView:
        """The call as hosts see it."""
        said = self.message
        return CallerView(
            call=said.call,
            label=said.label,
            withheld=said.withheld,
            dialled_out=said.dialled_out,
            language=said.language,
            since=self.since,
            gw=said.gw,
            gateway=said.gateway,
            expires=said.expires,
            s=said.s,
        )


class Gateway:
    """See the module. While the room lives, everything is said and done in the room's loop of events.

    media: takes the sound of admitted calls, while the room lives. `wall`: unix seconds.
    """

    def __init__(
        self,
        code: str,
        line: Line,
        *,
        clock: Clock,
        wall: Clock,
        counters: Counters,
        forget: Callable[[Gateway], None],
    ) -> None:
        """forget: called once, when the link has ended."""
        self.code = code
        self.calls: dict[str, Call] = {}
        self.telephone: Telephone | None = None
        self.media: GatewayMedia | None = None
        self.over = False
        self.line = line
        self._clock = clock
        self._wall = wall
        self._counters = counters
        self._forget = forget
        self._allowance = Allowance(*_MESSAGES, clock())

    @property
    def waiting(self) -> list[Call]:
        """The lobby, the longest waiting first."""
        return sorted(
            (call for call in self.calls.values() if call.index is None), key=lambda call: call.since
        )

    @property
    def admitted(self) -> list[Call]:
        """The calls that take part."""
        return [call for call in self.calls.values() if call.index is not None]

    # -- the connection's side -----------------------------------------------------------------

    def receive(self, text: bytes) -> None:
        """The gateway sent a message."""
        if self.over:
            return
        self._counters.messages_in += 1
        if not self._allowance.take(1, self._clock()):
            self.close(closing.TOO_MANY)
            return
        try:
            message = gateway_messages.parse(text)
        except ProtocolError as error:
            self._refuse(error.code, *gateway_messages.subject(text))
            return
        if self.telephone is not None:
            self.telephone.post(events.GatewaySaid(self, message))
        else:
            self.act(message)

    def sound(self, frame: bytes) -> None:
        """The gateway sent an RTP packet: u16 index ‖ RTP. On the media's path, so nothing is posted."""
        if self.media is not None:
            self.media.take(frame)
        else:
            self._counters.sound_nowhere += 1

    def gone(self) -> None:
        """The connection has ended: all calls go with it. Idempotent."""
        if self.over:
            return
        self.over = True
        self._forget(self)
        if self.telephone is not None:
            self.telephone.post(events.GatewayGone(self))
        else:
            self.calls.clear()

    # -- the room's side -----------------------------------------------------------------------

    def tell(self, message: Message) -> None:
        """Send a message."""
        if not self.over:
            self._counters.messages_out += 1
            self.line.write(written(message))

    def close(self, how: Closing) -> None:
        """End the link from the relay's side."""
        if not self.over:
            self._counters.closed[how.code] += 1
            self.line.close(how)
            self.gone()

    def wait_again(self, call: Call) -> None:
        """A call goes back to the lobby, behind those who wait already."""
        call.index = None
        call.since = int(self._wall())

    def act(self, message: GatewayMessage) -> None:
        """Do what a message says; an error is told to the gateway."""
        try:
            match message:
                case WaitingCall():
                    self._ring(message)
                case CallState():
                    self._state(message)
                case HangUp():
                    self._hang_up(message)
        except ProtocolError as error:
            self._refuse(error.code, message.TYPE, message.call)

    def _ring(self, message: WaitingCall) -> None:
        if not 0 < message.expires - self._wall() <= STATEMENT_SECONDS:
            raise ProtocolError("bad-message", "a statement that has expired or lasts too long")
        call = self.calls.get(message.call)
        if call is not None:
            told = call.message
            call.message = replace(
                told, gw=message.gw, expires=message.expires, gateway=message.gateway, s=message.s,
                label=message.label,
            )  # fmt: skip
        elif len(self.calls) >= MAX_CALLS:
            raise ProtocolError("full")
        else:
            call = self.calls[message.call] = Call(message, int(self._wall()))
            self._counters.calls += 1
        if self.telephone is not None and call.index is None:
            self.telephone.lobby.changed()

    def _state(self, message: CallState) -> None:
        call = self._known(message.call)
        if call.index is None or self.telephone is None:
            raise ProtocolError("not-now", "it waits")
        self.telephone.pressed(call, message)

    def _hang_up(self, message: HangUp) -> None:
        call = self._known(message.call)
        del self.calls[call.name]
        if self.telephone is not None:
            self.telephone.over(call, "left")

    def _known(self, name: str) -> Call:
        try:
            return self.calls[name]
        except KeyError:
            raise ProtocolError("no-such-call") from None

    def _refuse(self, code: str, about: str, call: str | None) -> None:
        self._counters.errors[code] += 1
        self.tell(Failed(code, about, call))
