"""What a live meeting reports, so that records can be made where the notice permits them.

Plain values: the relay makes them, the keeper takes them. A field that the notice does not permit is None,
because the participant's ticket did not list its category: the relay then never says it, not even to another
process on the same machine.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Literal

from onmeet.errors import ProtocolError

__all__ = [
    "REPORTABLE", "AccessKind", "CallEnded", "CallStarted", "Delivery", "Ended", "Joined", "Left", "Metered",
    "PinSpent", "Quality", "Report", "Started", "decode", "encode", "hashed",
]  # fmt: skip

AccessKind = Literal["browser", "telephone"]

REPORTABLE: tuple[str, ...] = (
    "meeting.link", "meeting.topic", "meeting.times", "meeting.participants", "meeting.joins",
    "meeting.access_kind", "meeting.ip", "meeting.device", "meeting.quality", "usage.aggregate",
    "call.caller_number", "call.callee_number", "call.times", "call.pbx_domain", "call.licence_key",
    "call.ip",
)  # fmt: skip
"""The categories that a ticket can let the relay report about its participant."""


def hashed(instance: str) -> str:
    """The name of a live room in reports, records and receipts: SHA-256 of its random instance, in hex."""
    return hashlib.sha256(instance.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Started:
    """A live room began. instance: its hash. at: unix seconds, as in all reports.

    recorded: whether the first ticket permits a record. counted: whether it permits counting the meeting.
    code: the meeting's code, where link or topic may be recorded (the topic is found by it).
    """

    KIND: ClassVar[str] = "started"
    instance: str
    at: float
    recorded: bool = False
    counted: bool = False
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Joined:
    """Somebody came in. Not reported at all about a participant whose ticket permits no category.

    seat: the participant's index in the room. recorded: whether anything but a count is permitted. at_once:
    people on the whole server now, for the load. host: whether it is the host, whose account owns the record
    of a meeting that nobody keeps. code: as in `Started`. browser: the ticket's opaque id of the browser.
    """

    KIND: ClassVar[str] = "joined"
    instance: str
    seat: int
    at: float
    recorded: bool = False
    at_once: int | None = None
    host: bool = False
    code: str | None = None
    account: int | None = None
    browser: str | None = None
    name: str | None = None
    access: AccessKind | None = None
    ip: str | None = None
    device: str | None = None


@dataclass(frozen=True, slots=True)
class Left:
    """Somebody whose `Joined` was reported is gone. seconds: how long it was, for the load."""

    KIND: ClassVar[str] = "left"
    instance: str
    seat: int
    at: float
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Quality:
    """How a participant's connection was, once, at leaving: levels 3 good … 0 lost. No time line.

    worst: the lowest level. typical: the one that held longest.
    """

    KIND: ClassVar[str] = "quality"
    instance: str
    seat: int
    worst: int
    typical: int


@dataclass(frozen=True, slots=True)
class Ended:
    """A live room is gone, and with it everything that the relay knew about it."""

    KIND: ClassVar[str] = "ended"
    instance: str
    at: float


@dataclass(frozen=True, slots=True)
class CallStarted:
    """A host let a telephone call into a room. call: a hash of the room's and the call's random names.

    instance: the room's hash. seat: its first participant, whose `Joined` has access `telephone`. The other
    fields come from the telephone gateway.
    """

    KIND: ClassVar[str] = "call-started"
    instance: str
    call: str
    at: float
    seat: int | None = None
    caller_number: str | None = None
    callee_number: str | None = None
    pbx_domain: str | None = None
    licence_key: str | None = None
    ip: str | None = None


@dataclass(frozen=True, slots=True)
class CallEnded:
    """A telephone call is over."""

    KIND: ClassVar[str] = "call-ended"
    instance: str
    call: str
    at: float


@dataclass(frozen=True, slots=True)
class PinSpent:
    """The meeting with this PIN ended, and its owner wanted another PIN after each: about nobody."""

    KIND: ClassVar[str] = "pin-spent"
    instance: str
    at: float
    pin: str


@dataclass(frozen=True, slots=True)
class Metered:
    """How long a meeting took, for the plan of the account `meter`: seconds with at least two people in it.

    Reported in pieces, the last before `Ended`, and only of an account whose plan has a limit of minutes.
    """

    KIND: ClassVar[str] = "metered"
    instance: str
    at: float
    meter: int
    seconds: float


Report = Started | Joined | Left | Quality | Ended | CallStarted | CallEnded | PinSpent | Metered


@dataclass(frozen=True, slots=True)
class Delivery:
    """A report on its way. run: the random id of the relay process. seq: counts within a run, from 1.

    What a consumer was given and has not acknowledged comes again with the same numbers. seq 0: not from the
    relay, but concluded from its absence (`signalling.feed`).
    """

    run: str
    seq: int
    report: Report


_KINDS: dict[str, type[Any]] = {
    kind.KIND: kind
    for kind in (Started, Joined, Left, Quality, Ended, CallStarted, CallEnded, PinSpent, Metered)
}

_HASH = re.compile(r"[0-9a-f]{64}")


def _text(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= 512


def _whole(value: Any) -> bool:
    return type(value) is int and 0 <= value < 2**53


def _seconds(value: Any) -> bool:
    return type(value) in (int, float) and 0 <= value < 2**40


def _flag(value: Any) -> bool:
    return type(value) is bool


def _digest(value: Any) -> bool:
    return isinstance(value, str) and _HASH.fullmatch(value) is not None


_CHECKS: dict[str, Callable[[Any], bool]] = {
    "instance": _digest, "call": _digest, "at": _seconds, "seconds": _seconds, "seat": _whole,
    "at_once": _whole, "account": _whole, "meter": _whole, "host": _flag, "recorded": _flag, "counted": _flag,
    "worst": lambda value: value in (0, 1, 2, 3), "typical": lambda value: value in (0, 1, 2, 3),
    "access": lambda value: value in ("browser", "telephone"),
}  # fmt: skip


def encode(report: Report) -> dict[str, Any]:
    """A report as JSON takes it; what is None is left out."""
    values = {field.name: getattr(report, field.name) for field in fields(report)}
    return {"kind": report.KIND, **{name: value for name, value in values.items() if value is not None}}


def decode(body: Mapping[str, Any]) -> Report:
    """A report that `encode` made. Raises ProtocolError `bad-report`."""
    values = dict(body)
    kind = _KINDS.get(values.pop("kind", ""))
    names = {field.name for field in fields(kind)} if kind is not None else set()
    if kind is None or not names.issuperset(values):
        raise ProtocolError("bad-report", "unknown kind or field")
    if not all(_CHECKS.get(name, _text)(value) for name, value in values.items()):
        raise ProtocolError("bad-report", "ill-typed field")
    try:
        report: Report = kind(**values)
    except TypeError:
        raise ProtocolError("bad-report", "missing field") from None
    return report
