"""A meeting without a network: the relay's ordered broadcast and its log, and any number of members.

The members run in Python, in JavaScript or half of each. Through `tamper` and `inject` a dishonest server or
member acts.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import Any, Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

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
from onmeet.e2ee.frame_keys import FrameKeys, FrameRefusal
from onmeet.e2ee.labels import CLASS_NAMES, FrameClass
from onmeet.e2ee.link import Link, create_link
from onmeet.e2ee.meeting_keys import MeetingKeys
from tests.e2ee.node import Node, raw_pair

Json = dict[str, Any]
Message = tuple[int, Any]
"""From whom, and the body."""

KEPT = ("hello", "next", "epoch")
BY_NAME = {name: each for each, name in CLASS_NAMES.items()}


class Peer(Protocol):
    """One key schedule with its frame keys, in whichever language."""

    def act(self, what: str, now: float, **rest: Any) -> list[Json]: ...

    def seal(self, name: str, data: bytes) -> bytes | str: ...

    def open(self, name: str, index: int, data: bytes, now: float) -> bytes | str: ...


class PythonPeer:
    """Translates the effects of Python into the events of JavaScript."""

    def __init__(self, **options: Any) -> None:
        self.keys = MeetingKeys(**options)
        self.frames = FrameKeys()

    def act(self, what: str, now: float, **rest: Any) -> list[Json]:
        if "from" in rest:
            rest["sender"] = rest.pop("from")
        if "call" in rest:
            rest = {name: bytes.fromhex(value) for name, value in rest.items()}
        effects = getattr(self.keys, what)(**rest, now=now)
        return [self._event(effect, now) for effect in effects]

    def seal(self, name: str, data: bytes) -> bytes | str:
        try:
            return self.frames.seal(BY_NAME[name], data)
        except FrameRefusal as error:
            return error.reason

    def open(self, name: str, index: int, data: bytes, now: float) -> bytes | str:
        try:
            return self.frames.open(BY_NAME[name], index, data, now)
        except FrameRefusal as error:
            return error.reason

    def _event(self, effect: Effect, now: float) -> Json:
        match effect:
            case Send(body):
                return {"type": "send", "detail": body}
            case EpochBegun(n=n, bases=bases):
                self.frames.set_epoch(n, self.keys.index, bases, now)
                named = {CLASS_NAMES[each]: bases[each].hex() for each in FrameClass}
                detail = {**asdict(effect), "bases": named}
                return {"type": "epoch", "detail": json.loads(json.dumps(detail))}
            case Silence(silent):
                self.frames.silence(silent)
                return {"type": "silence", "detail": silent}
            case Alarm():
                return {"type": "alarm", "detail": asdict(effect)}
            case HostChanged(index):
                return {"type": "host", "detail": {"index": index}}
            case KeyFrameAsked(media, by):
                return {"type": "keyframe", "detail": {"media": media, "from": by}}
            case Revoked(call):
                return {"type": "revoke", "detail": {"call": call}}


class NodePeer:
    """A key schedule in JavaScript."""

    count = 0

    def __init__(self, node: Node, *, link: Link, host_key: Ed25519PrivateKey | None, **rest: Any) -> None:
        NodePeer.count += 1
        self.node, self.id = node, NodePeer.count
        node.ask(
            "new",
            id=self.id,
            secret=link.secret.hex(),
            hostFingerprint=link.host_fingerprint.hex(),
            hostKey=host_key and raw_pair(host_key),
            **rest,
        )

    def act(self, what: str, now: float, **rest: Any) -> list[Json]:
        events: list[Json] = self.node.ask("act", id=self.id, what=what, now=now, **rest)
        return events

    def seal(self, name: str, data: bytes) -> bytes | str:
        return _outcome(self.node.ask("seal", id=self.id, name=name, data=data.hex()))

    def open(self, name: str, index: int, data: bytes, now: float) -> bytes | str:
        return _outcome(self.node.ask("open", id=self.id, now=now, name=name, index=index, data=data.hex()))


def _outcome(answer: Json) -> bytes | str:
    return bytes.fromhex(answer["data"]) if "data" in answer else str(answer["reason"])


class Member:
    """One participant and what its key schedule said."""

    def __init__(self, meeting: Meeting, index: int, peer: Peer) -> None:
        self.meeting, self.index, self.peer = meeting, index, peer
        self.events: list[Json] = []

    def act(self, what: str, **rest: Any) -> None:
        for event in self.peer.act(what, self.meeting.now, **rest):
            self.events.append(copy.deepcopy(event))
            if event["type"] == "send":
                self.meeting.wire.append((self.index, json.loads(json.dumps(event["detail"]))))

    def said(self, kind: str) -> list[Any]:
        """The details of all events of this type."""
        return [event["detail"] for event in self.events if event["type"] == kind]

    def sent(self, kind: str) -> list[Json]:
        """The bodies of this kind that it sent."""
        return [body for body in self.said("send") if body["kind"] == kind]

    @property
    def epoch(self) -> Json:
        """The epoch in force; KeyError-proof stand-in with number 0 before the first."""
        return self.said("epoch")[-1] if self.said("epoch") else {"n": 0, "members": []}

    @property
    def alarms(self) -> list[tuple[str, int]]:
        return [(alarm["kind"], alarm["index"]) for alarm in self.said("alarm")]

    @property
    def silent(self) -> bool:
        return bool(self.said("silence")) and bool(self.said("silence")[-1])


Make = Callable[..., Peer]


class Meeting:
    """`make` builds the peer of each new member; `now` is in milliseconds."""

    def __init__(self, make: Make, instance: str = "instance-1") -> None:
        self.make = make
        self.room, self.instance = "abc-defg-hij", instance
        self.link, self.host_key = create_link()
        self.now = 1000.0
        self.members: dict[int, Member] = {}
        self.log: list[Message] = []
        self.wire: list[Message] = []
        self.seen: list[Message] = []
        """Everything that ever went over the wire."""
        self.tamper: Callable[[Message, int], Iterable[Message]] = lambda message, to: [message]
        """What the server gives to member `to` in place of a message."""
        self._next = 0

    # honest life

    def join(self, **options: Any) -> Member:
        """Join, and let everything that follows from it happen."""
        member = self.enter(**options)
        self.settle()
        return member

    def enter(
        self,
        *,
        host: bool = False,
        host_key: Ed25519PrivateKey | None = None,
        link: Link | None = None,
        log: list[Message] | None = None,
    ) -> Member:
        """Join; nothing of it is delivered yet."""
        index = self.take_index()
        peer = self.make(
            room=self.room,
            instance=self.instance,
            index=index,
            link=link or self.link,
            host_key=self.host_key if host else host_key,
            now=self.now,
        )
        member = Member(self, index, peer)
        for sender, body in self.log if log is None else log:
            member.act("feed", **{"from": sender, "body": body})
        self.members[index] = member
        member.act("start")
        return member

    def take_index(self) -> int:
        """The next participant's index."""
        self._next += 1
        return self._next - 1

    def leave(self, member: Member) -> None:
        """Go, as everybody learns."""
        self.drop(member)
        self.left(member.index)
        self.settle()

    def drop(self, member: Member) -> None:
        """Go; the others have not heard of it yet."""
        del self.members[member.index]
        self.log = [m for m in self.log if m[0] != member.index or m[1]["kind"] == "epoch"]

    def left(self, index: int) -> None:
        """The server says that somebody has gone."""
        for member in self.members.values():
            self.tell(member, "left", index=index)

    def kick(self, host: Member, index: int) -> None:
        """What the host's button does to the keys."""
        host.act("kick", index=index)
        self.settle()

    def settle(self) -> None:
        """Deliver until nothing is on the wire."""
        while self.wire:
            self.deliver(self.wire.pop(0))

    def tick(self) -> None:
        for member in list(self.members.values()):
            member.act("tick")
        self.settle()

    def wait(self, ms: float, step: float = 250) -> None:
        """Let time pass in small steps."""
        end = self.now + ms
        while self.now < end:
            self.now += step
            self.tick()

    # dishonest life

    def inject(self, sender: int, body: Any) -> None:
        """Something that nobody's key schedule made."""
        self.wire.append((sender, body))
        self.settle()

    def deliver(self, message: Message) -> None:
        """To everybody, in the order of this call; the relay keeps what it keeps for joiners."""
        self.seen.append(message)
        self._remember(message)
        for member in list(self.members.values()):
            for sender, body in self.tamper(message, member.index):
                self.tell(member, "feed", **{"from": sender, "body": copy.deepcopy(body)})

    def tell(self, member: Member, what: str, **rest: Any) -> None:
        """Here the server's word reaches a member: at once."""
        member.act(what, **rest)

    def _remember(self, message: Message) -> None:
        """onmeet/signalling/PROTOCOL.md, Key messages."""
        sender, body = message
        kind = body.get("kind") if isinstance(body, dict) else None
        if kind not in KEPT:
            return
        self.log = [(s, b) for s, b in self.log if b["kind"] != kind or (kind != "epoch" and s != sender)]
        self.log.append(message)


def agree(*members: Member) -> bool:
    """Whether all of them hold the very same keys of the very same epoch."""
    keys = {json.dumps(member.epoch, sort_keys=True) for member in members}
    return len(keys) == 1 and bool(members[0].said("epoch"))


def hears(listener: Member, speaker: Member, name: str = "audio") -> bool | str:
    """Whether a frame that one seals opens for the other; the reason where it does not."""
    sealed = speaker.peer.seal(name, b"good morning")
    if isinstance(sealed, str):
        return sealed
    opened = listener.peer.open(name, speaker.index, sealed, listener.meeting.now)
    return opened == b"good morning" if isinstance(opened, bytes) else opened
