"""One call: an INVITE usage of a dialog, as a pure machine. What both directions share.

    for effect in session.receive(request, now): …      a request of theirs, inside the dialog
    session.response(response, now), .failed(…), .over(…)   what came of requests of ours
    session.hang_up(now), .tick(now)

`session_incoming` and `session_outgoing` begin it. Every method returns effects (`session_effects`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from sip.core.bodies import session_description
from sip.core.dialog import DialogRefused
from sip.core.message import MessageError, Request, Response
from sip.core.session_asking import Unacknowledged
from sip.core.session_effects import (
    Effect,
    Pressed,
    Reply,
)
from sip.core.session_refreshing import Refreshing
from sip.core.session_rules import SDP, answer_outside, digit_of, with_lists
from sip.core.session_timer import MIN_SE, TooBrief
from sip.core.timers import LIFE, T2, earliest
from sip.core.transaction_reply import reply

__all__ = ["Session"]

State = Literal["early", "accepted", "confirmed", "ended"]
Done = Callable[[Response | None, float], None]
MAX_CHALLENGES = 3


class Session(Refreshing):
    """What both directions of a call share. contact: our Contact value. rng: for tags and waiting times."""

    # ------------------------------------------------------------------ what comes in

    @property
    def deadline(self) -> float | None:
        """When `tick` is due."""
        return earliest(self.timer.deadline, *(at for at, _ in self._times.values()))

    def receive(self, request: Request, now: float) -> list[Effect]:
        """A request with our Call-ID and tag."""
        dialog = self.dialogs.get(request.sender.tag or "")
        if request.method == "ACK":
            if dialog is not None:
                self._acknowledged(request, now)
            return self._flush()
        try:
            if dialog is None or (self.state == "ended" and request.method not in {"BYE", "PRACK"}):
                raise DialogRefused(481)
            dialog.accept(request)
            if self.dialog in (None, dialog):
                self._handle(request, now)
            else:
                self._on_fork(request)
        except (DialogRefused, MessageError) as error:
            self._reply(request, error.status)
        except TooBrief:
            self._reply(request, 422, min_se=str(MIN_SE))
        return self._flush()

    def hang_up(self, now: float) -> list[Effect]:
        """End it, whatever that takes; a second time nothing happens."""
        if self.state == "accepted":
            self._leaving = True  # RFC 3261 §15: no BYE before the ACK
        elif self.state == "confirmed":
            self._bye(now)
        elif self.state == "early":
            self._abandon(now)
        self._finish("ours")
        return self._flush()

    def tick(self, now: float) -> list[Effect]:
        """Time has passed."""
        for name, (at, action) in list(self._times.items()):
            if at <= now and self._times.get(name) == (at, action):
                del self._times[name]
                action(now)
        if self.timer.expired(now):
            self._drop("timeout", now)
        elif self.timer.refresh_due(now):
            self._refresh(now)
        return self._flush()

    # ------------------------------------------------------------------ requests inside the dialog

    def _handle(self, request: Request, now: float) -> None:
        inside = {
            "BYE": self._on_bye,
            "INFO": self._on_info,
            "INVITE": self._on_invite,
            "PRACK": self._on_prack,
            "UPDATE": self._on_update,
        }
        handler = inside.get(request.method)
        if handler is not None:
            handler(request, now)
        else:
            self._out.append(Reply(request, answer_outside(request, self.tag)))

    def _on_bye(self, request: Request, now: float) -> None:
        self._reply(request, 200)
        if self.state == "early":
            self._abandoned(now)
        self._settled()
        self._finish("bye")

    def _on_fork(self, request: Request) -> None:
        """A request on a fork that we did not take; its BYE, say, is none of the call's."""
        if request.method != "BYE":
            raise DialogRefused(481)
        self.dialogs.pop(request.sender.tag or "", None)
        self._reply(request, 200)

    def _on_info(self, request: Request, now: float) -> None:
        digit = digit_of(request)  # raises MessageError (415)
        self._reply(request, 200)
        if digit and self.state == "accepted":
            self._early_digits.append(digit)
        elif digit and self.state == "confirmed":
            self._tell(Pressed(digit))

    def _on_prack(self, request: Request, now: float) -> None:
        raise DialogRefused(481)

    def _on_invite(self, request: Request, now: float) -> None:
        if any(method == "INVITE" for _, method, _ in self._asked) or self.media.offered:
            raise DialogRefused(491)
        if self.state == "early":
            self._reply(request, 500, retry_after=str(self.rng.randint(0, 10)))
            return
        self.timer.check(request.headers)
        offer = session_description(request)
        body = self.media.offer() if offer is None else self.media.answer(offer)
        self._refreshed(request)
        response = self._success(request, body, now)
        self._accept(request, response, delayed=offer is None, now=now)
        if offer is not None:
            self._tell_agreement()

    def _on_update(self, request: Request, now: float) -> None:
        offer = session_description(request)
        if offer is not None and self.media.offered:
            raise DialogRefused(491)  # RFC 3311 §5.2
        if offer is not None and self.media.agreement is None:
            self._reply(request, 500, retry_after=str(self.rng.randint(0, 10)))
            return
        self.timer.check(request.headers)
        body = b"" if offer is None else self.media.answer(offer)
        self._refreshed(request)
        self._out.append(Reply(request, self._success(request, body, now)))
        if offer is not None:
            self._tell_agreement()

    def _success(self, request: Request, body: bytes, now: float) -> Response:
        """A 200 of INVITE or UPDATE."""
        response = reply(request, 200, tag=self.tag)
        response.headers.add("Contact", self.contact)
        with_lists(response.headers)
        if self.state != "early" or request.method == "INVITE":
            self.timer.grant(request.headers, response.headers, now)
        if body:
            response.headers.add("Content-Type", SDP)
            response.body = body
        return response

    # ------------------------------------------------------------------ a 2xx of ours and its ACK

    def _accept(self, request: Request, response: Response, *, delayed: bool, now: float) -> None:
        """Send a 2xx and repeat it until its ACK comes (RFC 3261 §13.3.1.4), on any transport."""
        self._unacknowledged = waiting = Unacknowledged(request, response, delayed)
        self._out.append(Reply(request, response))
        self._times["again"] = (now + waiting.pause, self._again)
        self._times["unacknowledged"] = (now + LIFE, self._never_acknowledged)

    def _again(self, now: float) -> None:
        waiting = self._unacknowledged
        if waiting is not None:
            self._out.append(Reply(waiting.request, waiting.response))
            waiting.pause = min(2 * waiting.pause, T2)
            self._times["again"] = (now + waiting.pause, self._again)

    def _never_acknowledged(self, now: float) -> None:
        self._settled()
        self._drop("timeout", now)

    def _acknowledged(self, request: Request, now: float) -> None:
        waiting = self._unacknowledged
        if waiting is None or request.cseq.number != waiting.request.cseq.number:
            return
        self._settled()
        first = self.state == "accepted"
        if self._leaving:
            self._bye(now)
            return
        if waiting.delayed and not self._take_answer(request, needed=first, now=now):
            return
        if first and self.media.agreement is not None:
            self.state = "confirmed"
            self._tell_answered()
            for digit in self._early_digits:
                self._tell(Pressed(digit))
        elif waiting.delayed:
            self._tell_agreement()

    def _abandon(self, now: float) -> None:
        """We end it before it was answered."""
        raise NotImplementedError

    def _abandoned(self, now: float) -> None:
        """They end it by BYE before it was answered."""

    # ------------------------------------------------------------------ small things

    def _reply(self, request: Request, status: int, *, retry_after: str = "", min_se: str = "") -> None:
        response = reply(request, status, tag=self.tag)
        for name, value in (("Retry-After", retry_after), ("Min-SE", min_se)):
            if value:
                response.headers.add(name, value)
        if status == 415:
            response.headers.add("Accept", SDP)
        self._out.append(Reply(request, response))
