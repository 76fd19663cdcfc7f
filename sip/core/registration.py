"""Registering at a trunk and staying registered (RFC 3261 §10), as a machine without socket or clock.

registration = Registration(account)
for effect in registration.start(contact, now): …    # Send: a request for a transaction; News: the state
registration.response(response, now)                  # what became of it: any response,
registration.failed(now)                              # or none in time, or nowhere to send it
registration.tick(now)                                # at registration.deadline
registration.lost(now); registration.stop(now)        # the connection ended; we leave
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

from sip.core.digest import Credentials, Digest, NoAnswer
from sip.core.headers import Headers
from sip.core.message import Request, Response
from sip.core.parsing import MessageError
from sip.core.uri import NameAddr, Uri

__all__ = ["Account", "Effect", "News", "Registration", "Send", "State"]

State = Literal["off", "registering", "registered", "refused", "unreachable"]
"""refused: the registrar says no (password, number); unreachable: it says nothing, or that it cannot now."""

_FIRST_PAUSE = 1.0  # seconds; doubled with each failure in a row
_LONGEST_PAUSE = 60.0
_FIRST_REFUSED = 30.0  # a no may be ours to mend: ask rarely, or be taken for somebody who guesses passwords
_LONGEST_REFUSED = 600.0
_LONGEST_RETRY_AFTER = 3600.0
_REFRESH = 0.9  # of the time that the registrar grants
_JITTER = 0.05
_LONGEST_EXPIRES = 7 * 86_400
_SHORTEST_REFRESH = 1.0
_PASSING = frozenset({200, 408, 423, 480})  # no refusals: a success that grants nothing counts as silence


@dataclass(frozen=True, slots=True, repr=False)
class Account:
    """Where and as whom we register.

    domain: of the registrar, in the request URI and in our address. hop: where requests go first, an outbound
    proxy or None for the domain itself. auth_user: name in digests, "" for `user`. expires: seconds.
    """

    domain: str
    user: str
    password: str = ""
    auth_user: str = ""
    hop: Uri | None = None
    expires: int = 600
    agent: str = "OnMeet"


@dataclass(frozen=True, slots=True)
class Send:
    """Send this request towards `hop` in a transaction of its own; Via is added on the way."""

    request: Request
    hop: Uri


@dataclass(frozen=True, slots=True)
class News:
    """The state has changed. status: of the response that did it, None without one."""

    state: State
    status: int | None = None


Effect = Send | News


@dataclass(slots=True, repr=False)
class Registration:
    """One registration. random: numbers from 0 up to 1, for all jitter.

    service_route, path, associated: what the last success said (RFC 3608, RFC 3327, RFC 7315).
    deadline: when `tick` wants to be called, None while an answer is awaited or nothing is to be done.
    """

    account: Account
    random: Callable[[], float] = secrets.SystemRandom().random
    state: State = "off"
    deadline: float | None = None
    service_route: tuple[str, ...] = ()
    path: tuple[str, ...] = ()
    associated: tuple[str, ...] = ()
    _contact: Uri | None = None
    _digest: Digest = field(init=False)
    _pending: Request | None = None
    _expires: int = 0
    _bound_until: float = 0.0
    _failures: int = 0
    _leaving: bool = False
    _seq: int = 0
    _call_id: str = field(default_factory=lambda: secrets.token_hex(16))
    _tag: str = field(default_factory=lambda: secrets.token_hex(8))
    _instance: str = field(default_factory=lambda: secrets.token_hex(8))

    def __post_init__(self) -> None:
        who = Credentials(self.account.auth_user or self.account.user, self.account.password)
        self._digest = Digest(who)
        self._expires = self.account.expires

    def start(self, contact: Uri, now: float) -> Iterator[Effect]:
        """Register with this address of ours (user, host, port, transport), or again because it changed."""
        self._contact = replace(contact, params={**contact.params, "rinstance": self._instance})
        self._leaving = False
        if self.state == "off":
            self._failures = 0
            yield from self._become("registering")
        yield from self._ask()

    def stop(self, now: float) -> Iterator[Effect]:
        """Take our binding away, if there is one. State `off` follows the answer, or its absence."""
        self.deadline = None
        if self._contact is None or now >= self._bound_until:
            self._pending = None
            yield from self._become("off")
            return
        self._leaving = True
        yield from self._ask()

    def lost(self, now: float) -> Iterator[Effect]:
        """The connection on which we registered is gone: calls would not find us. Register again soon."""
        self._bound_until = now
        if self._leaving:
            yield from self._left()
        elif self.state == "registered" or self._pending is not None:
            yield from self._again(now, None)

    def tick(self, now: float) -> Iterator[Effect]:
        """The deadline has come: refresh, or try again."""
        if self.deadline is not None and now >= self.deadline and not self._leaving:
            self.deadline = None
            if self.state == "registered" and now >= self._bound_until:
                yield from self._become("unreachable")
            yield from self._ask()

    def failed(self, now: float) -> Iterator[Effect]:
        """No answer came in time, or the request could not be sent."""
        if self._pending is not None:
            yield from self._left() if self._leaving else self._again(now, None)

    def response(self, response: Response, now: float) -> Iterator[Effect]:
        """An answer to the request that is under way; provisional and late ones change nothing."""
        refused = self._pending
        if refused is None or response.status < 200 or not _answers(response, refused):
            return
        if response.status in (401, 407):
            yield from self._challenged(response, refused, now)
        elif self._leaving:
            yield from self._left()
        elif response.status < 300:
            yield from self._accepted(response, now)
        elif response.status == 423 and (least := _seconds(response.headers.get("Min-Expires"))) is not None:
            yield from self._lengthened(least, now)
        else:
            yield from self._again(now, response)

    def _accepted(self, response: Response, now: float) -> Iterator[Effect]:
        self._pending = None
        granted = self._granted(response)
        if granted == 0:  # a success that holds nothing is none
            yield from self._again(now, response)
            return
        self._failures = 0
        self._bound_until = now + granted
        early = _REFRESH - _JITTER * self.random()
        self.deadline = now + max(_SHORTEST_REFRESH, granted * early)
        self.service_route = tuple(response.headers.all("Service-Route"))
        self.path = tuple(response.headers.all("Path"))
        self.associated = tuple(response.headers.all("P-Associated-URI"))
        yield from self._become("registered", response.status)

    def _challenged(self, response: Response, refused: Request, now: float) -> Iterator[Effect]:
        request = self._request()
        try:
            self._digest.answer(response.headers, request, refused)
        except NoAnswer:
            yield from self._left() if self._leaving else self._again(now, response)
            return
        yield from self._send(request)

    def _lengthened(self, least: int, now: float) -> Iterator[Effect]:
        """423: the registrar wants fewer refreshes (§10.3)."""
        if not self._expires < least <= _LONGEST_EXPIRES:
            yield from self._again(now, None)
            return
        self._expires = least
        yield from self._ask()

    def _again(self, now: float, response: Response | None) -> Iterator[Effect]:
        """Note a failure and plan the next attempt: there always is one."""
        self._pending = None
        no = response is not None and not (response.status in _PASSING or 500 <= response.status < 600)
        first, longest = (_FIRST_REFUSED, _LONGEST_REFUSED) if no else (_FIRST_PAUSE, _LONGEST_PAUSE)
        pause = min(longest, first * 2 ** min(self._failures, 16))
        self._failures += 1
        wanted = _seconds(response.headers.get("Retry-After")) if response is not None else None
        if wanted is None:
            self.deadline = now + pause * (0.5 + 0.5 * self.random())
        else:
            self.deadline = now + max(_FIRST_PAUSE, min(wanted, _LONGEST_RETRY_AFTER)) * (
                1 + 0.1 * self.random()
            )
        if now >= self._bound_until or no:
            yield from self._become("refused" if no else "unreachable", response.status if response else None)

    def _left(self) -> Iterator[Effect]:
        self._pending, self._leaving, self.deadline, self._bound_until = None, False, None, 0.0
        yield from self._become("off")

    def _become(self, state: State, status: int | None = None) -> Iterator[Effect]:
        if state != self.state:
            self.state = state
            yield News(state, status)

    def _ask(self) -> Iterator[Effect]:
        request = self._request()
        self._digest.renew(request)
        yield from self._send(request)

    def _send(self, request: Request) -> Iterator[Effect]:
        self._pending, self.deadline = request, None
        yield Send(request, self.account.hop or Uri("sip", host=self.account.domain))

    def _request(self) -> Request:
        account = self.account
        ours = NameAddr(uri=Uri("sip", account.user, account.domain))
        self._seq += 1
        headers = Headers(
            (
                ("Max-Forwards", "70"),
                ("From", str(ours.with_tag(self._tag))),
                ("To", str(ours)),
                ("Call-ID", self._call_id),
                ("CSeq", f"{self._seq} REGISTER"),
                ("Contact", str(NameAddr(uri=self._contact or Uri()))),
                ("Expires", "0" if self._leaving else str(self._expires)),
                ("Supported", "path"),
                ("User-Agent", account.agent),
            )
        )
        return Request("REGISTER", str(Uri("sip", host=account.domain)), headers)

    def _granted(self, response: Response) -> int:
        """Seconds that our binding holds: those of our Contact, of all (§10.2.4), or what we asked for."""
        general = _seconds(response.headers.get("Expires"))
        contacts = _contacts(response)
        mine = [one for one in contacts if one.uri.params.get("rinstance") == self._instance]
        mine = mine or [one for one in contacts if one.uri == self._contact] or contacts[:1]
        own = _seconds(mine[0].params.get("expires")) if mine else None
        granted = next((value for value in (own, general) if value is not None), self._expires)
        return min(granted, _LONGEST_EXPIRES)


def _answers(response: Response, request: Request) -> bool:
    return response.cseq == request.cseq


def _contacts(response: Response) -> list[NameAddr]:
    found = []
    for value in response.headers.all("Contact"):
        try:
            found.append(NameAddr.parse(value))
        except MessageError:
            continue
    return found


def _seconds(text: str | None) -> int | None:
    """Delta seconds, with what may follow (`120 (busy);duration=60`) left out; None when it is no number."""
    digits = (text or "").strip().partition(";")[0].partition("(")[0].strip()
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 10 else None
