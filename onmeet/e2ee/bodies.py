"""The bodies of key messages: strict reading into frozen dataclasses (docs/e2ee.md, Bodies).

Whatever is not exactly as described raises BodyError; nothing of it is kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Literal, TypeVar, cast

from onmeet.e2ee.encoding import MAX_SAFE, BodyError, from_base64url, whole
from onmeet.e2ee.hpke import OVERHEAD_BYTES
from onmeet.e2ee.labels import BASE_BYTES, EPOCH_MAX, INDEX_MAX, MAX_GRANTS, MAX_KICKS
from onmeet.e2ee.signing import Json

__all__ = [
    "Body",
    "Epoch",
    "Grant",
    "Heartbeat",
    "Hello",
    "KeyFrame",
    "Kick",
    "Next",
    "Revoke",
    "Standing",
    "claimed_sender",
    "read_body",
    "seals_match",
]

T = TypeVar("T")
K = TypeVar("K")

_INDEX = re.compile(r"0|[1-9][0-9]{0,3}")
_SEALED: Final = BASE_BYTES + OVERHEAD_BYTES


@dataclass(frozen=True, slots=True)
class Hello:
    id: int
    sig: str
    kem: bytes
    mac: bytes
    raw: Json


@dataclass(frozen=True, slots=True)
class Next:
    id: int
    n: int
    kem: bytes
    raw: Json


@dataclass(frozen=True, slots=True)
class Heartbeat:
    id: int
    n: int
    th: bytes
    t: int
    raw: Json


@dataclass(frozen=True, slots=True)
class Standing:
    """Tells `to` where the chain stands."""

    id: int
    to: int
    n: int
    th: bytes
    raw: Json


@dataclass(frozen=True, slots=True)
class Revoke:
    call: str
    host: str
    raw: Json


@dataclass(frozen=True, slots=True)
class KeyFrame:
    to: int
    media: Literal["video", "share"]


@dataclass(frozen=True, slots=True)
class Kick:
    """Everybody whom the host has put out so far: index → signing key."""

    who: dict[int, str]
    host: str
    raw: Json


@dataclass(frozen=True, slots=True)
class Grant:
    """A telephone call that the host lets hear the sound."""

    call: str
    gw: bytes
    start: int
    host: str
    raw: Json


@dataclass(frozen=True, slots=True)
class Epoch:
    n: int
    prev: bytes
    by: int
    t: int
    roster: dict[int, str]
    seal: dict[int, bytes]
    confirm: bytes
    raw: Json
    kick: Kick | None = None
    grants: tuple[Grant, ...] = ()
    gw_seal: dict[str, bytes] = field(default_factory=dict)


Body = Hello | Next | Heartbeat | Standing | Revoke | KeyFrame | Epoch


class _Fields:
    """One message being read: every field is taken once, and none may be left."""

    def __init__(self, value: object) -> None:
        if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
            raise BodyError("object")
        self.raw: Json = value
        self._left = set(value)

    def has(self, name: str) -> bool:
        return name in self._left

    def take(self, name: str) -> object:
        if name not in self._left:
            raise BodyError("missing field")
        self._left.remove(name)
        return self.raw[name]

    def is_kind(self, *allowed: str) -> str:
        return self.one_of("kind", *allowed)

    def one_of(self, name: str, *allowed: str) -> str:
        value = self.take(name)
        if not isinstance(value, str) or value not in allowed:
            raise BodyError("value")
        return value

    def number(self, name: str, most: int) -> int:
        value = whole(self.take(name))
        if value is None or value > most:
            raise BodyError("number")
        return value

    def data(self, name: str, length: int) -> bytes:
        return from_base64url(self.take(name), length)

    def text(self, name: str, length: int) -> str:
        """Checked like `data`, but left in its text form."""
        return _text(length)(self.take(name))

    def table(
        self, name: str, key: Callable[[object], K], item: Callable[[object], T], most: int
    ) -> dict[K, T]:
        value = self.take(name)
        if not isinstance(value, dict) or len(value) > most:
            raise BodyError("table")
        return {key(each): item(entry) for each, entry in value.items()}

    def rows(self, name: str, item: Callable[[object], T], most: int) -> tuple[T, ...]:
        value = self.take(name)
        if not isinstance(value, list) or len(value) > most:
            raise BodyError("list")
        return tuple(item(entry) for entry in value)

    def done(self) -> Json:
        """The message itself, signature checked for its form."""
        self.text("s", 64)
        return self.end()

    def end(self) -> Json:
        if self._left:
            raise BodyError("unknown field")
        return self.raw


def _text(length: int) -> Callable[[object], str]:
    def read(value: object) -> str:
        from_base64url(value, length)
        return cast(str, value)

    return read


def _sealed(value: object) -> bytes:
    return from_base64url(value, _SEALED)


def _index(value: object) -> int:
    if not isinstance(value, str) or not _INDEX.fullmatch(value) or int(value) > INDEX_MAX:
        raise BodyError("index")
    return int(value)


def _hello(f: _Fields) -> Hello:
    index, sig, kem = f.number("id", INDEX_MAX), f.text("sig", 32), f.data("kem", 32)
    f.text("nonce", 16)
    return Hello(index, sig, kem, f.data("mac", 32), f.done())


def _next(f: _Fields) -> Next:
    return Next(f.number("id", INDEX_MAX), f.number("n", EPOCH_MAX), f.data("kem", 32), f.done())


def _heartbeat(f: _Fields) -> Heartbeat:
    index, n, th = f.number("id", INDEX_MAX), f.number("n", EPOCH_MAX), f.data("th", 32)
    return Heartbeat(index, n, th, f.number("t", MAX_SAFE), f.done())


def _standing(f: _Fields) -> Standing:
    index, to = f.number("id", INDEX_MAX), f.number("to", INDEX_MAX)
    return Standing(index, to, f.number("n", EPOCH_MAX), f.data("th", 32), f.done())


def _revoke(f: _Fields) -> Revoke:
    return Revoke(f.text("call", 16), f.text("host", 32), f.done())


def _key_frame(f: _Fields) -> KeyFrame:
    to, media = f.number("to", INDEX_MAX), f.one_of("media", "video", "share")
    f.end()
    return KeyFrame(to, cast(Literal["video", "share"], media))


def _kick(value: object) -> Kick:
    f = _Fields(value)
    f.is_kind("kick")
    return Kick(f.table("who", _index, _text(32), MAX_KICKS), f.text("host", 32), f.done())


def _grant(value: object) -> Grant:
    f = _Fields(value)
    f.is_kind("grant")
    call, gw, _ = f.text("call", 16), f.data("gw", 32), f.one_of("cls", "audio")
    return Grant(call, gw, f.number("from", EPOCH_MAX), f.text("host", 32), f.done())


def _epoch(f: _Fields) -> Epoch:
    return Epoch(
        n=f.number("n", EPOCH_MAX),
        prev=f.data("prev", 32),
        by=f.number("by", INDEX_MAX),
        t=f.number("t", MAX_SAFE),
        roster=f.table("roster", _index, _text(32), INDEX_MAX + 1),
        seal=f.table("seal", _index, _sealed, INDEX_MAX + 1),
        confirm=f.data("confirm", 32),
        kick=_kick(f.take("kick")) if f.has("kick") else None,
        grants=f.rows("grant", _grant, MAX_GRANTS) if f.has("grant") else (),
        gw_seal=f.table("gwSeal", _text(16), _sealed, MAX_GRANTS) if f.has("gwSeal") else {},
        raw=f.done(),
    )


_READERS: Final[dict[str, Callable[[_Fields], Body]]] = {
    "hello": _hello,
    "next": _next,
    "epoch": _epoch,
    "heartbeat": _heartbeat,
    "standing": _standing,
    "revoke": _revoke,
    "kf": _key_frame,
}


def read_body(value: object) -> Body:
    """Whatever came from the network as a body. Raises BodyError."""
    fields = _Fields(value)
    return _READERS[fields.is_kind(*_READERS)](fields)


def claimed_sender(body: Body) -> int | None:
    """Who a body says it is from; None where it does not say."""
    if isinstance(body, Epoch):
        return body.by
    return None if isinstance(body, Revoke | KeyFrame) else body.id


def seals_match(epoch: Epoch) -> bool:
    """Whether the secret is sealed to exactly those whom the epoch names."""
    calls = {grant.call for grant in epoch.grants}
    return (
        epoch.by in epoch.roster
        and epoch.seal.keys() == epoch.roster.keys() - {epoch.by}
        and len(calls) == len(epoch.grants)
        and calls == epoch.gw_seal.keys()
    )
