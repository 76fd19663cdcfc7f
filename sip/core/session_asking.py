"""One call, its lower half: the requests that we send inside of it, and how it ends."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from sip.core.dialog import Dialog
from sip.core.digest import Credentials, Digest, NoAnswer
from sip.core.message import Request, Response
from sip.core.session_effects import (
    Acknowledge,
    Answered,
    Ask,
    Changed,
    Effect,
    Ended,
    News,
    Tell,
    Terms,
)
from sip.core.session_media import Negotiation
from sip.core.session_rules import SDP, with_lists
from sip.core.session_timer import SessionTimer
from sip.core.timers import T1
from sip.core.transaction import Why
from sip.interface import EndReason

__all__ = ["Asking", "Unacknowledged"]

State = Literal["early", "accepted", "confirmed", "ended"]
Key = tuple[int, str, str]
"""Number and method of CSeq, and their tag: forks count by themselves."""
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
class Unacknowledged:
    """A 2xx of ours that waits for its ACK. delayed: whether that must bring the answer to our offer."""

    request: Request
    response: Response
    delayed: bool
    pause: float = T1


class Asking:
    """State of a call, and requests of ours. contact: our Contact value. rng: for tags and waiting times."""

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
        self._asked: dict[Key, _Asked] = {}
        self._acks: dict[tuple[int, str], Acknowledge] = {}
        self._unacknowledged: Unacknowledged | None = None
        self._leaving = False
        self._early_digits: deque[str] = deque(maxlen=32)  # that came before the ACK of our 2xx
        self._told = False
        self._out: list[Effect] = []
        self._times: dict[str, tuple[float, Callable[[float], None]]] = {}

    @property
    def settled(self) -> bool:
        """Whether the call is over, and nothing of it waits for an answer."""
        return self.state == "ended" and not self._asked and self._unacknowledged is None

    @property
    def done(self) -> bool:
        """Whether the session can be forgotten."""
        return self.settled

    def response(self, response: Response, now: float) -> list[Effect]:
        """A response to a request of ours."""
        key = _key(response)
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
        asked = self._asked.pop(_key(request), None)
        if asked is not None:
            asked.done(None, now)
        return self._flush()

    def over(self, request: Request) -> None:
        """The transaction of a request of ours has ended: no 2xx of it will be repeated."""
        for key in [key for key in self._acks if key[0] == request.cseq.number]:
            del self._acks[key]

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
        self._asked[_key(asked.request)] = asked
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

    def _drop(self, reason: EndReason, now: float) -> None:
        """End a call that stands, with a BYE."""
        if self.state in {"accepted", "confirmed"} or self._leaving:
            self._settled()
            self._bye(now)
        self._finish(reason)

    def _settled(self) -> None:
        self._unacknowledged = None
        self._times.pop("again", None)
        self._times.pop("unacknowledged", None)

    def _finish(self, reason: EndReason) -> None:
        self.state = "ended"
        self.timer.stop()
        self._times = {name: self._times[name] for name in ("again", "unacknowledged") if name in self._times}
        self.media.withdraw()
        self._tell(Ended(reason))

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


def _key(message: Request | Response) -> Key:
    return message.cseq.number, message.cseq.method, message.to.tag or ""
