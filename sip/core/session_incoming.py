"""A call that comes to us (RFC 3261 §13.3): ringing, perhaps reliably, then an answer or a refusal."""

from __future__ import annotations

import random
import re

from sip.core.bodies import session_description
from sip.core.dialog import Dialog, DialogRefused
from sip.core.message import MessageError, Request, Response
from sip.core.session import Session
from sip.core.session_effects import Effect, Reply, Terms
from sip.core.session_rules import with_lists
from sip.core.session_timer import listed
from sip.core.timers import LIFE, T1
from sip.core.transaction_reply import reply
from sip.core.uri import NameAddr

__all__ = ["IncomingSession"]

RING_AGAIN = 60.0  # RFC 3261 §13.3.1.1: proxies forget INVITEs without a sign of life
_RACK = re.compile(r"\s*([0-9]{1,10})\s+([0-9]{1,10})\s+(\S+)\s*")


class IncomingSession(Session):
    """A call from its INVITE on.

    Raises from its constructor `DialogRefused`, `MessageError` or `TooBrief` (422) for an INVITE that cannot
    become a call: their `status` is the answer.
    """

    def __init__(self, invite: Request, terms: Terms, contact: str, rng: random.Random) -> None:
        super().__init__(terms, contact, rng)
        self.timer.check(invite.headers)
        self.dialog = Dialog.of_callee(invite, self.tag, contact)
        self.dialogs[self.dialog.remote_tag] = self.dialog
        self.peer_updates = listed(invite.headers, "Allow", "UPDATE")
        self.invite = invite
        self._offer = session_description(invite)
        if self._offer is not None:
            self.media.examine(self._offer, NameAddr.parse(contact).uri.host)
        self._reliably = listed(invite.headers, "Require", "100rel")
        self._rseq = 0
        self._ringing: Response | None = None
        self._pause = T1

    def begin(self, now: float) -> list[Effect]:
        """Say that the INVITE has arrived."""
        self._out.append(Reply(self.invite, reply(self.invite, 100)))
        self._times["patience"] = (now + self.terms.patience, self._give_up)
        return self._flush()

    def ring(self, now: float) -> list[Effect]:
        """180, reliably where that is required (RFC 3262 §3). Once; later calls do nothing.

        A caller that wants it reliably and left the offer to us gets none: it would have to bring our offer,
        and where our media will be is known with `answer` only.
        """
        if self.state != "early" or self._ringing is not None or (self._reliably and self._offer is None):
            return self._flush()
        self._ringing = response = reply(self.invite, 180, tag=self.tag)
        response.headers.add("Contact", self.contact)
        with_lists(response.headers)
        if self._reliably:
            self._rseq = self.rng.randint(1, 2**30)
            response.headers.add("Require", "100rel")
            response.headers.add("RSeq", str(self._rseq))
            self._times["ring"] = (now + self._pause, self._ring_again)
            self._times["unpracked"] = (now + LIFE, self._never_pracked)
        else:
            self._times["ring"] = (now + RING_AGAIN, self._ring_again)
        self._out.append(Reply(self.invite, response))
        return self._flush()

    def answer(self, address: str, port: int, now: float) -> list[Effect]:
        """200 with media at this address and port of ours; 488 when the media do not fit."""
        if self.state != "early":
            return self._flush()
        self.media.place(address, port)
        try:
            body = self.media.offer() if self._offer is None else self.media.answer(self._offer)
        except MessageError:
            self._refuse(488)
            self._finish("media")
            return self._flush()
        self._times.clear()
        response = self._success(self.invite, body, now)
        self.state = "accepted"
        self._accept(self.invite, response, delayed=self._offer is None, now=now)
        return self._flush()

    def reject(self, status: int, now: float) -> list[Effect]:
        """Refuse it. status: 300–699."""
        if self.state == "early":
            self._refuse(status if 300 <= status <= 699 else 480)
            self._finish("ours")
        return self._flush()

    def cancelled(self, now: float) -> list[Effect]:
        """A CANCEL came; it makes a difference as long as there is no final answer."""
        if self.state == "early":
            self._refuse(487)
            self._finish("cancelled")
        return self._flush()

    def _refuse(self, status: int) -> None:
        self._out.append(Reply(self.invite, reply(self.invite, status, tag=self.tag)))

    def _abandon(self, now: float) -> None:
        self._refuse(480)

    def _abandoned(self, now: float) -> None:
        self._refuse(487)

    def _give_up(self, now: float) -> None:
        self._refuse(480)
        self._finish("no-answer")

    def _ring_again(self, now: float) -> None:
        if self._ringing is not None and self.state == "early":
            self._out.append(Reply(self.invite, self._ringing))
            self._pause = 2 * self._pause if self._rseq else RING_AGAIN
            self._times["ring"] = (now + self._pause, self._ring_again)

    def _never_pracked(self, now: float) -> None:
        self._refuse(504)  # RFC 3262 §3: a 5xx
        self._finish("timeout")

    def _on_prack(self, request: Request, now: float) -> None:
        found = _RACK.fullmatch(request.headers.get("RAck") or "")
        rack = (int(found[1]), int(found[2]), found[3]) if found else None
        if rack != (self._rseq, self.invite.cseq.number, "INVITE"):
            raise DialogRefused(481)
        if session_description(request) is not None and self.media.agreement is None:
            raise DialogRefused(488)  # RFC 3262 §5: no further offer before the first has its answer
        self._times.pop("unpracked", None)
        self._times.pop("ring", None)
        self._reply(request, 200)
        if self.state == "early":
            self._times["ring"] = (now + 2 * RING_AGAIN, self._keep_ringing)

    def _keep_ringing(self, now: float) -> None:
        """RFC 3262 §3 wants each further provisional response reliable as well: a new one, with its RSeq."""
        self._ringing, self._pause = None, T1
        self._out.extend(self.ring(now))
