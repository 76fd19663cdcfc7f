"""One call, its middle: answers to offers of ours, and refreshing (RFC 4028 §10, RFC 3261 §14.1)."""

from __future__ import annotations

from sip.core.bodies import session_description
from sip.core.message import MessageError, Request, Response
from sip.core.session_asking import Asking
from sip.core.session_effects import Cancel
from sip.core.session_timer import listed
from sip.core.timers import LIFE, T2

__all__ = ["Refreshing"]


class Refreshing(Asking):
    """A call that keeps itself alive."""

    def _refreshed(self, message: Request | Response) -> None:
        if self.dialog is not None:
            self.dialog.refresh(message)
        if "Allow" in message.headers:
            self.peer_updates = listed(message.headers, "Allow", "UPDATE")

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

    def _refresh(self, now: float) -> None:
        if self.state != "confirmed":
            return
        if self._asked or self._unacknowledged is not None:
            self.timer.later(now + T2)
        elif self.peer_updates:
            self._ask("UPDATE", self._refresh_answered)
        else:
            self._ask("INVITE", self._reinvite_answered, body=self.media.offer())
            self._times["stuck"] = (now + LIFE + T2, self._stuck)

    def _stuck(self, now: float) -> None:
        """A re-INVITE of ours that never gets a final answer would bar all others."""
        invites = [asked.request for asked in self._asked.values() if asked.request.method == "INVITE"]
        self._out.extend(Cancel(invite) for invite in invites)

    def _reinvite_answered(self, response: Response | None, now: float) -> None:
        self._times.pop("stuck", None)
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
