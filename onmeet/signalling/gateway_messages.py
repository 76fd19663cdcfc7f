"""What the telephone gateway sends over a room's link: PROTOCOL.md, *The gateway's link*."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, cast

from onmeet.errors import ProtocolError
from onmeet.meetings.reports import REPORTABLE
from onmeet.signalling import checks
from onmeet.signalling.checks import Shape, Wrong
from onmeet.signalling.parsing import CALL

__all__ = [
    "LONGEST", "RECORDED", "SHAPES", "CallState", "GatewayMessage", "HangUp", "WaitingCall", "opening",
    "parse", "subject",
]  # fmt: skip

CALL_LENGTH = 22
"""Characters of a call's name."""

LONGEST = 64 * 1024
"""Longest message, bytes."""

RECORDED: Mapping[str, str] = {
    "caller_number": "call.caller_number",
    "callee_number": "call.callee_number",
    "pbx_domain": "call.pbx_domain",
    "licence_key": "call.licence_key",
    "ip": "call.ip",
}
"""The fields of `record`, and the category that permits each."""

_ROOM = re.compile(r"[a-z0-9-]{1,64}")
_LANGUAGE = re.compile(r"[A-Za-z-]{2,8}")


@dataclass(frozen=True, slots=True)
class WaitingCall:
    """A call in the lobby, and the gateway's signed statement about its key. `expires`: unix seconds.

    reports: categories of `REPORTABLE` that may be recorded. record: fields of `RECORDED` that may.
    """

    TYPE: ClassVar[str] = "call"
    call: str
    gw: str
    expires: int
    gateway: str
    s: str
    label: str
    withheld: bool
    dialled_out: bool
    language: str
    reports: tuple[str, ...]
    record: dict[str, str] | None


@dataclass(frozen=True, slots=True)
class CallState:
    """What an admitted caller pressed; None = unchanged."""

    TYPE: ClassVar[str] = "state"
    call: str
    muted: bool | None
    hand: bool | None


@dataclass(frozen=True, slots=True)
class HangUp:
    """A call is over."""

    TYPE: ClassVar[str] = "hang-up"
    call: str


GatewayMessage = WaitingCall | CallState | HangUp


def _reports(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) > len(REPORTABLE):
        raise Wrong
    if any(category not in REPORTABLE for category in value) or len(set(value)) < len(value):
        raise Wrong
    return tuple(value)


def _field(value: Any) -> str:
    if value not in RECORDED:
        raise Wrong
    return str(value)


SHAPES: Mapping[str, Shape] = {
    "call": Shape(
        WaitingCall,
        {
            "call": CALL,
            "gw": checks.octets(32),
            "expires": checks.integer(0, checks.NUMBER),
            "gateway": checks.octets(32),
            "s": checks.octets(64),
            "label": checks.cleaned,
            "withheld": checks.boolean,
            "dialled_out": checks.boolean,
            "language": checks.matching(_LANGUAGE),
            "reports": _reports,
        },
        {"record": checks.mapping(_field, checks.text(255, 1), len(RECORDED))},
    ),
    "state": Shape(CallState, {"call": CALL}, {"muted": checks.boolean, "hand": checks.boolean}),
    "hang-up": Shape(HangUp, {"call": CALL}),
}


def parse(data: bytes) -> GatewayMessage:
    """The message in a text.

    Raises ProtocolError `too-large`, `bad-json`, `bad-message`, `unknown-type`; `bad-message` also for a
    record of what the call's `reports` do not list.
    """
    if len(data) > LONGEST:
        raise ProtocolError("too-large")
    fields = checks.strict_json(data)
    kind = fields.get("type")
    if not isinstance(kind, str) or not kind:
        raise ProtocolError("bad-message")
    shape = SHAPES.get(kind)
    if shape is None:
        raise ProtocolError("unknown-type")
    try:
        message = cast(GatewayMessage, shape.make(**checks.checked(shape, fields)))
    except (Wrong, TypeError):  # TypeError: an unhashable value where a word is looked up
        raise ProtocolError("bad-message") from None
    if isinstance(message, WaitingCall) and not _permitted(message):
        raise ProtocolError("bad-message")
    return message


def _permitted(message: WaitingCall) -> bool:
    return all(RECORDED[name] in message.reports for name in message.record or ())


def opening(data: bytes, *, now: float) -> str:
    """The room of a link's first frame; `now` is unix seconds. Raises ProtocolError `bad-frame`."""
    try:
        body = json.loads(data)
    except (ValueError, RecursionError):
        raise ProtocolError("bad-frame", "not JSON") from None
    room = body.get("room") if isinstance(body, dict) else None
    if not isinstance(room, str) or _ROOM.fullmatch(room) is None:
        raise ProtocolError("bad-frame", "no room")
    expires = body.get("expires")
    if type(expires) not in (int, float) or not expires >= now:  # a NaN is not
        raise ProtocolError("bad-frame", "expired")
    return room


def subject(data: bytes) -> tuple[str, str | None]:
    """Type and call of a message that `parse` refused, as far as they are legible; for the error."""
    try:
        fields = checks.strict_json(data) if len(data) <= LONGEST else {}
    except ProtocolError:
        fields = {}
    kind, call = fields.get("type"), fields.get("call")
    legible = isinstance(call, str) and len(call) == CALL_LENGTH
    return kind[:32] if isinstance(kind, str) else "", call if legible else None
