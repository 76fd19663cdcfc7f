"""From key messages to frame keys, sans-I/O: the gateway's part of the agreement (docs/e2ee.md, Telephone).

The gateway is no member: it knows neither the link nor an epoch's secret, only the base key of class audio
that a host seals to a call. It therefore follows the host alone, by the signing key of the first grant that
it accepted in this meeting, and takes no member's word for anything.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Final

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from onmeet.e2ee.bodies import Epoch, Grant, Heartbeat, Revoke, read_body, seals_match
from onmeet.e2ee.derive import start_hash
from onmeet.e2ee.encoding import BodyError, from_base64url
from onmeet.e2ee.epochs import epoch_hash, open_as_gateway
from onmeet.e2ee.frame_keys import FrameKeys, FrameRefusal
from onmeet.e2ee.hpke import HpkeError
from onmeet.e2ee.labels import BASE_BYTES, OLD_KEYS_MS, SILENCE_MS, FrameClass
from onmeet.e2ee.pulse import Pulse
from onmeet.e2ee.signing import import_public_key, is_signed

__all__ = ["CallKey", "RoomKeys"]

_NOBODY: Final = -1
"""Index of the keys that only open: no frame of anybody counts as our own."""


class CallKey:
    """One call's X25519 key pair, made here and never leaving the process."""

    def __init__(self, call: str) -> None:
        self.call = call
        self.private = X25519PrivateKey.generate()
        self.public = self.private.public_key().public_bytes_raw()


@dataclass(slots=True)
class _Seat:
    """An admitted call: its index, and its own keys, whose counters never start twice."""

    key: CallKey
    index: int
    frames: FrameKeys = field(default_factory=FrameKeys)
    keyed: bool = False


@dataclass(frozen=True, slots=True)
class _Tip:
    """The host's newest epoch."""

    n: int
    th: bytes
    by: int


class RoomKeys:
    """The keys of all calls of one meeting; times in milliseconds.

    `keyed` says whose sound flows at the moment; ask after each call of a method that takes the time.
    """

    def __init__(self) -> None:
        self._room = ""
        self._calls: dict[str, CallKey] = {}
        self._begin(b"")

    def _begin(self, start: bytes) -> None:
        self._start = start
        self._seats: dict[str, _Seat] = {}
        self._opening = FrameKeys()
        self._host: str | None = None
        self._tip: _Tip | None = None
        self._newest: Epoch | None = None
        self._pulses: dict[int, Pulse] = {}
        self._fresh = 0.0
        self._silent = False
        self._drop_at = math.inf

    # what happens

    def begin(self, room: str, instance: str | None) -> None:
        """The meeting came to life, or ended (None). Nothing of an earlier life stays."""
        self._begin(start_hash(room, instance) if instance is not None else b"")

    def wait(self, key: CallKey) -> None:
        """A call may be admitted from now on."""
        self._calls[key.call] = key

    def admit(self, call: str, index: int, now: float) -> None:
        """The relay says that a call has this index. Its grant may have come before or comes after."""
        key = self._calls.get(call)
        if key is not None:
            self._seats[call] = _Seat(key, index)
            if self._newest is not None:
                self._settle(self._newest, now)

    def hold(self, call: str) -> None:
        """The call is out of the meeting; it may be admitted again, by another index."""
        self._seats.pop(call, None)

    def forget(self, call: str) -> None:
        """The call is over."""
        self._calls.pop(call, None)
        self._seats.pop(call, None)

    def feed(self, sender: int, body: object, now: float) -> None:
        """A key message, in the relay's order. What is not the host's word is passed over."""
        if not self._start:
            return
        try:
            message = read_body(body)
        except BodyError:
            return
        if isinstance(message, Epoch) and message.by == sender:
            self._on_epoch(message, now)
        elif isinstance(message, Heartbeat) and message.id == sender:
            self._on_heartbeat(message, now)
        elif isinstance(message, Revoke):
            self._on_revoke(message)

    def tick(self, now: float) -> None:
        """30 s without a fresh word of the host: nothing may be sent, as for members; old keys go."""
        self._silent = now - self._fresh > SILENCE_MS
        if now >= self._drop_at:
            self._drop_at = math.inf
            self._opening = FrameKeys()
        self._opening.forget_old(now)
        for seat in self._seats.values():
            seat.frames.forget_old(now)

    # what follows from it

    @property
    def keyed(self) -> Collection[str]:
        """Calls that hold the key in force and an index."""
        return set() if self._silent else {call for call, seat in self._seats.items() if seat.keyed}

    def seal(self, call: str, packet: bytes) -> bytes:
        """A frame of this call; raises FrameRefusal."""
        seat = self._seats.get(call)
        if seat is None or not seat.keyed:
            raise FrameRefusal("no-key")
        if self._silent:
            raise FrameRefusal("silent")
        return seat.frames.seal(FrameClass.AUDIO, packet)

    def open(self, sender: int, frame: bytes, now: float) -> bytes:
        """A browser's frame, for callers who are keyed; raises FrameRefusal."""
        if not self.keyed:
            raise FrameRefusal("no-key")
        return self._opening.open(FrameClass.AUDIO, sender, frame, now)

    # the host's word

    def _on_epoch(self, epoch: Epoch, now: float) -> None:
        if self._tip is not None and epoch.n <= self._tip.n:
            return
        author = self._author(epoch)
        if author is None or (self._host is not None and author != self._host):
            return
        if self._host is None and not self._grants(epoch, author):
            # Nothing tells who the host is, and nothing is for us.
            return
        pulse = self._pulses.setdefault(epoch.by, Pulse(now))
        if self._tip is not None and self._tip.by != epoch.by:
            pulse.restart()
        sent = pulse.beat(epoch.t, now)
        self._fresh = now if sent is None else sent
        self._host = author
        self._tip = _Tip(epoch.n, epoch_hash(epoch), epoch.by)
        self._newest = epoch
        self._settle(epoch, now)

    def _author(self, epoch: Epoch) -> str | None:
        """The signing key of an epoch that is signed by the one whom its roster names as the author."""
        if not seals_match(epoch):
            return None
        sig = epoch.roster[epoch.by]
        key = import_public_key(from_base64url(sig, 32))
        return sig if key and is_signed(key, self._start, epoch.raw) else None

    def _grants(self, epoch: Epoch, author: str) -> bool:
        return any(self._grant(epoch, call.call, author) for call in self._calls.values())

    def _grant(self, epoch: Epoch, call: str, author: str) -> Grant | None:
        """The grant for this call and its very key, signed by the host who wrote the epoch."""
        key = self._calls[call]
        for grant in epoch.grants:
            if grant.call == call and grant.gw == key.public and grant.host == author:
                public = import_public_key(from_base64url(author, 32))
                good = public is not None and is_signed(public, self._start, grant.raw)
                return grant if good and grant.start <= epoch.n else None
        return None

    def _settle(self, epoch: Epoch, now: float) -> None:
        """Who of the admitted may hear and speak in this epoch."""
        for seat in self._seats.values():
            base = self._base(epoch, seat.key)
            seat.keyed = base is not None
            if base is not None:
                bases = {FrameClass.AUDIO: base}
                seat.frames.set_epoch(epoch.n, seat.index, bases, now)
                self._opening.set_epoch(epoch.n, _NOBODY, bases, now)
        # Nobody listens any more: drop what would open sound of before.
        keyed = any(seat.keyed for seat in self._seats.values())
        self._drop_at = math.inf if keyed else now + OLD_KEYS_MS

    def _base(self, epoch: Epoch, key: CallKey) -> bytes | None:
        if self._host is None or self._grant(epoch, key.call, self._host) is None:
            return None
        try:
            base = open_as_gateway(epoch, key.call, key.private)
        except (HpkeError, KeyError):
            return None
        return base if len(base) == BASE_BYTES else None

    def _on_heartbeat(self, beat: Heartbeat, now: float) -> None:
        tip = self._tip
        if tip is None or self._host is None or (beat.id, beat.n, beat.th) != (tip.by, tip.n, tip.th):
            return
        key = import_public_key(from_base64url(self._host, 32))
        if key is None or not is_signed(key, self._start, beat.raw):
            return
        sent = self._pulses[beat.id].beat(beat.t, now)
        if sent is not None:
            self._fresh = max(self._fresh, sent)

    def _on_revoke(self, revoke: Revoke) -> None:
        """The host ends a call: nothing more is sealed for it, even before the epoch without it."""
        seat = self._seats.get(revoke.call)
        if seat is None or revoke.host != self._host:
            return
        key = import_public_key(from_base64url(revoke.host, 32))
        if key is not None and is_signed(key, self._start, revoke.raw):
            seat.keyed = False
