"""One call: an INVITE usage of a dialog, as a pure machine. What both directions share.

    for effect in session.receive(request, now): …      a request of theirs, inside the dialog
    session.response(response, now), .failed(…), .over(…)   what came of requests of ours
    session.hang_up(now), .tick(now)

`session_incoming` and `session_outgoing` begin it. Every method returns effects (`session_effects`).
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from sip.core.bodies import session_description
from sip.core.dialog import Dialog, DialogRefused
from sip.core.digest import Credentials, Digest, NoAnswer
from sip.core.message import MessageError, Request, Response
from sip.core.session_effects import (
    Acknowledge,
    Answered,
    Ask,
    Changed,
    Effect,
    Ended,
    News,
    Pressed,
    Reply,
    Tell,
    Terms,
)
from sip.core.session_media import Negotiation
from sip.core.session_rules import SDP, answer_outside, digit_of, with_lists
from sip.core.session_timer import MIN_SE, SessionTimer, TooBrief, listed
from sip.core.timers import LIFE, T1, T2, earliest
from sip.core.transaction import Why
from sip.core.transaction_reply import reply
from sip.interface import EndReason

__all__ = ["Session"]

State = Literal["early", "accepted", "confirmed", "ended"]
Done = Callable[[Response | None, float], None]
MAX_CHALLENGES = 3


@dataclass(slots=True)
class _Asked:
    """A request of ours that waits. done: hears the last answer, None when there was none."""

    request: Request
    dialog: Dialog
    done: Done
    challenges: int = 0


@dataclass(slots=True)
class _Unacknowledged:
    """A 2xx of ours that waits for its ACK. delayed: whether that must bring the answer to our offer."""

    request: Request
    response: Response
    delayed: bool
    pause: float = T1


class Session:
    """What both directions of a call share. contact: our Contact value. rng: for tags and waiting times."""

    owns_call_id = False

    def __init__(self, terms: Terms, contact: str, rng: random.Random) -> None:
        self.terms = terms
        self.contact = contact
        self.rng = rng
        self.tag = f"{rng.getrandbits(64):016x}"
        self.state: State = "early"
        self.media = Negotiation(terms)
        self.timer = SessionTimer(terms.session_expires)
        self.digest = Digest(Credentials(terms.user, terms.password)) if terms.user else None
        self.dialogs: dict[str, Dialog] = {}  # by their tag: forks of an INVITE of ours
        self.dialog: Dialog | None = None
        self.peer_updates = False
        self._asked: dict[tuple[int, str], _Asked] = {}
        self._acks: dict[tuple[int, str], Acknowledge] = {}
        self._unacknowledged: _Unacknowledged | None = None
        self._leaving = False
        self._told = False
        self._out: list[Effect] = []
        self._times: dict[str, tuple[float, Callable[[float], None]]] = {}

    # ------------------------------------------------------------------ what comes in

    @property
    def deadline(self) -> float | None:
        """When `tick` is due."""
        return earliest(self.timer.deadline, *(at for at, _ in self._times.values()))

    @property
    def done(self) -> bool:
        """Whether the call is over, and nothing of it waits for an answer."""
        return self.state == "ended" and not self._asked and self._unacknowledged is None

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

    def response(self, response: Response, now: float) -> list[Effect]:
        """A response to a request of ours."""
        key = (response.cseq.number, response.cseq.method)
        asked = self._asked.get(key)
        if asked is None:
            self._late(response)
        elif response.status >= 200:
            self._asked.pop(key)
            if not self._challenged(asked, response, now):
                asked.done(response, now)
        return self._flush()

    def failed(self, request: Request, why: Why, now: float) -> list[Effect]:
        """A request of ours was never answered, or there is no way to send it."""
        asked = self._asked.pop((request.cseq.number, request.method), None)
        if asked is not None:
            asked.done(None, now)
        return self._flush()

    def over(self, request: Request) -> None:
        """The transaction of a request of ours has ended: no 2xx of it will be repeated."""
        for key in [key for key in self._acks if key[0] == request.cseq.number]:
            del self._acks[key]

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
        if digit and self.state == "confirmed":
            self._tell(Pressed(digit))

    def _on_prack(self, request: Request, now: float) -> None:
        raise DialogRefused(481)

    def _on_invite(self, request: Request, now: float) -> None:
        if any(method == "INVITE" for _, method in self._asked) or self.media.offered:
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

    def _refreshed(self, message: Request | Response) -> None:
        if self.dialog is not None:
            self.dialog.refresh(message)
        if "Allow" in message.headers:
            self.peer_updates = listed(message.headers, "Allow", "UPDATE")

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
        self._unacknowledged = waiting = _Unacknowledged(request, response, delayed)
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

    def _settled(self) -> None:
        self._unacknowledged = None
        self._times.pop("again", None)
        self._times.pop("unacknowledged", None)

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
        elif waiting.delayed:
            self._tell_agreement()

    def _take_answer(self, message: Request | Response, *, needed: bool, now: float) -> bool:
        """The answer to an offer of ours, in an ACK or a 2xx; without a usable one the call ends."""
        try:
            answer = session_description(message)
            if answer is not None:
                self.media.accept(answer)
                return True
        except MessageError:
            needed = True
        self.media.withdraw()
        if needed:
            self._drop("media", now)
        return not needed

    # ------------------------------------------------------------------ requests of ours

    def _ask(
        self, method: str, done: Done, *, dialog: Dialog | None = None, body: bytes = b"", **headers: str
    ) -> None:
        dialog = dialog or self.dialog
        if dialog is None:
            return
        request = dialog.request(method)
        if method in {"INVITE", "UPDATE"}:
            request.headers.add("Contact", self.contact)
            with_lists(request.headers)
            self.timer.ask(request.headers)
        for name, value in headers.items():
            request.headers.add(name, value)
        if body:
            request.headers.add("Content-Type", SDP)
            request.body = body
        if self.digest is not None:
            self.digest.renew(request)
        self._send(_Asked(request, dialog, done))

    def _send(self, asked: _Asked) -> None:
        self._asked[asked.request.cseq.number, asked.request.method] = asked
        self._out.append(Ask(asked.request, asked.dialog.hop))

    def _challenged(self, asked: _Asked, response: Response, now: float) -> bool:
        """Whether the request was asked for a password (RFC 3261 §22), and goes out again with it."""
        if response.status not in {401, 407} or asked.challenges >= MAX_CHALLENGES:
            return False
        again = self._with_password(asked.request, response, asked.dialog.local_seq + 1)
        if again is None:
            return False
        asked.dialog.local_seq += 1
        self._send(_Asked(again, asked.dialog, asked.done, asked.challenges + 1))
        return True

    def _with_password(self, refused: Request, response: Response, seq: int) -> Request | None:
        """A refused request once more, with the answer to its challenge; None when there is none to give."""
        headers = refused.headers.copy()
        headers.remove("Via")
        headers.set("CSeq", f"{seq} {refused.method}")
        again = Request(refused.method, refused.uri, headers, refused.body)
        try:
            if self.digest is None:
                return None
            self.digest.answer(response.headers, again, refused)
        except NoAnswer:
            return None
        return again

    def _acknowledge(self, dialog: Dialog, response: Response) -> None:
        """ACK a 2xx, now and whenever it is repeated."""
        seq = response.cseq.number
        request = dialog.request("ACK", seq=seq)
        if self.digest is not None:  # RFC 3261 §22.1: an ACK bears the credentials of its INVITE
            self.digest.renew(request)
        ack = Acknowledge(request, dialog.hop)
        self._acks[seq, dialog.remote_tag] = ack
        self._out.append(ack)

    def _late(self, response: Response) -> None:
        if response.cseq.method == "INVITE" and 200 <= response.status < 300:
            ack = self._acks.get((response.cseq.number, response.to.tag or ""))
            if ack is not None:
                self._out.append(ack)

    def _bye(self, now: float, dialog: Dialog | None = None) -> None:
        self._ask("BYE", lambda response, now: None, dialog=dialog)

    # ------------------------------------------------------------------ refreshing (RFC 4028 §10)

    def _refresh(self, now: float) -> None:
        if self.state != "confirmed":
            return
        if self._asked or self._unacknowledged is not None:
            self.timer.later(now + T2)
        elif self.peer_updates:
            self._ask("UPDATE", self._refresh_answered)
        else:
            self._ask("INVITE", self._reinvite_answered, body=self.media.offer())

    def _reinvite_answered(self, response: Response | None, now: float) -> None:
        if response is None or response.status >= 300:
            self.media.withdraw()
        elif self.dialog is not None:
            self._acknowledge(self.dialog, response)
            if self.state == "confirmed" and self._take_answer(response, needed=False, now=now):
                self._tell_agreement()
        self._refresh_answered(response, now)

    def _refresh_answered(self, response: Response | None, now: float) -> None:
        if self.state != "confirmed":
            return
        status = 408 if response is None else response.status
        if response is not None and status < 300:
            self._refreshed(response)
            self.timer.granted(response.headers, now)
        elif status == 481:  # RFC 5057 §5.3: they know nothing of this call
            self._finish("failed")
        elif status == 408:
            self._drop("timeout", now)
        elif status == 491:  # RFC 3261 §14.1
            pause = self.rng.randint(210, 400) if self.owns_call_id else self.rng.randint(0, 200)
            self._times["refresh"] = (now + pause / 100, self._refresh)
        elif response is not None and status == 422 and self.timer.too_small(response.headers):
            self._refresh(now)
        elif self.peer_updates and status in {405, 420, 501}:
            self.peer_updates = False
            self._refresh(now)
        else:
            self.timer.retry(now)

    # ------------------------------------------------------------------ the end

    def _drop(self, reason: EndReason, now: float) -> None:
        """End a call that stands, with a BYE."""
        if self.state in {"accepted", "confirmed"} or self._leaving:
            self._settled()
            self._bye(now)
        self._finish(reason)

    def _finish(self, reason: EndReason) -> None:
        self.state = "ended"
        self.timer.stop()
        self._times = {name: self._times[name] for name in ("again", "unacknowledged") if name in self._times}
        self.media.withdraw()
        self._tell(Ended(reason))

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

    def _tell_agreement(self) -> None:
        """Media changed, or stand as before: then nothing is said."""
        agreement = self.media.news() if self.state == "confirmed" else None
        if agreement is not None:
            self._tell(Changed(agreement))

    def _tell_answered(self) -> None:
        self.media.news()
        if self.media.agreement is not None:
            self._tell(Answered(self.media.agreement))

    def _tell(self, news: News) -> None:
        if not self._told:
            self._told = isinstance(news, Ended)
            self._out.append(Tell(news))

    def _flush(self) -> list[Effect]:
        effects, self._out = self._out, []
        return effects
