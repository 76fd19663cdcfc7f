"""From a browser's text to a message dataclass: the one place where the browser's JSON is looked at.

`read` turns a text into an envelope, `parse` an envelope into a message by the declarative table
`SHAPES`: for each type its dataclass, the check of each field, and its size limit.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from onmeet.errors import ProtocolError
from onmeet.relay.interface import SOURCES
from onmeet.signalling import checks
from onmeet.signalling import messages as m
from onmeet.signalling.checks import Shape, Wrong

__all__ = ["BIG", "CALL", "MAX_WAITING", "SHAPES", "SMALL", "VERSION", "Envelope", "parse", "read"]

SMALL = 64 * 1024
"""Longest message, bytes."""
BIG = 256 * 1024
"""Longest message that carries SDP, bytes; nothing longer is looked at."""

VERSION = 1
"""Of the protocol, as `join` names it."""

MAX_WAITING = 100
"""Most people who may wait in one lobby."""

_LOG_BODY = 8 * 1024  # what the key log keeps of one participant, twice

_TRACK = re.compile(r"(0|[1-9][0-9]{0,3}):(" + "|".join(SOURCES) + r")")
_MID = re.compile(r"[A-Za-z0-9._+~-]{1,16}")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]*={0,2}")


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
    body = checks.strict_json(data)
    seq, kind = body.get("seq"), body.get("type")
    if type(seq) is not int or not 1 <= seq <= checks.NUMBER:
        raise ProtocolError("bad-seq")
    return Envelope(seq, kind if isinstance(kind, str) else "", body, len(data))


_count = checks.integer(0, checks.NUMBER)
_gen = checks.integer(0, 2**31 - 1)
_index = checks.integer(0, checks.INDEX)
_guest = checks.integer(1, 2**31 - 1)
_track = checks.matching(_TRACK)
_sdp = checks.text(BIG, 1)
CALL = checks.octets(16)
"""The random name of a telephone call."""

_down, _up = {"pc": "down"}, {"pc": "up"}

SHAPES: Mapping[str, Shape] = {
    "join": Shape(m.Join, {"name": checks.person_name, "muted": checks.sources}, fixed={"version": VERSION}),
    "resume": Shape(m.Resume, {"token": checks.text(128, 1), "ack": _count, "seq": _count}),
    "offer": Shape(
        m.UpOffer,
        {"gen": _gen, "sdp": _sdp, "sources": checks.mapping(checks.matching(_MID), checks.source, 64)},
        fixed=_up,
        limit=BIG,
    ),
    "answer": Shape(m.Answer, {"gen": _gen, "sdp": _sdp}, fixed=_down, limit=BIG),
    "restart": Shape(m.Restart, fixed=_down),
    "view": Shape(m.View, {"sizes": checks.mapping(_track, checks.size, 4096)}),
    "state": Shape(m.State, optional={"muted": checks.sources, "hand": checks.boolean}),
    "name": Shape(m.Name, {"name": checks.person_name}),
    "keyframe": Shape(m.Keyframe, {"track": _track}),
    "key": Shape(m.Key, {"body": checks.any_object}),
    "data": Shape(m.Data, {"payload": checks.matching(_BASE64)}, {"to": _index}),
    "kick": Shape(m.Kick, {"index": _index}),
    "mute": Shape(m.Mute, {"index": _index, "source": checks.source}),
    "admit": Shape(m.Admit, {"call": CALL}, {"name": checks.person_name}),
    "reject": Shape(m.Reject, {"call": CALL}),
    "hold": Shape(m.Hold, {"index": _index}),
    "rename": Shape(m.Rename, {"index": _index, "name": checks.person_name}),
    "lobby": Shape(m.Lobby, {"on": checks.boolean}),
    "let-in": Shape(m.LetIn, {"guests": checks.several(_guest, MAX_WAITING)}),
    "turn-away": Shape(m.TurnAway, {"guest": _guest}),
    "lock": Shape(m.Lock, {"locked": checks.boolean}),
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
        return cast(m.ClientMessage, shape.make(**checks.checked(shape, envelope.fields)))
    except Wrong:
        raise ProtocolError("bad-message") from None


def _too_long_to_keep(envelope: Envelope) -> bool:
    """Whether a key message that the log would keep for each participant is too long for that."""
    body = envelope.fields.get("body")
    kept = envelope.type == "key" and isinstance(body, dict) and body.get("kind") in ("hello", "next")
    return kept and envelope.size > _LOG_BODY
