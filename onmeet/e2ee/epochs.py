"""Writing and checking epochs: everything about them that needs no memory."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from onmeet.e2ee.bodies import Epoch, Grant, Kick, Revoke
from onmeet.e2ee.derive import base_key, confirmation, host_fingerprint
from onmeet.e2ee.encoding import canonical, from_base64url, to_base64url, u16, u32
from onmeet.e2ee.hpke import open_sealed, seal
from onmeet.e2ee.labels import BASE_BYTES, FrameClass, label
from onmeet.e2ee.own_keys import OwnKeys
from onmeet.e2ee.phones import Admitted
from onmeet.e2ee.roster import Member
from onmeet.e2ee.signing import Json, import_public_key, is_signed, signed

__all__ = [
    "Author",
    "Meeting",
    "Place",
    "are_grants_valid",
    "compose_epoch",
    "epoch_hash",
    "is_by_host",
    "is_kick_valid",
    "open_as_gateway",
    "open_epoch",
    "transcript_hash",
]


@dataclass(frozen=True, slots=True)
class Meeting:
    """What every message of one live meeting is bound to."""

    room: str
    start: bytes
    host_fingerprint: bytes


@dataclass(frozen=True, slots=True)
class Author:
    """Who writes an epoch."""

    index: int
    key: Ed25519PrivateKey


@dataclass(frozen=True, slots=True)
class Place:
    """Where an epoch stands: its number, the transcript before it, the author's clock."""

    n: int
    prev: bytes
    t: int


def _seal_info(n: int, prev: bytes) -> bytes:
    return label("epoch", u32(n), prev)


def _gateway_info(n: int, prev: bytes, call: str) -> bytes:
    return label("phone", u32(n), prev, from_base64url(call, 16))


def transcript_hash(prev: bytes, body: Json) -> bytes:
    """The hash of the transcript up to and with this epoch."""
    return hashlib.sha256(prev + canonical(body).encode()).digest()


def epoch_hash(epoch: Epoch) -> bytes:
    """The transcript hash that an epoch leads to, if it is accepted."""
    return transcript_hash(epoch.prev, epoch.raw)


def compose_epoch(
    meeting: Meeting,
    author: Author,
    place: Place,
    members: Iterable[Member],
    secret: bytes,
    kick: Json | None = None,
    grants: Iterable[Admitted] = (),
) -> Json:
    """A new epoch with the given secret, sealed to every member but its author, who is among them."""
    members, grants = list(members), list(grants)
    info = _seal_info(place.n, place.prev)
    body: Json = {
        "kind": "epoch",
        "n": place.n,
        "prev": to_base64url(place.prev),
        "by": author.index,
        "t": place.t,
        "roster": {str(each.index): each.sig for each in members},
        "seal": {
            str(each.index): to_base64url(seal(each.kem, info, u16(author.index) + u16(each.index), secret))
            for each in members
            if each.index != author.index
        },
        "confirm": to_base64url(confirmation(secret, meeting.room, place.n, place.prev)),
    }
    if kick:
        body["kick"] = kick
    if grants:
        # Sound only: a gateway gets the base key of class audio and nothing that leads to the others.
        audio = base_key(secret, meeting.room, place.n, FrameClass.AUDIO)
        body["grant"] = [each.statement for each in grants]
        body["gwSeal"] = {
            each.call: to_base64url(
                seal(each.gw, _gateway_info(place.n, place.prev, each.call), u16(author.index), audio)
            )
            for each in grants
        }
    return signed(author.key, meeting.start, body)


def open_epoch(room: str, epoch: Epoch, index: int, own: OwnKeys) -> bytes | None:
    """The epoch's secret for member `index`.

    None where the seal is not for us or the secret is not the one that everybody else got.
    """
    sealed = epoch.seal.get(index)
    if sealed is None:
        return None
    info, aad = _seal_info(epoch.n, epoch.prev), u16(epoch.by) + u16(index)
    secret = own.open(info, aad, sealed)
    if secret is None or len(secret) != BASE_BYTES:
        return None
    expected = confirmation(secret, room, epoch.n, epoch.prev)
    return secret if hmac.compare_digest(expected, epoch.confirm) else None


def open_as_gateway(epoch: Epoch, call: str, private: X25519PrivateKey) -> bytes:
    """The base key of class audio for an admitted call; raises KeyError or HpkeError."""
    info = _gateway_info(epoch.n, epoch.prev, call)
    return open_sealed(private, info, u16(epoch.by), epoch.gw_seal[call])


def is_by_host(meeting: Meeting, statement: Kick | Grant | Revoke) -> bool:
    """Whether the host of this meeting signed a kick, a grant or a revocation."""
    raw = from_base64url(statement.host, 32)
    if host_fingerprint(raw) != meeting.host_fingerprint:
        return False
    key = import_public_key(raw)
    return key is not None and is_signed(key, meeting.start, statement.raw)


def is_kick_valid(meeting: Meeting, epoch: Epoch, known: Mapping[int, str]) -> bool:
    """Whether an epoch's kick is the host's and takes nobody of `known`, kicked before, back in."""
    if not epoch.kick:
        return not known
    return known.items() <= epoch.kick.who.items() and is_by_host(meeting, epoch.kick)


def are_grants_valid(meeting: Meeting, epoch: Epoch, host_wrote_it: bool) -> bool:
    """Whether all gateways that an epoch lets listen were admitted by the host, who wrote it."""
    if epoch.grants and not host_wrote_it:
        return False
    return all(each.start <= epoch.n and is_by_host(meeting, each) for each in epoch.grants)
