"""People who meet in a registry without any socket: texts in, texts out, time moved by hand."""

from __future__ import annotations

import itertools
import json
from typing import Any

from onmeet.signalling.channel import Channel
from onmeet.signalling.closing import Closing
from onmeet.signalling.counters import Counters
from onmeet.signalling.registry import Registry
from onmeet.signalling.reports import Reports
from onmeet.signalling.room import Room, Surroundings
from onmeet.signalling.ticket import Role, Ticket
from tests.factories.media import FakeMediaPlane

__all__ = ["FakePort", "House", "Person", "ticket"]

CODE = "abc-defg-hij"


def ticket(
    role: Role = "guest",
    *,
    room: str = CODE,
    browser: str = "browser",
    limit: int = 50,
    expires: float = 1e12,
    **more: Any,
) -> Ticket:
    return Ticket(room, role, browser, limit, expires, **more)


class FakePort:
    """A socket that keeps what was written to it."""

    def __init__(self) -> None:
        self.channel: Channel | None = None
        self.texts: list[bytes] = []
        self.closed: Closing | None = None

    def write(self, text: bytes) -> None:
        assert self.closed is None, "written to after the close"
        self.texts.append(text)

    def close(self, how: Closing) -> None:
        assert self.closed is None, "closed twice"
        self.closed = how


class House:
    """A registry with a fake media plane and a clock that stands still until moved."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.media = FakeMediaPlane()
        self.counters = Counters()
        self.reports = Reports()
        numbers = itertools.count()
        around = Surroundings(
            media=self.media,
            wall=lambda: 1_700_000_000 + self.now,
            counters=self.counters,
            secret=lambda: f"secret-{next(numbers)}",
            reports=self.reports,
        )
        self.registry = Registry(around, lambda: self.now)

    def person(self, role: Role = "guest", **how: Any) -> Person:
        """Somebody at the door who has said nothing yet."""
        return Person(self, ticket(role, **how))

    def joined(self, name: str = "Ada", role: Role = "guest", **how: Any) -> Person:
        """Somebody in the meeting, who has read the welcome."""
        person = self.person(role, **how)
        person.join(name)
        person.take("welcome")
        return person

    def meeting(self, *names: str) -> list[Person]:
        """A host and guests, each with a browser of their own, who have read everything so far."""
        people = [self.joined(name, "guest" if i else "host", browser=name) for i, name in enumerate(names)]
        for person in people:
            person.read()
        return people

    @property
    def room(self) -> Room:
        (room,) = self.registry._rooms.values()
        return room

    def wait(self, seconds: float) -> None:
        """Let time pass, ticking once a second as the server does."""
        for _ in range(int(seconds)):
            self.now += 1
            self.registry.tick()
        self.now += seconds % 1


class Person:
    """A browser: numbers its messages, checks the relay's numbers."""

    def __init__(self, house: House, ticket: Ticket) -> None:
        self.house = house
        self.ticket = ticket
        self.sent = 0
        self.received = 0
        self.you = -1
        self.token = ""
        self.welcome: dict[str, Any] = {}
        self.connect()

    def connect(self) -> None:
        self.port = FakePort()
        self._read = 0
        self.house.registry.knock(self.ticket, self.port)

    @property
    def closed(self) -> int | None:
        """The close code of the socket, None while it is open."""
        return self.port.closed.code if self.port.closed else None

    def join(self, name: str = "Ada", **fields: Any) -> None:
        self.say("join", **{"version": 1, "name": name, "muted": [], **fields})

    def say(self, kind: str, **fields: Any) -> int:
        """Send the next message."""
        self.sent += 1
        self.say_raw({"type": kind, "seq": self.sent, **fields})
        return self.sent

    def say_raw(self, message: Any) -> None:
        """Send an object, a text or bytes as they are."""
        if isinstance(message, str):
            message = message.encode()
        text = message if isinstance(message, bytes) else json.dumps(message).encode()
        if self.port.channel is not None:
            self.port.channel.receive(text)

    def drop(self) -> None:
        """The network breaks: nothing more arrives on either side."""
        channel, self.port.channel = self.port.channel, None
        if channel is not None:
            channel.lost()

    def come_back(self) -> None:
        """Resume on a new socket with the true numbers."""
        self.connect()
        self.say_raw({"type": "resume", "seq": self.sent + 1, "token": self.token, "ack": self.received})

    def read(self) -> list[dict[str, Any]]:
        """Everything new, its numbers checked; heartbeats are left out."""
        messages = []
        while self._read < len(self.port.texts):
            message = json.loads(self.port.texts[self._read])
            self._read += 1
            if message["type"] != "resumed":
                assert message["seq"] == self.received + 1, "a number is missing or comes twice"
                self.received = message["seq"]
            if message["type"] == "welcome":
                self.welcome, self.you, self.token = message, message["you"], message["token"]
            if message["type"] not in ("ping", "pong"):
                messages.append(message)
        return messages

    def take(self, kind: str) -> dict[str, Any]:
        """Everything new must be one message of this type, perhaps after others: give it."""
        found = [message for message in self.read() if message["type"] == kind]
        assert len(found) == 1, f"{len(found)} {kind} messages"
        return found[0]

    def types(self) -> list[str]:
        """The types of everything new."""
        return [message["type"] for message in self.read()]

    def error(self) -> str:
        """The code of the one error among everything new."""
        return str(self.take("error")["code"])
