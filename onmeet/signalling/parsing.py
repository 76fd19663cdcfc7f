"""From a browser's text to a message dataclass: the one place where the browser's JSON is looked at.

`read` turns a text into an envelope, `parse` an envelope into a message by the declarative table
`SHAPES`: for each type its dataclass, the check of each field, and its size limit.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import Any, NoReturn
from unicodedata import category, normalize

from onmeet.errors import ProtocolError
from onmeet.relay.interface import SOURCES, Source
from onmeet.signalling import messages as m

__all__ = ["BIG", "SHAPES", "SMALL", "VERSION", "Envelope", "parse", "read"]

SMALL = 64 * 1024
"""Longest message, bytes."""
BIG = 256 * 1024
"""Longest message that carries SDP, bytes; nothing longer is looked at."""

VERSION = 1
"""Of the protocol, as `join` names it."""

_DEPTH = 32
_DIGITS = 308  # whatever they are, the number fits a double
_NUMBER = 2**53 - 1  # what JavaScript counts exactly
_INDEX = 1023
_PIXELS = 16384
_LOG_BODY = 8 * 1024  # what the key log keeps of one participant, twice

_TRACK = re.compile(r"(0|[1-9][0-9]{0,3}):(" + "|".join(SOURCES) + r")")
_MID = re.compile(r"[A-Za-z0-9._+~-]{1,16}")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]*={0,2}")
_TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")

Check = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Envelope:
    """A JSON object with a number and a type; `size` in bytes."""

    seq: int
    type: str
    fields: dict[str, Any]
    size: int


def read(data: bytes) -> Envelope:
    """The envelope of a text. Raises ProtocolError:

    `too-large` or `bad-json` when nothing can be known about it, `bad-message` without a string as
    `type`, `bad-seq` without a number.
    """
    if len(data) > BIG:
        raise ProtocolError("too-large")
    body = _strict_json(data)
    seq, kind = body.get("seq"), body.get("type")
    if type(seq) is not int or not 1 <= seq <= _NUMBER:
        raise ProtocolError("bad-seq")
    return Envelope(seq, kind if isinstance(kind, str) else "", body, len(data))


def _strict_json(data: bytes) -> dict[str, Any]:
    try:
        text = data.decode()
        body = json.loads(text, parse_constant=_refuse, parse_float=_finite, parse_int=_whole)
        if "\\ud" in text or "\\uD" in text:
            json.dumps(body, ensure_ascii=False).encode()  # a lone surrogate cannot be encoded
    except (ValueError, RecursionError):
        raise ProtocolError("bad-json") from None
    if not isinstance(body, dict):
        raise ProtocolError("bad-json")
    if text.count("{") + text.count("[") > _DEPTH and _deeper_than(body, _DEPTH):
        raise ProtocolError("bad-json")
    return body


def _refuse(_name: str) -> NoReturn:
    raise ValueError("no JSON number")


def _whole(digits: str) -> int:
    if len(digits) > _DIGITS:
        raise ValueError("no double")
    return int(digits)


def _finite(digits: str) -> float:
    number = float(digits)
    if not isfinite(number):
        raise ValueError("no double")
    return number


def _deeper_than(value: Any, limit: int) -> bool:
    level = [value]
    for _ in range(limit):
        below: list[Any] = []
        for each in level:
            if isinstance(each, dict):
                below += each.values()
            elif isinstance(each, list):
                below += each
        if not below:
            return False
        level = below
    return any(isinstance(each, dict | list) for each in level)


# -- checks of single fields: a value in, the value as the dataclass wants it out ------------------


class _Wrong(Exception):
    """A field that is not as it should be."""


def _integer(low: int, high: int) -> Check:
    def check(value: Any) -> int:
        if type(value) is not int or not low <= value <= high:
            raise _Wrong
        return value

    return check


def _text(longest: int, shortest: int = 0) -> Check:
    def check(value: Any) -> str:
        if not isinstance(value, str) or not shortest <= len(value) <= longest:
            raise _Wrong
        return value

    return check


def _matching(pattern: re.Pattern[str]) -> Check:
    def check(value: Any) -> str:
        if not isinstance(value, str) or pattern.fullmatch(value) is None:
            raise _Wrong
        return value

    return check


def _exactly(wanted: object) -> Check:
    def check(value: Any) -> Any:
        if type(value) is not type(wanted) or value != wanted:
            raise _Wrong
        return value

    return check


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise _Wrong
    return value


def _source(value: Any) -> Source:
    for source in SOURCES:
        if value == source:
            return source
    raise _Wrong


def _sources(value: Any) -> tuple[Source, ...]:
    if not isinstance(value, list) or len(value) > len(SOURCES):
        raise _Wrong
    return tuple(dict.fromkeys(_source(each) for each in value))


def _person_name(value: Any) -> str:
    if not isinstance(value, str) or len(value) > 1024:
        raise _Wrong
    kept = (c for c in value if c.isspace() or not (category(c) in ("Cc", "Cs") or c in _TURNING))
    name = " ".join(normalize("NFC", "".join(kept)).split())
    if not 1 <= len(name) <= 64:
        raise _Wrong
    return name


def _object(check_key: Check, check_value: Check, most: int) -> Check:
    def check(value: Any) -> dict[Any, Any]:
        if not isinstance(value, dict) or len(value) > most:
            raise _Wrong
        return {check_key(key): check_value(each) for key, each in value.items()}

    return check


_pixels = _integer(0, _PIXELS)


def _size(value: Any) -> tuple[int, int]:
    if not isinstance(value, list) or len(value) != 2:
        raise _Wrong
    return _pixels(value[0]), _pixels(value[1])


def _any_object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _Wrong
    return value


# -- the table -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Shape:
    """How one type of message looks.

    `needed` and `optional` name the fields that become the dataclass's; `fixed` must be there with
    exactly that value.
    """

    make: Callable[..., m.ClientMessage]
    needed: Mapping[str, Check] = field(default_factory=dict)
    optional: Mapping[str, Check] = field(default_factory=dict)
    fixed: Mapping[str, object] = field(default_factory=dict)
    limit: int = SMALL


_count = _integer(0, _NUMBER)
_gen = _integer(0, 2**31 - 1)
_index = _integer(0, _INDEX)
_track = _matching(_TRACK)
_sdp = _text(BIG, 1)
_down, _up = {"pc": "down"}, {"pc": "up"}

SHAPES: Mapping[str, Shape] = {
    "join": Shape(m.Join, {"name": _person_name, "muted": _sources}, fixed={"version": VERSION}),
    "resume": Shape(m.Resume, {"token": _text(128, 1), "ack": _count, "seq": _count}),
    "offer": Shape(
        m.UpOffer,
        {"gen": _gen, "sdp": _sdp, "sources": _object(_matching(_MID), _source, 64)},
        fixed=_up,
        limit=BIG,
    ),
    "answer": Shape(m.Answer, {"gen": _gen, "sdp": _sdp}, fixed=_down, limit=BIG),
    "restart": Shape(m.Restart, fixed=_down),
    "view": Shape(m.View, {"sizes": _object(_track, _size, 4096)}),
    "state": Shape(m.State, optional={"muted": _sources, "hand": _boolean}),
    "name": Shape(m.Name, {"name": _person_name}),
    "keyframe": Shape(m.Keyframe, {"track": _track}),
    "key": Shape(m.Key, {"body": _any_object}),
    "data": Shape(m.Data, {"payload": _matching(_BASE64)}, {"to": _index}),
    "kick": Shape(m.Kick, {"index": _index}),
    "mute": Shape(m.Mute, {"index": _index, "source": _source}),
    "lock": Shape(m.Lock, {"locked": _boolean}),
    "end": Shape(m.End),
    "ping": Shape(m.Ping, {"ack": _count}),
    "pong": Shape(m.Pong, {"ack": _count}),
    "leave": Shape(m.Leave),
}


def parse(envelope: Envelope) -> m.ClientMessage:
    """The message in an envelope. Raises ProtocolError `unknown-type`, `too-large`, `bad-message`."""
    if not envelope.type:
        raise ProtocolError("bad-message")
    shape = SHAPES.get(envelope.type)
    if shape is None:
        raise ProtocolError("unknown-type")
    if envelope.size > shape.limit or _too_long_to_keep(envelope):
        raise ProtocolError("too-large")
    try:
        return shape.make(**_checked(shape, envelope.fields))
    except _Wrong:
        raise ProtocolError("bad-message") from None


def _checked(shape: Shape, fields: Mapping[str, Any]) -> dict[str, Any]:
    for name, wanted in shape.fixed.items():
        _exactly(wanted)(fields.get(name))
    values: dict[str, Any] = {}
    for name, check in shape.needed.items():
        if name not in fields:
            raise _Wrong
        values[name] = check(fields[name])
    for name, check in shape.optional.items():
        values[name] = check(fields[name]) if fields.get(name) is not None else None
    return values


def _too_long_to_keep(envelope: Envelope) -> bool:
    """Whether a key message that the log would keep for each participant is too long for that."""
    body = envelope.fields.get("body")
    kept = envelope.type == "key" and isinstance(body, dict) and body.get("kind") in ("hello", "next")
    return kept and envelope.size > _LOG_BODY
