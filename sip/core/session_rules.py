"""What we support, what is refused before anything else, and requests that no call of ours handles."""

from __future__ import annotations

import re

from sip.core.message import Headers, MessageError, Request, Response
from sip.core.transaction_reply import reply
from sip.core.uri import Uri
from sip.interface import EndReason

__all__ = ["ALLOW", "SDP", "SUPPORTED", "answer_outside", "digit_of", "end_reason", "refusal", "with_lists"]

SDP = "application/sdp"
ALLOW = "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, PRACK, UPDATE"
SUPPORTED = "100rel, timer"
DIGITS = ("application/dtmf-relay", "application/dtmf")

_OPTIONS = frozenset({"100rel", "timer"})
_KNOWN = frozenset({"REGISTER", "REFER", "NOTIFY", "SUBSCRIBE", "PUBLISH", "MESSAGE", *ALLOW.split(", ")})
_SIGNAL = re.compile(r"Signal\s*=\s*([0-9A-D*#]{1,2})\s*(?:[\r\n]|$)", re.IGNORECASE)
_NAMED = {"10": "*", "11": "#", "12": "A", "13": "B", "14": "C", "15": "D"}  # events of RFC 4733 §3.2


def with_lists(headers: Headers) -> None:
    """Say what we can: Allow and Supported."""
    headers.add("Allow", ALLOW)
    headers.add("Supported", SUPPORTED)


def refusal(request: Request) -> Response | None:
    """Why a request outside of dialogs, or any, cannot be served at all (RFC 3261 §8.2.1 to 8.2.3)."""
    try:
        scheme = Uri.parse(request.uri).scheme
        hops = int(request.headers.get("Max-Forwards") or "70")
    except (MessageError, ValueError):
        return reply(request, 400)
    unknown = [
        option
        for option in request.headers.all("Require")
        if request.method not in {"ACK", "CANCEL"} and option.strip().lower() not in _OPTIONS
    ]
    if scheme not in {"sip", "sips", "tel"}:
        return reply(request, 416)
    if hops <= 0 and request.method != "OPTIONS":  # RFC 3261 §11: OPTIONS with 0 is a question about us
        return reply(request, 483)
    if unknown:
        response = reply(request, 420)
        response.headers.add("Unsupported", ", ".join(unknown))
        return response
    return _bad_body(request)


def _bad_body(request: Request) -> Response | None:
    """Bodies in an encoding that we do not read (RFC 3261 §8.2.3)."""
    encodings = [value.strip().lower() for value in request.headers.all("Content-Encoding")]
    if not request.body or set(encodings) <= {"identity", ""}:
        return None
    response = reply(request, 415)
    response.headers.add("Accept-Encoding", "identity")
    return response


def answer_outside(request: Request, tag: str) -> Response:
    """The answer to whatever is neither a call nor part of one."""
    statuses = {"OPTIONS": 200, "REFER": 603, "NOTIFY": 481, "SUBSCRIBE": 489, "PUBLISH": 489}
    known = 405 if request.method in _KNOWN else 501
    if request.method in {"BYE", "INFO", "PRACK", "UPDATE"}:
        known = 481
    response = reply(request, statuses.get(request.method, known), tag=tag)
    if response.status in {200, 405, 501}:
        with_lists(response.headers)
    if request.method == "OPTIONS":
        response.headers.add("Accept", f"{SDP}, {', '.join(DIGITS)}")
    if response.status == 489:
        response.headers.add("Allow-Events", "")  # RFC 6665 §8.3.2: none
    return response


def digit_of(request: Request) -> str:
    """The digit in an INFO, "" when it has none (flash, or no body). Raises `MessageError` (415)."""
    kind = (request.headers.get("Content-Type") or "").partition(";")[0].strip().lower()
    if not request.body:
        return ""
    if kind not in DIGITS:
        raise MessageError(415, "Unsupported Media Type")
    text = request.body[:200].decode("ascii", "replace").strip()
    if kind == "application/dtmf-relay":
        found = _SIGNAL.search(text)
        text = found[1] if found else ""
    text = _NAMED.get(text, text.upper())
    return text if re.fullmatch(r"[0-9*#A-D]", text) else ""


def end_reason(status: int) -> EndReason:
    """What a refusal of a call of ours means."""
    if status in {486, 600}:
        return "busy"
    if status in {403, 433, 603, 607}:
        return "refused"
    if status in {408, 480, 487}:
        return "no-answer"
    return "media" if status in {488, 606} else "failed"
