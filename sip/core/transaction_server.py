"""Server transactions (RFC 3261 §17.2, RFC 6026): one request of theirs, until our answer has arrived."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from sip.core.message import Headers, Request, Response, encode
from sip.core.timers import LIFE, T1, T2, T4, earliest
from sip.core.transaction import Deliver, Effect, Failed, Over, Transmit
from sip.core.transaction_reply import reply

__all__ = ["InviteServer", "ServerTransaction", "server"]

_COPIED = frozenset(
    {"Via", "From", "To", "Call-ID", "CSeq", "Record-Route", "Timestamp", "Server", "Content-Length"}
)

State = Literal["trying", "proceeding", "completed", "confirmed", "accepted", "terminated"]


class ServerTransaction:
    """A request other than INVITE (RFC 3261 §17.2.2): timer J."""

    def __init__(self, request: Request, *, reliable: bool) -> None:
        self.request = request
        self.reliable = reliable
        self.state: State = "trying"
        self._last = b""
        self._answer: Response | None = None  # without what is copied from the request
        self.tag = ""
        """Ours, in the To of what was answered so far."""
        self._pause = T1
        self._again: float | None = None  # timer G
        self._end: float | None = None  # timer H, I, J or L

    @property
    def deadline(self) -> float | None:
        """When `tick` is due."""
        return earliest(self._again, self._end)

    @property
    def final(self) -> bool:
        """Whether a final response has been given."""
        return self.state not in {"trying", "proceeding"}

    def start(self, now: float) -> Iterator[Effect]:
        """The request came for the first time. An answer that never comes does not keep it for ever."""
        self._end = now + LIFE
        yield Deliver(self.request)

    def receive(self, request: Request, now: float) -> Iterator[Effect]:
        """The same request again: answer with what was answered last."""
        if request.method != self.request.method or self.state == "terminated":
            return
        if self._answer is not None:
            yield Transmit(encode(self._again_for(request, self._answer)))
        elif self._last:
            yield Transmit(self._last)

    def respond(self, response: Response, now: float) -> Iterator[Effect]:
        """Answer. After a final answer further ones are not sent."""
        if self.final:
            return
        self.tag = response.to.tag or self.tag
        self._last = encode(response)
        yield Transmit(self._last)
        if response.status < 200:
            self.state = "proceeding"
        else:
            self.state, self._end = "completed", now + LIFE
            self._forget_caller(response)
            if self.reliable:
                yield from self._terminate()

    def _forget_caller(self, response: Response) -> None:
        """Keep of the answer what is ours; the rest of it comes again with the request, if that is repeated.

        So who has called is not held for half a minute after the end of the call (timer J).
        """
        headers = [(name, value) for name, value in response.headers if name not in _COPIED]
        self._answer = Response(response.status, response.reason, Headers(headers), response.body)
        self._last = b""
        self.request.empty()

    def _again_for(self, request: Request, answer: Response) -> Response:
        response = reply(request, answer.status, tag=self.tag, reason=answer.reason)
        for name, value in answer.headers:
            response.headers.add(name, value)
        response.body = answer.body
        return response

    def tick(self, now: float) -> Iterator[Effect]:
        """Time has passed."""
        if self._end is not None and now >= self._end:
            yield from self._terminate()

    def _terminate(self) -> Iterator[Effect]:
        if self.state != "terminated":
            self.state = "terminated"
            self._again = self._end = None
            yield Over()


class InviteServer(ServerTransaction):
    """An INVITE (RFC 3261 §17.2.1, RFC 6026 §7.1): timers G, H, I and L. Sessions repeat 2xx."""

    def start(self, now: float) -> Iterator[Effect]:
        """The INVITE came for the first time."""
        yield Deliver(self.request)

    def receive(self, request: Request, now: float) -> Iterator[Effect]:
        """The INVITE again, or the ACK of a refusal (same branch); that of a 2xx goes up."""
        if request.method == "ACK":
            if self.state == "completed":
                self.state, self._again = "confirmed", None
                self._end = now + (0.0 if self.reliable else T4)
                self._last = b""  # nothing is repeated any more, and nobody need know who called
                self.request.empty()
                if self.reliable:
                    yield from self._terminate()
            elif self.state == "accepted":
                yield Deliver(request)
        elif request.method == "INVITE" and self._last and self.state in {"proceeding", "completed"}:
            yield Transmit(self._last)

    def respond(self, response: Response, now: float) -> Iterator[Effect]:
        """Answer; in `accepted` further 2xx pass (RFC 6026 §7.1), nothing else after a final one."""
        success = 200 <= response.status < 300
        if self.final and not (success and self.state == "accepted"):
            return
        self.tag = response.to.tag or self.tag
        self._last = encode(response)
        yield Transmit(self._last)
        if response.status < 200:
            self.state = "proceeding"
        elif success:
            self._last = b""
            if self.state != "accepted":
                self.state, self._end = "accepted", now + LIFE
        else:
            self.state, self._end = "completed", now + LIFE
            self._again = None if self.reliable else now + self._pause

    def tick(self, now: float) -> Iterator[Effect]:
        """Time has passed: repeat a refusal that has no ACK, or end."""
        if self._end is not None and now >= self._end:
            if self.state == "completed":
                yield Failed("timeout")
            yield from self._terminate()
        elif self._again is not None and now >= self._again:
            self._pause = min(2 * self._pause, T2)
            self._again = now + self._pause
            yield Transmit(self._last)


def server(request: Request, *, reliable: bool) -> ServerTransaction:
    """The machine for a request of theirs."""
    return (InviteServer if request.method == "INVITE" else ServerTransaction)(request, reliable=reliable)
