"""The key schedule of one participant, from the first hello to the end (docs/e2ee.md)."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from onmeet.e2ee.bodies import (
    Epoch,
    Heartbeat,
    Hello,
    KeyFrame,
    Next,
    Revoke,
    Standing,
    claimed_sender,
    read_body,
)
from onmeet.e2ee.chain import Chain, Parked, Pending, Refusal, Verdict
from onmeet.e2ee.derive import base_keys, safety_code
from onmeet.e2ee.effects import (
    Alarm,
    Effect,
    EpochBegun,
    HostChanged,
    KeyFrameAsked,
    Revoked,
    Send,
    Silence,
)
from onmeet.e2ee.encoding import BodyError, to_base64url
from onmeet.e2ee.epochs import (
    Author,
    Place,
    compose_epoch,
    epoch_hash,
    is_by_host,
    open_epoch,
    transcript_hash,
)
from onmeet.e2ee.hpke import is_usable
from onmeet.e2ee.identity import identify
from onmeet.e2ee.labels import (
    BASE_BYTES,
    COALESCE_MS,
    HEARTBEAT_MS,
    KEY_FRAME_MS,
    MAX_KICKS,
    SILENCE_MS,
)
from onmeet.e2ee.link import Link
from onmeet.e2ee.own_keys import OwnKeys
from onmeet.e2ee.phones import Phones
from onmeet.e2ee.pulse import Pulse
from onmeet.e2ee.roster import Member, Roster
from onmeet.e2ee.signing import Json, is_signed
from onmeet.e2ee.takeover import Takeover
from onmeet.e2ee.turns import Turns
from onmeet.e2ee.voice import Voice

__all__ = ["MeetingKeys"]


class MeetingKeys:
    """Sees every key message and every end of a participant in the server's order.

    Every method takes the time in milliseconds, never going back, and returns what is to be done. `random`
    gives so many random bytes.
    """

    def __init__(
        self,
        *,
        room: str,
        instance: str,
        index: int,
        link: Link,
        host_key: Ed25519PrivateKey | None = None,
        now: float,
        random: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self.index = index
        self._random = random
        self._voice = Voice(index, room, instance, link, host_key)
        self._probe = X25519PrivateKey.generate()
        self._roster = Roster()
        self._turns = Turns(self._roster)
        self._chain = Chain(index, self._voice.meeting, self._roster, self._turns)
        self._takeover = Takeover(index, self._chain, self._roster, self._turns)
        self._own = OwnKeys()
        self._phones = Phones()
        self._started = self._now = now
        self._greeted = False
        self._broken = False
        self._silent = False
        self._fresh = 0.0
        self._last_commit = self._last_beat = float("-inf")
        self._pending: Pending | None = None
        self._parked: Parked | None = None
        self._wanted_out: dict[int, str] = {}
        self._host: int | None = None
        self._raised: set[tuple[str, int]] = set()
        self._last_key_frame: dict[str, float] = {}
        self._effects: list[Effect] = []

    # what happens to it

    def start(self, now: float) -> list[Effect]:
        """Say hello. The log of the meeting may be fed before or after."""
        self._at(now)
        self._send(self._voice.hello(self._own.issue(), self._random))
        return self._take()

    def feed(self, sender: int, body: object, now: float) -> list[Effect]:
        """A key message, in the server's order."""
        self._at(now)
        self._roster.position += 1
        self._receive(sender, body)
        return self._take()

    def left(self, index: int, now: float) -> list[Effect]:
        """Somebody has gone, in the server's order."""
        self._at(now)
        self._roster.position += 1
        self._roster.leave(index)
        self._line_changed()
        return self._take()

    def kick(self, index: int, now: float) -> list[Effect]:
        """Put somebody out for good; only the host can."""
        self._at(now)
        member = self._roster.get(index)
        full = len(self._roster.kicked) + len(self._wanted_out) >= MAX_KICKS
        if self._voice.is_host and member and not member.host and not full:
            self._wanted_out[index] = member.sig
            self._act()
        return self._take()

    def admit(self, call: bytes, gw: bytes, now: float) -> list[Effect]:
        """Let a telephone call, 16 bytes, hear the sound from a new epoch on; only the host can."""
        self._at(now)
        good = self._voice.is_host and is_usable(gw, self._probe)
        if good and self._phones.admit(to_base64url(call), gw):
            self._act()
        return self._take()

    def revoke(self, call: bytes, now: float) -> list[Effect]:
        """End a call's permission; only the host can."""
        self._at(now)
        if self._voice.is_host:
            self._send(self._voice.revoke(to_base64url(call)))
        return self._take()

    def tick(self, now: float) -> list[Effect]:
        """What is due by time alone; to be called several times a second."""
        self._at(now)
        self._weigh_silence()
        tip = self._chain.tip
        ours = self._chain.joined and tip.by == self.index
        if ours and self._now - self._last_beat >= HEARTBEAT_MS:
            self._last_beat = self._now
            self._send(self._voice.heartbeat(tip.n, tip.th, self._clock()))
        self._act()
        return self._take()

    # messages, one handler each

    def _receive(self, sender: int, value: object) -> None:
        try:
            body = read_body(value)
        except BodyError:
            return self._refuse("malformed", sender)
        if claimed_sender(body) not in (None, sender):
            return self._refuse("forged", sender)
        if isinstance(body, KeyFrame):
            return self._on_key_frame(sender, body)
        handlers: dict[type, Callable[[Any], None]] = {
            Hello: self._on_hello,
            Next: self._on_next,
            Epoch: self._on_epoch,
            Heartbeat: self._on_heartbeat,
            Standing: self._on_standing,
            Revoke: self._on_revoke,
        }
        return handlers[type(body)](body)

    def _on_hello(self, hello: Hello) -> None:
        index, known = hello.id, self._roster.get(hello.id)
        if known and known.sig == hello.sig:
            return None
        foreign = index == self.index and hello.sig != self._voice.sig
        if known or foreign or self._roster.is_gone(index):
            return self._refuse("forged", index)
        if self._roster.is_barred(index, hello.sig):
            return self._refuse("barred", index)
        identity = identify(self._voice, hello, self._probe)
        if isinstance(identity, str):
            return self._refuse(identity, index)
        pulse, since = Pulse(self._now), self._roster.position
        self._roster.add(Member(index, hello.sig, identity.key, identity.host, hello.kem, pulse, since))
        if index == self.index:
            self._greeted = True
            self._takeover.greeted(self._now)
            self._own.echoed(hello.kem)
        return self._line_changed()

    def _on_next(self, message: Next) -> None:
        member = self._roster.get(message.id)
        if not member or message.n <= member.issued:
            return None
        genuine = is_signed(member.key, self._voice.meeting.start, message.raw)
        if not genuine or not is_usable(message.kem, self._probe):
            return self._refuse("forged", message.id)
        member.issued, member.kem = message.n, message.kem
        return self._own.echoed(message.kem) if message.id == self.index else None

    def _on_epoch(self, epoch: Epoch) -> None:
        self._chain.learn(epoch)
        self._turns.update(self._now)
        author = self._roster.get(epoch.by)
        if not author:
            # In the log an author may be gone already. What it wrote only says where the chain stands.
            return self._refuse("unknown", epoch.by) if self._greeted else self._chain.hint(epoch)
        if not is_signed(author.key, self._voice.meeting.start, epoch.raw):
            return self._refuse("forged", epoch.by)
        if not self._greeted:
            return self._chain.hint(epoch)
        self._consider(epoch, author)
        if self._pending and self._pending.th == epoch_hash(epoch):
            self._pending = replace(self._pending, landed=True)
        return self._act()

    def _consider(self, epoch: Epoch, author: Member) -> None:
        verdict = self._chain.judge(epoch, author, self._now)
        if isinstance(verdict, Refusal):
            self._refuse(verdict.alarm, epoch.by, lost=verdict.lost)
        elif verdict is Verdict.ACCEPT:
            self._accept(epoch, author)
        elif verdict is Verdict.HINT:
            self._chain.follow(epoch)
        elif verdict is Verdict.PARK:
            self._parked = Parked(epoch, author, self._turns.lead)

    def _accept(self, epoch: Epoch, author: Member) -> None:
        secret = self._secret_of(epoch)
        if epoch.by != self._chain.tip.by:
            author.pulse.restart()
        sent = author.pulse.beat(epoch.t, self._now)
        self._fresh = self._now if sent is None else sent
        self._chain.grow(epoch)
        self._turns.update(self._now)
        self._turns.settle()
        self._phones.settle(epoch.grants)
        for index in self._roster.kicked:
            self._wanted_out.pop(index, None)
        self._parked = None
        self._raised.clear()
        self._last_beat = self._now
        if secret is None:
            self._refuse("locked-out", epoch.by, lost=True)
        else:
            self._enter(secret)
        if self._own.settle():
            self._send(self._voice.next(epoch.n, self._own.issue()))

    def _secret_of(self, epoch: Epoch) -> bytes | None:
        pending = self._pending
        if pending and pending.th == epoch_hash(epoch):
            return pending.secret
        return open_epoch(self._voice.meeting.room, epoch, self.index, self._own)

    def _enter(self, secret: bytes) -> None:
        """The secret of the tip is ours: its keys come into force."""
        tip, room = self._chain.tip, self._voice.meeting.room
        code = safety_code(secret, room, tip.n, tip.th)
        bases = base_keys(secret, room, tip.n)
        members = tuple(sorted(tip.roster))
        self._broken = False
        self._effects.append(EpochBegun(tip.n, code, members, bases, tip.by, self._phones.calls))
        self._weigh_silence()

    def _on_heartbeat(self, beat: Heartbeat) -> None:
        member, tip = self._roster.get(beat.id), self._chain.tip
        if not self._chain.joined or not member:
            return None
        if beat.id != tip.by and member is not self._roster.line[0]:
            return None
        if not is_signed(member.key, self._voice.meeting.start, beat.raw):
            return self._refuse("forged", beat.id)
        if beat.n < tip.n:
            return None
        if beat.n > tip.n or beat.th != tip.th:
            return self._refuse("withheld" if beat.n > tip.n else "fork", beat.id, lost=True)
        sent = member.pulse.beat(beat.t, self._now)
        if sent is not None and beat.id == tip.by:
            self._fresh = max(self._fresh, sent)
        return self._weigh_silence()

    def _on_standing(self, standing: Standing) -> None:
        member = self._roster.get(standing.id)
        if standing.to != self.index or not member or not self._takeover.believes(member):
            return None
        if not is_signed(member.key, self._voice.meeting.start, standing.raw):
            return self._refuse("forged", standing.id)
        self._takeover.take(standing)
        return self._act()

    def _on_revoke(self, revoke: Revoke) -> None:
        if is_by_host(self._voice.meeting, revoke):
            self._phones.end(revoke.call)
            self._effects.append(Revoked(revoke.call))
            self._act()

    def _on_key_frame(self, sender: int, ask: KeyFrame) -> None:
        last = self._last_key_frame.get(ask.media, float("-inf"))
        if ask.to == self.index and self._now - last >= KEY_FRAME_MS:
            self._last_key_frame[ask.media] = self._now
            self._effects.append(KeyFrameAsked(ask.media, sender))

    # what it does by itself

    def _line_changed(self) -> None:
        self._turns.update(self._now)
        host = next((each.index for each in self._roster.line if each.host), None)
        if host != self._host:
            self._host = host
            self._effects.append(HostChanged(host))
        self._act()

    def _act(self) -> None:
        """Write an epoch if it is our turn, one is needed, and the last one is long enough ago."""
        self._reconsider()
        if (newcomer := self._takeover.asker()) is not None:
            self._send(self._voice.standing(newcomer, self._chain.tip.n, self._chain.tip.th))
        if not self._greeted or self._pending or not self._takeover.is_ready(self._now):
            return
        urgent = self._voice.is_host and bool(self._wanted_out or self._phones.changed)
        stale = self._chain.is_stale(self.index)
        rested = self._now - self._last_commit >= COALESCE_MS
        if urgent or (stale and rested and self._turns.is_ours(self.index, self._now)):
            self._commit()

    def _reconsider(self) -> None:
        """What was put aside counts when the leader stays silent; who leads next writes anew."""
        parked = self._parked
        if parked and parked.lead != self._turns.lead:
            self._parked = None
        elif parked and self._turns.may_commit(parked.author, self._now):
            self._parked = None
            self._consider(parked.epoch, parked.author)
        pending, is_parked = self._pending, self._parked and self._parked.author.index == self.index
        if pending and (pending.n <= self._chain.tip.n or (pending.landed and not is_parked)):
            self._pending = None

    def _commit(self) -> None:
        voice, prev, secret = self._voice, self._chain.tip.th, self._random(BASE_BYTES)
        n = self._chain.tip.n + 1
        body = compose_epoch(
            voice.meeting,
            Author(self.index, voice.key),
            Place(n, prev, self._clock()),
            [each for each in self._roster.line if each.index not in self._wanted_out],
            secret,
            kick=self._kick_statement(),
            grants=self._phones.statements(voice.grant, n) if voice.is_host else (),
        )
        self._pending = Pending(n, transcript_hash(prev, body), secret)
        self._last_commit = self._now
        self._send(body)

    def _kick_statement(self) -> Json | None:
        """Everybody whom the host has put out so far, in the host's words."""
        if not self._wanted_out:
            return self._chain.kick.raw if self._chain.kick else None
        return self._voice.kick({**self._roster.kicked, **self._wanted_out})

    # small parts

    def _at(self, now: float) -> None:
        self._now = max(self._now, now)

    def _clock(self) -> int:
        return self._voice.clock(self._now - self._started)

    def _weigh_silence(self) -> None:
        stale = self._now - self._fresh > SILENCE_MS
        silent = self._chain.joined and (self._broken or stale)
        if silent != self._silent:
            self._silent = silent
            self._effects.append(Silence(silent))

    def _refuse(self, kind: str, index: int, *, lost: bool = False) -> None:
        """Say that something was refused, once an epoch for each kind and participant.

        `lost`: the chain cannot go on as it should, so nothing may be sent until it does.
        """
        if lost:
            self._broken = self._chain.joined
        if (kind, index) not in self._raised:
            self._raised.add((kind, index))
            self._effects.append(Alarm(kind, index, lost))
        self._weigh_silence()

    def _send(self, body: Json) -> None:
        self._effects.append(Send(body))

    def _take(self) -> list[Effect]:
        effects, self._effects = self._effects, []
        return effects
