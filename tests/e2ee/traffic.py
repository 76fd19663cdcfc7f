"""A meeting over a slow network: whoever sends waits, and everybody hears everything at another time.

The server's order stays one for all, as docs/e2ee.md demands. Between sending and the server, and between the
server and each member, any number of things may happen; a seed says which.
"""

from __future__ import annotations

from collections import deque
from random import Random
from typing import Any

from tests.e2ee.meeting import Make, Meeting, Member, Message

MOMENTS = (1, 10, 50, 250)
"""Milliseconds between two ticks."""


class Traffic(Meeting):
    """`seed` says who comes and goes when, and in which order everything happens."""

    def __init__(self, make: Make, seed: int) -> None:
        super().__init__(make)
        self.chance = Random(seed)
        self._inboxes: dict[int, deque[tuple[str, dict[str, Any]]]] = {}
        self._hosts: set[int] = set()

    def play(self, *, hosts: int, guests: int, departures: int = 0, kicks: int = 0) -> None:
        """So many come, some go and come back, the host puts some out; then everything comes to rest."""
        coming = [True] * hosts + [False] * guests
        self.chance.shuffle(coming)
        while coming:
            if not self.members or self.chance.random() < 0.08:
                self._come(coming.pop())
            elif departures and self.chance.random() < 0.01:
                departures -= 1
                coming.append(self._go(self.chance.choice(list(self.members))))
            elif kicks and self.chance.random() < 0.01:
                kicks -= self._put_out()
            else:
                self._step()
        for _ in range(self.chance.randrange(60)):
            self._step()
        self.settle()
        self.wait(3000)

    # the network

    def settle(self) -> None:
        """Deliver until nothing is under way."""
        while self.wire or any(self._inboxes.values()):
            for index in list(self._inboxes):
                while self._inboxes.get(index):
                    self._hear(index)
            if self.wire:
                self.deliver(self.wire.pop(0))

    def deliver(self, message: Message) -> None:
        _, body = message
        if body["kind"] == "put-out":
            if body["index"] in self.members:
                self._go(body["index"])
            return
        super().deliver(message)

    def tell(self, member: Member, what: str, **rest: Any) -> None:
        """It waits until the member listens."""
        self._inboxes[member.index].append((what, rest))

    def _step(self) -> None:
        index, what = self.chance.choice(list(self.members)), self.chance.random()
        sent = [message for message in self.wire if message[0] == index]
        if what < 0.45 and sent:
            self.wire.remove(sent[0])
            self.deliver(sent[0])
        elif what < 0.95 and self._inboxes[index]:
            self._hear(index)
        else:
            self.now += self.chance.choice(MOMENTS)
            self.members[index].act("tick")

    def _hear(self, index: int) -> None:
        what, rest = self._inboxes[index].popleft()
        self.members[index].act(what, **rest)

    # people

    def _come(self, host: bool) -> Member:
        member = self.enter(host=host)
        self._inboxes[member.index] = deque()
        if host:
            self._hosts.add(member.index)
        return member

    def _go(self, index: int) -> bool:
        """Somebody leaves; what was under way from there is lost. Whether it was a host."""
        self.drop(self.members[index])
        del self._inboxes[index]
        self.wire = [
            (sender, body) for sender, body in self.wire if sender != index or body["kind"] == "put-out"
        ]
        self.left(index)
        return index in self._hosts

    def _put_out(self) -> bool:
        """What the host's button does: a word to the keys and one to the server."""
        hosts = [index for index in self.members if index in self._hosts]
        guests = [index for index in self.members if index not in self._hosts]
        if not hosts or not guests:
            return False
        host, guest = self.chance.choice(hosts), self.chance.choice(guests)
        self.members[host].act("kick", index=guest)
        self.wire.append((host, {"kind": "put-out", "index": guest}))
        return True
