"""What a telephone gateway says of a waiting call, and what people compare (docs/e2ee.md, Telephone).

Sans-I/O. `static/js/e2ee/calls.js` does the same; both stand on tests/e2ee/vectors/calls.json.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Final, Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from onmeet.e2ee.encoding import BodyError, from_base64url, to_base64url, whole
from onmeet.e2ee.labels import label
from onmeet.e2ee.signing import Json, import_public_key, is_signed, signed

__all__ = [
    "CALL_BYTES",
    "MAX_AHEAD_SECONDS",
    "CallStatement",
    "Fault",
    "check_statement",
    "gateway_fingerprint",
    "read_statement",
    "spoken_code",
    "state_call",
]

CALL_BYTES: Final = 16
MAX_AHEAD_SECONDS: Final = 3600
"""How far ahead a statement may expire; a call that waits longer is stated anew."""

_START: Final = hashlib.sha256(label("call")).digest()
# In place of a meeting's start hash: a caller may wait before there is a meeting.
_ROOM: Final = re.compile(r"[a-z0-9-]{1,64}")
_FIELDS: Final = frozenset({"kind", "room", "call", "gw", "expires", "gateway", "s"})

Fault = Literal["room", "expired", "ahead", "gateway", "signature"]
"""Why a statement is not good: for another room, too old, too far ahead, no key at all, not by its key."""


@dataclass(frozen=True, slots=True)
class CallStatement:
    """A gateway's word for one call.

    call: 16 bytes as base64url. gw: the call's own X25519 public key. expires: unix seconds. gateway: the
    gateway's Ed25519 public key.
    """

    room: str
    call: str
    gw: bytes
    expires: int
    gateway: bytes
    raw: Json

    @property
    def code(self) -> str:
        """What the gateway speaks to the caller and the host's page shows."""
        return spoken_code(self.room, self.call, self.gw, self.gateway)


def state_call(key: Ed25519PrivateKey, room: str, call: str, gw: bytes, expires: int) -> Json:
    """The signed statement; raises BodyError for a room or a call that is none."""
    public = key.public_key().public_bytes_raw()
    body: Json = {
        "kind": "call",
        "room": _room(room),
        "call": _call(call),
        "gw": to_base64url(gw),
        "expires": expires,
        "gateway": to_base64url(public),
    }
    return signed(key, _START, body)


def read_statement(value: object) -> CallStatement:
    """Whatever came from the network as a statement; raises BodyError. The signature is not yet checked."""
    if not isinstance(value, dict) or value.keys() != _FIELDS or value["kind"] != "call":
        raise BodyError("statement")
    expires = whole(value["expires"])
    if expires is None:
        raise BodyError("number")
    from_base64url(value["s"], 64)
    return CallStatement(
        room=_room(value["room"]),
        call=_call(value["call"]),
        gw=from_base64url(value["gw"], 32),
        expires=expires,
        gateway=from_base64url(value["gateway"], 32),
        raw=value,
    )


def check_statement(statement: CallStatement, room: str, now: float) -> Fault | None:
    """What is wrong with a statement for this room at `now`, unix seconds; None where it is good.

    Whether its gateway is the one that this browser knows is another question.
    """
    if statement.room != room:
        return "room"
    if statement.expires <= now:
        return "expired"
    if statement.expires > now + MAX_AHEAD_SECONDS:
        return "ahead"
    key = import_public_key(statement.gateway)
    if key is None:
        return "gateway"
    return None if is_signed(key, _START, statement.raw) else "signature"


def gateway_fingerprint(public: bytes) -> str:
    """Six groups of five digits, made like the safety code from a gateway's public key."""
    drawn = hashlib.sha256(label("gateway", public)).digest()
    groups = (int.from_bytes(drawn[at : at + 5], "big") % 100_000 for at in range(0, 30, 5))
    return " ".join(f"{group:05}" for group in groups)


def spoken_code(room: str, call: str, gw: bytes, gateway: bytes) -> str:
    """Six digits that tie the voice on the telephone to the row in the host's list."""
    named = label("caller", room.encode(), b"\0", from_base64url(call, CALL_BYTES), gw, gateway)
    return f"{int.from_bytes(hashlib.sha256(named).digest()[:6], 'big') % 1_000_000:06}"


def _room(value: object) -> str:
    if not isinstance(value, str) or not _ROOM.fullmatch(value):
        raise BodyError("room")
    return value


def _call(value: object) -> str:
    from_base64url(value, CALL_BYTES)
    return str(value)
