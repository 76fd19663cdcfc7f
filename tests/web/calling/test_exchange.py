"""The thread that serves the sockets of calls, between socket pairs and a clock that is moved by hand."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from wsproto import WSConnection
from wsproto.events import BytesMessage, CloseConnection, Event, Ping, Pong, TextMessage

from onmeet.errors import ProtocolError
from onmeet.web.calling.exchange import (
    LONGEST,
    MOST_UNSENT,
    PING_SECONDS,
    SILENCE_SECONDS,
    WELCOME_SECONDS,
    Connection,
    Exchange,
)
from onmeet.web.pump import CLOSE_SECONDS, Browser
from tests.factories.house import HandClock
from tests.waiting import until
from tests.web.test_pump import handshake


@dataclass
class Someone:
    """A party that remembers."""

    is_welcome: bool = True
    arrives: bool = True
    messages: list[Mapping[str, Any]] = field(default_factory=list)
    here: bool = False
    left: bool = False

    def arrived(self) -> bool:
        self.here = True
        return self.arrives

    def heard(self, message: Mapping[str, Any]) -> None:
        if message.get("type") == "nonsense":
            raise ProtocolError("bad-message")
        if message.get("type") == "bug":
            raise LookupError
        self.messages.append(message)

    def gone(self) -> None:
        self.left = True

    def welcome(self) -> bool:
        return self.is_welcome


class Tab:
    """A browser's end of a socket."""

    def __init__(self, scene: Scene, party: Someone) -> None:
        self.party = party
        self.protocol: WSConnection
        self.protocol, server = handshake()
        near, self.socket = socket.socketpair()
        near.setblocking(False)
        self.socket.settimeout(10)
        self.released = False
        self.line = Connection(Browser(server, near), scene.exchange)
        self.line.release = self.release
        scene.exchange.serve(self.line, party)

    def release(self) -> None:
        self.released = True

    def say(self, event: Event) -> None:
        self.socket.sendall(self.protocol.send(event))

    def tells(self, text: str) -> None:
        self.say(TextMessage(data=text))

    def next(self) -> Event:
        """The next event; the end of the stream counts as a close with 1006."""
        while True:
            for event in self.protocol.events():
                return event
            data = self.socket.recv(65536)
            if not data:
                return CloseConnection(code=1006)
            self.protocol.receive_data(data)

    def closed_with(self) -> int:
        """How it was closed, whatever came before."""
        while not isinstance(event := self.next(), CloseConnection):
            pass
        return int(event.code)


class Scene:
    def __init__(self) -> None:
        self.clock = HandClock()
        self.alarm, self.bell = os.pipe()
        self.ticks = 0
        self.exchange = Exchange(self.alarm, self.tick, self.clock)
        self.tabs: list[Tab] = []

    def tick(self) -> None:
        self.ticks += 1

    def tab(self, **how: bool) -> Tab:
        party = Someone(**how)
        self.tabs.append(Tab(self, party))
        until(lambda: party.here, "the thread to serve it")
        return self.tabs[-1]

    def later(self, seconds: float) -> None:
        """Time passes, and the thread looks."""
        self.clock.pass_by(seconds)
        self.exchange.post(self.tabs[0].line, b'{"type": "look"}')

    def end(self) -> None:
        os.write(self.bell, b"!")
        if self.exchange._thread is not None:
            self.exchange._thread.join(10)
            assert not self.exchange._thread.is_alive()
        for tab in self.tabs:
            tab.socket.close()
        for pipe in (self.alarm, self.bell):
            os.close(pipe)


@pytest.fixture
def scene() -> Iterator[Scene]:
    scene = Scene()
    yield scene
    scene.end()


def test_messages_pass_both_ways(scene: Scene) -> None:
    tab = scene.tab()
    tab.line.post({"type": "ring"})
    assert tab.next().data == '{"type": "ring"}'  # type: ignore[attr-defined]
    tab.tells('{"type": "decline"}')
    until(lambda: tab.party.messages, "the message")
    assert tab.party.messages == [{"type": "decline"}]
    assert scene.ticks > 0


@pytest.mark.parametrize(
    "sent",
    [
        TextMessage(data="no json"),
        TextMessage(data="[]"),
        TextMessage(data="1"),
        TextMessage(data='{"type": "nonsense"}'),
        TextMessage(data='{"x": "' + "x" * LONGEST + '"}'),
        BytesMessage(data=b"{}"),
    ],
    ids=["no-json", "list", "number", "refused", "long", "bytes"],
)
def test_nonsense_closes_that_socket_and_no_other(scene: Scene, sent: Event) -> None:
    tab, other = scene.tab(), scene.tab()
    tab.say(sent)
    assert tab.closed_with() == 4400
    other.line.post({"type": "ring"})
    assert isinstance(other.next(), TextMessage)
    tab.socket.close()
    until(lambda: tab.party.left and tab.released, "the end of it")


def test_a_bug_with_one_socket_leaves_the_others_alone(scene: Scene) -> None:
    tab, other = scene.tab(), scene.tab()
    tab.tells('{"type": "bug"}')
    assert tab.closed_with() == 1011
    other.tells("{}")
    until(lambda: other.party.messages, "the message")


def test_a_party_that_is_not_let_in_is_told(scene: Scene) -> None:
    assert scene.tab(arrives=False).closed_with() == 4403


def test_hanging_up_sends_what_was_said_first(scene: Scene) -> None:
    tab = scene.tab()
    tab.line.post({"type": "connected"})
    tab.line.hang_up()
    assert isinstance(tab.next(), TextMessage)
    assert tab.closed_with() == 1000


def test_a_browser_that_goes_is_forgotten(scene: Scene) -> None:
    clean, cut = scene.tab(), scene.tab()
    clean.say(CloseConnection(code=1000))
    cut.socket.close()
    until(lambda: all(tab.party.left and tab.released for tab in (clean, cut)), "both to be forgotten")


def test_a_browser_that_never_answers_the_close_is_dropped(scene: Scene) -> None:
    watcher, tab = scene.tab(), scene.tab()
    tab.line.hang_up()
    assert tab.closed_with() == 1000
    assert not tab.party.left
    scene.later(CLOSE_SECONDS)
    until(lambda: tab.party.left, "the end")
    assert not watcher.party.left


def test_the_server_pings_and_a_silent_browser_is_dropped(scene: Scene) -> None:
    lively, silent = scene.tab(), scene.tab()
    scene.later(PING_SECONDS)
    assert silent.next().data == '{"type": "ping"}'  # type: ignore[attr-defined]
    scene.clock.pass_by(SILENCE_SECONDS - PING_SECONDS - 1)
    lively.tells('{"type": "pong"}')
    lively.say(Ping())
    while not isinstance(lively.next(), Pong):
        pass
    scene.later(1)
    assert silent.closed_with() == 4408
    assert lively.party.messages == []
    lively.line.post({"type": "ring"})
    while '"ring"' not in lively.next().data:  # type: ignore[attr-defined]
        pass


def test_whoever_is_not_welcome_any_more_is_closed(scene: Scene) -> None:
    """Signing out, or losing the account, ends the line."""
    tab = scene.tab()
    tab.line.post({"type": "ring"})
    tab.next()
    tab.party.is_welcome = False
    scene.later(WELCOME_SECONDS)
    assert tab.closed_with() == 4403


def test_a_browser_that_reads_nothing_is_given_up(scene: Scene) -> None:
    watcher, tab = scene.tab(), scene.tab()
    for _ in range(40):
        tab.line.post({"type": "x", "filling": "x" * MOST_UNSENT})
    scene.later(1)
    until(lambda: tab.line.leaves_at, "the thread to have enough of it")
    scene.later(CLOSE_SECONDS)
    until(lambda: tab.party.left, "the end")
    assert not watcher.party.left


def test_the_end_of_the_server_is_told_to_everybody(scene: Scene) -> None:
    tabs = [scene.tab(), scene.tab()]
    for tab in tabs:
        tab.line.post({"type": "ring"})
        tab.next()
    os.write(scene.bell, b"!")
    assert [tab.closed_with() for tab in tabs] == [1012, 1012]
