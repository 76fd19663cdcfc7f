"""What a call wants done, on what terms it is held, and what can be said before it has begun.

Reply         answer this request of theirs
Ask           send a request of ours in a client transaction, towards a URI
Acknowledge   send an ACK of a 2xx, outside of transactions (RFC 3261 §13.2.2.4)
Cancel        CANCEL the INVITE that we sent
Elsewhere     this target does not answer: another may (RFC 3263 §4.3)
Tell          news for the listener
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from sip.core.message import Request, Response
from sip.core.uri import Uri
from sip.interface import Agreement, CodecName, EndReason

__all__ = [
    "Acknowledge",
    "Answered",
    "Ask",
    "Cancel",
    "Changed",
    "Effect",
    "Elsewhere",
    "Ended",
    "News",
    "Pressed",
    "Reply",
    "Tell",
    "Terms",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What one call is held on. session_expires: seconds (RFC 4028), 0 for no timer of ours. user, password:
    for digests, "" without. sources: addresses of the trunk from which media may come. patience: seconds that
    a call may ring before it is given up."""

    codecs: tuple[CodecName, ...] = ("G722", "PCMA", "PCMU")
    srtp: Literal["off", "offer", "require"] = "off"
    session_expires: int = 1800
    user: str = ""
    password: str = field(default="", repr=False)
    sources: tuple[str, ...] = ()
    patience: float = 180.0


@dataclass(frozen=True, slots=True)
class Reply:
    """Answer `request`, through its server transaction."""

    request: Request
    response: Response


@dataclass(frozen=True, slots=True)
class Ask:
    """Send `request` towards `hop`; what comes of it goes to `Session.response` and `Session.failed`."""

    request: Request
    hop: Uri


@dataclass(frozen=True, slots=True)
class Acknowledge:
    """Send this ACK towards `hop`, once."""

    request: Request
    hop: Uri


@dataclass(frozen=True, slots=True)
class Cancel:
    """CANCEL `request`, an INVITE that has had a provisional response."""

    request: Request


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Go on with `OutgoingSession.again` at the next target, or with `give_up` when there is none."""


@dataclass(frozen=True, slots=True)
class Answered:
    """`CallListener.answered`."""

    agreement: Agreement


@dataclass(frozen=True, slots=True)
class Changed:
    """`CallListener.changed`."""

    agreement: Agreement


@dataclass(frozen=True, slots=True)
class Pressed:
    """`CallListener.digit`."""

    digit: str


@dataclass(frozen=True, slots=True)
class Ended:
    """`CallListener.ended`."""

    reason: EndReason


News = Answered | Changed | Pressed | Ended


@dataclass(frozen=True, slots=True)
class Tell:
    """Hand `news` to the listener."""

    news: News


Effect = Reply | Ask | Acknowledge | Cancel | Elsewhere | Tell
