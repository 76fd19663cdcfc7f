"""Somebody who knows the protocol by heart and keeps to none of it."""

from __future__ import annotations

import os
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from onmeet.e2ee.encoding import from_base64url, to_base64url
from onmeet.e2ee.epochs import Author, Place, compose_epoch, transcript_hash
from onmeet.e2ee.link import Link
from onmeet.e2ee.own_keys import OwnKeys
from onmeet.e2ee.pulse import Pulse
from onmeet.e2ee.roster import Member
from onmeet.e2ee.signing import signed
from onmeet.e2ee.voice import Voice
from tests.e2ee.meeting import Json, Meeting


class Insider:
    """Holds a link and a place in the meeting, and writes its messages by hand."""

    def __init__(
        self,
        meeting: Meeting,
        *,
        link: Link | None = None,
        key: Ed25519PrivateKey | None = None,
        index: int | None = None,
    ) -> None:
        self.meeting = meeting
        self.index = meeting.take_index() if index is None else index
        self.voice = Voice(self.index, meeting.room, meeting.instance, link or meeting.link)
        if key:
            self.use(key)
        self.own = OwnKeys()
        self._time = 0

    def use(self, key: Ed25519PrivateKey) -> None:
        """Speak with another key."""
        self.voice.key, self.voice.sig = key, _text(key)

    # what it says

    def say(self, body: Any) -> None:
        """Put a body on the wire and let everything that follows from it happen."""
        self.meeting.inject(self.index, body)

    def hello(self, **changes: Any) -> Json:
        """A genuine hello; changes are made before it is signed."""
        body = self.voice.hello(self.own.issue(), os.urandom)
        return self.signed({**body, **changes})

    def greet(self) -> None:
        self.say(self.hello())

    def heartbeat(self, n: int, th: bytes, t: int | None = None) -> Json:
        self._time += 1
        return dict(self.voice.heartbeat(n, th, self._time if t is None else t))

    def standing(self, to: int, n: int, th: bytes) -> Json:
        return dict(self.voice.standing(to, n, th))

    def epoch(
        self,
        *,
        without: tuple[int, ...] = (),
        secret: bytes = b"E" * 32,
        kick: Json | None = None,
        **changes: Any,
    ) -> Json:
        """The next epoch as an honest committer would write it; changes are made before it is signed."""
        n, th = self.tip()
        self._time += 1
        place = Place(n + 1, th, self._time)
        members = [each for each in self.members() if each.index not in without]
        author = Author(self.index, self.voice.key)
        body = compose_epoch(self.voice.meeting, author, place, members, secret, kick=kick)
        return self.signed({**body, **changes}) if changes else dict(body)

    def signed(self, body: Json, key: Ed25519PrivateKey | None = None) -> Json:
        body = {name: item for name, item in body.items() if name != "s"}
        return dict(signed(key or self.voice.key, self.voice.meeting.start, body))

    # what it knows: what everybody on the wire can know

    def tip(self) -> tuple[int, bytes]:
        """Number and transcript of the chain that grew from the meeting's start."""
        n, th = 0, self.voice.meeting.start
        for _, body in self.meeting.seen:
            if body["kind"] == "epoch" and from_base64url(body["prev"], 32) == th:
                n, th = body["n"], transcript_hash(th, body)
        return n, th

    def members(self) -> list[Member]:
        """Everybody whose hello is in the relay's log."""
        found: dict[int, Member] = {}
        for sender, body in self.meeting.log:
            if body["kind"] == "hello":
                key = Ed25519PublicKey.from_public_bytes(from_base64url(body["sig"], 32))
                kem = from_base64url(body["kem"], 32)
                found[sender] = Member(sender, body["sig"], key, False, kem, Pulse(0), 0)
            elif body["kind"] == "next":
                found[sender].kem = from_base64url(body["kem"], 32)
        return list(found.values())


def _text(key: Ed25519PrivateKey) -> str:
    return to_base64url(key.public_key().public_bytes_raw())
