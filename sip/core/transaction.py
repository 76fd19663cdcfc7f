"""Client transactions (RFC 3261 §17.1, RFC 6026): one request of ours, until its answer has surely arrived.

A machine knows no socket and no clock. What goes in (responses, the passing of time) comes out as effects:

    Transmit  these bytes go to where the request went
    Deliver   this message is for the user of the transaction
    Failed    nothing came in time, or the way there is gone
    Over      forget the transaction
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from sip.core.message import Headers, Request, Response, encode
from sip.core.timers import LIFE, T1, T2, T4, earliest

__all__ = [
    "ClientTransaction",
    "Deliver",
    "Effect",
    "Failed",
    "InviteClient",
    "Over",
    "Transmit",
    "Why",
    "client",
]


REGISTER_T2 = T1
"""T2 of REGISTER alone: with the usual 4 s one in seven takes over 5 s to get through 30 % of loss. That is
at most two small datagrams a second, of one registration, for 32 s."""

Why = Literal["timeout", "transport"]


@dataclass(frozen=True, slots=True)
class Transmit:
    """Send one message to the other side of the transaction."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Deliver:
    """Hand a message up."""

    message: Request | Response


@dataclass(frozen=True, slots=True)
class Failed:
    """No answer in time, or no connection."""

    why: Why


@dataclass(frozen=True, slots=True)
class Over:
    """The transaction has reached `terminated`."""


Effect = Transmit | Deliver | Failed | Over
State = Literal["trying", "proceeding", "completed", "accepted", "terminated"]


class ClientTransaction:
    """A request other than INVITE (RFC 3261 §17.1.2): timers E, F and K.

    A REGISTER is repeated each second, not only each four: without it nobody can call us, there is one of it
    in minutes, and it often takes two rounds.
    """

    def __init__(self, request: Request, *, reliable: bool) -> None:
        self.request = request
        self.reliable = reliable
        self.state: State = "trying"
        self._data = encode(request)
        self._pause = T1
        self._ceiling = REGISTER_T2 if request.method == "REGISTER" else T2
        self._again: float | None = None  # timer A or E
        self._end: float | None = None  # timer B, D, F, K or M

    @property
    def deadline(self) -> float | None:
        """When `tick` is due."""
        return earliest(self._again, self._end)

    def start(self, now: float) -> Iterator[Effect]:
        """Send the request for the first time."""
        self._again = None if self.reliable else now + self._pause
        self._end = now + LIFE
        yield Transmit(self._data)

    def receive(self, response: Response, now: float) -> Iterator[Effect]:
        """A response with this transaction's branch and method."""
        if self.state not in {"trying", "proceeding"}:
            return
        if response.status < 200:
            self.state = "proceeding"
            self._pause = self._ceiling
        else:
            self.state = "completed"
            self._again, self._end = None, now + (0.0 if self.reliable else T4)
        yield Deliver(response)
        if self.state == "completed" and self.reliable:
            yield from self._terminate()

    def tick(self, now: float) -> Iterator[Effect]:
        """Time has passed: retransmit, give up or end."""
        if self._end is not None and now >= self._end:
            if self.state in {"trying", "proceeding"}:
                yield Failed("timeout")
            yield from self._terminate()
        elif self._again is not None and now >= self._again:
            self._pause = self._longer()
            self._again = now + self._pause
            yield Transmit(self._data)

    def lost(self) -> Iterator[Effect]:
        """The connection is gone (RFC 3261 §17.1.4)."""
        if self.state in {"trying", "proceeding"}:
            yield Failed("transport")
        yield from self._terminate()

    def _longer(self) -> float:
        return min(2 * self._pause, self._ceiling)

    def _terminate(self) -> Iterator[Effect]:
        if self.state != "terminated":
            self.state = "terminated"
            self._again = self._end = None
            yield Over()


class InviteClient(ClientTransaction):
    """An INVITE (RFC 3261 §17.1.1, changed by RFC 6026): timers A, B, D and M, and the ACK of a refusal."""

    def __init__(self, request: Request, *, reliable: bool) -> None:
        super().__init__(request, reliable=reliable)
        self._ack = b""

    def receive(self, response: Response, now: float) -> Iterator[Effect]:
        """Provisional and final responses; each 2xx goes up, also when one came before (forks, lost ACKs)."""
        if self.state == "terminated":
            return
        if 200 <= response.status < 300:
            if self.state == "completed":
                return
            if self.state != "accepted":
                self.state, self._again, self._end = "accepted", None, now + LIFE
            yield Deliver(response)
        elif self.state == "completed":
            if response.status >= 300:
                yield Transmit(self._ack)
        elif self.state != "accepted":
            yield from self._settle(response, now)

    def patience(self, now: float) -> None:
        """The request was cancelled: an answer has 64·T1 to come (RFC 3261 §9.1)."""
        if self.state == "proceeding":
            self._end = now + LIFE

    def _settle(self, response: Response, now: float) -> Iterator[Effect]:
        if response.status < 200:
            if self.state == "trying":
                self.state, self._again, self._end = "proceeding", None, None
            yield Deliver(response)
            return
        self.state = "completed"
        self._again, self._end = None, now + (0.0 if self.reliable else LIFE)
        self._ack = encode(acknowledgement(self.request, response))
        yield Transmit(self._ack)
        yield Deliver(response)
        if self.reliable:
            yield from self._terminate()

    def _longer(self) -> float:
        return 2 * self._pause  # timer A has no ceiling but timer B


def acknowledgement(invite: Request, response: Response) -> Request:
    """The ACK of a final response that is not a 2xx (RFC 3261 §17.1.1.3): same branch, same route."""
    headers = Headers()
    headers.add("Via", invite.headers.all("Via")[0])
    headers.add("Max-Forwards", "70")
    for route in invite.headers.all("Route"):
        headers.add("Route", route)
    headers.add("From", invite.headers.get("From") or "")
    headers.add("To", response.headers.get("To") or invite.headers.get("To") or "")
    headers.add("Call-ID", invite.headers.get("Call-ID") or "")
    headers.add("CSeq", f"{(invite.headers.get('CSeq') or '0').split()[0]} ACK")
    return Request("ACK", invite.uri, headers)


def client(request: Request, *, reliable: bool) -> ClientTransaction:
    """The machine for a request of ours, its own Via on top already."""
    return (InviteClient if request.method == "INVITE" else ClientTransaction)(request, reliable=reliable)
