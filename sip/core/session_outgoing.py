"""A call that we make (RFC 3261 §13.2): forks, reliable ringing, CANCEL, and the next target."""

from __future__ import annotations

import random
from dataclasses import dataclass

from sip.core.bodies import session_description
from sip.core.dialog import Dialog, DialogRefused
from sip.core.message import Headers, MessageError, Request, Response
from sip.core.session import MAX_CHALLENGES, Session
from sip.core.session_effects import Ask, Cancel, Effect, Elsewhere, Terms
from sip.core.session_rules import SDP, end_reason, with_lists
from sip.core.session_timer import listed
from sip.core.transaction import Why
from sip.core.uri import NameAddr, Uri
from sip.interface import EndReason

__all__ = ["Called", "OutgoingSession"]

MAX_FORKS = 16


@dataclass(frozen=True, slots=True)
class Called:
    """Whom we call, and as whom. uri: of the request. routes: Route values. extra: further headers."""

    uri: Uri
    sender: NameAddr
    routes: tuple[str, ...] = ()
    extra: tuple[tuple[str, str], ...] = ()


class OutgoingSession(Session):
    """A call of ours, until it ends."""

    owns_call_id = True

    def __init__(self, called: Called, terms: Terms, contact: str, rng: random.Random) -> None:
        super().__init__(terms, contact, rng)
        self.called = called
        self.call_id = f"{rng.getrandbits(128):032x}"
        self.invite: Request | None = None
        self._seq = rng.randint(1, 2**20)
        self._heard = False  # a provisional response came
        self._given_up = False
        self._cancelled = False
        self._challenges = 0
        self._rseqs: dict[str, int] = {}
        self._reliable_answer = False

    @property
    def settled(self) -> bool:
        """Whether the call is over, and nothing of it waits for an answer."""
        return super().settled and (self.invite is None or bool(self._acks))

    @property
    def done(self) -> bool:
        """Whether the session can be forgotten: not while its 2xx may be repeated, which wants an ACK."""
        return self.settled and self.invite is None

    def call(self, address: str, port: int, now: float) -> list[Effect]:
        """INVITE, with media at this address and port of ours."""
        self.media.place(address, port)
        self._times["patience"] = (now + self.terms.patience, self._no_answer)
        self._invite()
        return self._flush()

    def again(self, contact: str, now: float) -> list[Effect]:
        """After `Elsewhere`: the same INVITE to the next target. contact: as that one reaches us."""
        if self.state == "early":
            self.contact = contact
            self._invite()
        return self._flush()

    def give_up(self, reason: EndReason, now: float) -> list[Effect]:
        """After `Elsewhere`, or before `call`: there is no target left."""
        self._finish(reason)
        return self._flush()

    def response(self, response: Response, now: float) -> list[Effect]:
        """A response to a request of ours."""
        invite = self.invite
        if invite is not None and response.cseq == invite.cseq:
            self._invited(invite, response, now)
            return self._flush()
        return super().response(response, now)

    def failed(self, request: Request, why: Why, now: float) -> list[Effect]:
        """A request of ours was never answered, or there is no way to send it."""
        if request is not self.invite:
            return super().failed(request, why, now)
        self.invite = None
        if self.state == "early" and not self._heard:
            self._out.append(Elsewhere())
        elif self.state == "early":
            self._finish("timeout" if why == "timeout" else "failed")
        return self._flush()

    def over(self, request: Request) -> None:
        """The transaction of a request of ours has ended."""
        super().over(request)
        if request is self.invite:
            self.invite = None

    # ------------------------------------------------------------------ the INVITE and its answers

    def _invite(self, again: Request | None = None) -> None:
        self._seq += 1
        uri = str(self.called.uri)
        request = again or Request("INVITE", uri, self._headers(), self.media.offer())
        self.invite = request
        hop = NameAddr.parse(self.called.routes[0]).uri if self.called.routes else self.called.uri
        self._out.append(Ask(request, hop))

    def _headers(self) -> Headers:
        headers = Headers([("Max-Forwards", "70")])
        for route in self.called.routes:
            headers.add("Route", route)
        headers.add("From", str(self.called.sender.with_tag(self.tag)))
        headers.add("To", f"<{self.called.uri}>")
        headers.add("Call-ID", self.call_id)
        headers.add("CSeq", f"{self._seq} INVITE")
        headers.add("Contact", self.contact)
        with_lists(headers)
        self.timer.ask(headers)
        for name, value in self.called.extra:
            headers.add(name, value)
        headers.add("Content-Type", SDP)
        return headers

    def _invited(self, invite: Request, response: Response, now: float) -> None:
        if response.status < 200:
            self._provisional(invite, response, now)
        elif response.status < 300:
            self._answered(invite, response, now)
        else:
            self.invite = None
            self._refused(invite, response, now)

    def _provisional(self, invite: Request, response: Response, now: float) -> None:
        self._heard = True
        if self._given_up:
            self._cancel()
        elif response.status > 100 and self.state == "early":
            dialog = self._fork(invite, response)
            if dialog is not None and listed(response.headers, "Require", "100rel"):
                self._reliable(dialog, invite, response)

    def _reliable(self, dialog: Dialog, invite: Request, response: Response) -> None:
        """A provisional response that wants a PRACK (RFC 3262 §4): in its order, each once."""
        value = response.headers.get("RSeq") or ""
        if not (value.isascii() and value.isdigit() and len(value) <= 10):
            return
        last, rseq = self._rseqs.get(dialog.remote_tag), int(value)
        if last is not None and rseq != last + 1:
            return
        self._rseqs[dialog.remote_tag] = rseq
        rack = f"{rseq} {invite.cseq.number} INVITE"
        self._ask("PRACK", lambda response, now: None, dialog=dialog, RAck=rack)
        try:
            answer = session_description(response)
            if answer is not None and self.media.offered:
                self.media.accept(answer)
        except MessageError:
            return  # the 2xx, or its lack of media, decides

    def _fork(self, invite: Request, response: Response) -> Dialog | None:
        """The dialog of a response, made when there is none yet (RFC 3261 §12.1.2, §13.2.2.4)."""
        tag = response.to.tag or ""
        known = self.dialogs.get(tag)
        if known is not None:
            return known
        if not tag or len(self.dialogs) >= MAX_FORKS:
            return None
        try:
            self.dialogs[tag] = dialog = Dialog.of_caller(invite, response, self.contact)
        except DialogRefused:
            return None
        return dialog

    def _answered(self, invite: Request, response: Response, now: float) -> None:
        repeated = (response.cseq.number, response.to.tag or "") in self._acks
        if repeated:
            self._late(response)
            return
        known = (response.to.tag or "") in self.dialogs
        dialog = self._fork(invite, response)
        if dialog is None:
            if self.state == "early":
                self._finish("failed")
            return
        if known:
            dialog.confirm(response)
        self._acknowledge(dialog, response)
        if self.state != "early":  # another fork was faster, or we gave up
            self._bye(now, dialog)
            return
        self._times.pop("patience", None)
        self.dialog, self.state = dialog, "confirmed"
        self._refreshed(response)
        self.timer.granted(response.headers, now)
        if self._take_answer(response, needed=self.media.agreement is None, now=now) or (
            self.state == "confirmed"
        ):
            self._tell_answered()

    def _refused(self, invite: Request, response: Response, now: float) -> None:
        if self.state != "early":
            return
        if response.status in {401, 407} and self._challenges < MAX_CHALLENGES:
            self._challenges += 1
            again = self._with_password(invite, response, self._seq + 1)
            if again is not None:
                self._invite(again)
                return
        if response.status == 422 and self.timer.too_small(response.headers):
            self._invite()
        elif response.status == 503 and not self._heard:
            self._out.append(Elsewhere())
        else:
            self._finish(end_reason(response.status))

    def _on_bye(self, request: Request, now: float) -> None:
        if self.state == "early":  # of one fork (RFC 3261 §15); the others may still answer
            self._on_fork(request)
        else:
            super()._on_bye(request, now)

    # ------------------------------------------------------------------ giving up

    def _abandon(self, now: float) -> None:
        self._given_up = True
        if self._heard:  # RFC 3261 §9.1: not before a provisional response
            self._cancel()

    def _cancel(self) -> None:
        if self.invite is not None and not self._cancelled:
            self._cancelled = True
            self._out.append(Cancel(self.invite))

    def _no_answer(self, now: float) -> None:
        self._abandon(now)
        self._finish("no-answer")
