"""The pump alone, between two socket pairs: what waits, what stalls, what is told to whom."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from wsproto import ConnectionType, WSConnection
from wsproto.events import (
    AcceptConnection,
    CloseConnection,
    Event,
    Message,
    Ping,
    RejectConnection,
    Request,
    TextMessage,
)

from onmeet.clock import monotonic
from onmeet.signalling import wire
from onmeet.signalling.client import RelayLink
from onmeet.signalling.closing import FORBIDDEN, Closing
from onmeet.web import pump as pumping
from onmeet.web.pump import Browser, pump


@dataclass
class Scene:
    """A browser's and a relay's end, with the pump running in a thread between them."""

    browser: socket.socket
    protocol: WSConnection
    relay: socket.socket
    bell: int
    thread: threading.Thread
    outcome: list[Closing]

    def say(self, event: Event) -> None:
        self.browser.sendall(self.protocol.send(event))

    def relay_says(self, kind: wire.Kind, payload: bytes) -> None:
        self.relay.sendall(wire.encode(kind, payload))

    def heard_by_relay(self) -> list[wire.Frame]:
        """Everything until the pump hangs up."""
        decoder, frames = wire.Decoder(wire.UP_LIMIT), []
        while data := self.relay.recv(65536):
            frames += decoder.feed(data)
        return frames

    def close_seen_by_browser(self) -> CloseConnection | None:
        """Read on until the close frame, and answer it."""
        while data := self.browser.recv(65536):
            self.protocol.receive_data(data)
            for event in self.protocol.events():
                if isinstance(event, CloseConnection):
                    with contextlib.suppress(OSError):  # the pump may have waited long enough
                        self.say(event.response())
                    return event
        return None

    def end(self) -> Closing:
        self.thread.join(10)
        assert not self.thread.is_alive(), "the pump did not end"
        return self.outcome[0]


def handshake() -> tuple[WSConnection, WSConnection]:
    client, server = WSConnection(ConnectionType.CLIENT), WSConnection(ConnectionType.SERVER)
    server.receive_data(client.send(Request(host="x", target="/")))
    list(server.events())
    client.receive_data(server.send(AcceptConnection()))
    assert not [e for e in client.events() if isinstance(e, RejectConnection)]
    return client, server


@pytest.fixture
def scene() -> Iterator[Scene]:
    client, server = handshake()
    near, far = socket.socketpair()
    link_near, link_far = socket.socketpair()
    alarm, bell = os.pipe()
    near.setblocking(False)
    link_near.setblocking(False)
    for each in (near, far):
        each.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 8192)
    far.settimeout(10)
    link_far.settimeout(10)
    link, outcome = RelayLink(link_near), []

    def run() -> None:
        outcome.append(pump(Browser(server, near), link, alarm, monotonic))
        link.close()
        near.close()

    thread = threading.Thread(target=run)
    thread.start()
    yield Scene(far, client, link_far, bell, thread, outcome)
    os.write(bell, b"!")
    far.close()
    link_far.close()
    thread.join(10)
    os.close(alarm)
    os.close(bell)


def push(send: Callable[[], None]) -> int:
    """How often `send` works until it would have to wait."""
    for count in range(2000):
        try:
            send()
        except TimeoutError:
            return count
    return 2000


def test_messages_pass_both_ways(scene: Scene) -> None:
    scene.say(TextMessage(data="up"))
    scene.relay_says(wire.Kind.MESSAGE, "dówn".encode())
    scene.protocol.receive_data(scene.browser.recv(100))
    assert [e.data for e in scene.protocol.events() if isinstance(e, Message)] == ["dówn"]
    scene.say(CloseConnection(code=1000))
    assert scene.end() == Closing(1000, "")
    assert scene.heard_by_relay()[0] == wire.Frame(wire.Kind.MESSAGE, b"up")


def test_the_relays_close_reaches_the_browser_with_its_reason(scene: Scene) -> None:
    scene.relay_says(wire.Kind.MESSAGE, b"last words")
    scene.relay_says(wire.Kind.CLOSE, wire.pack_close(4423, "locked"))
    closed = scene.close_seen_by_browser()
    assert closed is not None
    assert (closed.code, closed.reason) == (4423, "locked")
    assert scene.end() == Closing(4423, "locked")


def test_the_relays_last_words_count_even_when_it_reads_no_more(scene: Scene) -> None:
    scene.relay_says(wire.Kind.CLOSE, wire.pack_close(4400, "protocol-error"))
    scene.relay.close()
    for _ in range(3):
        try:
            scene.say(TextMessage(data="x" * 1000))
        except OSError:
            break
    closed = scene.close_seen_by_browser()
    assert closed is not None
    assert closed.code == 4400


def test_a_relay_that_is_gone_is_told_with_1012(scene: Scene) -> None:
    scene.relay.close()
    closed = scene.close_seen_by_browser()
    assert closed is not None
    assert closed.code == 1012


def test_a_relay_that_speaks_nonsense_counts_as_gone(scene: Scene) -> None:
    scene.relay.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    closed = scene.close_seen_by_browser()
    assert closed is not None
    assert closed.code == 1012


def test_the_relay_hears_what_the_browser_said_before_it_closed(scene: Scene) -> None:
    both = scene.protocol.send(TextMessage(data="leave")) + scene.protocol.send(CloseConnection(code=1001))
    scene.browser.sendall(both)
    frames = scene.heard_by_relay()
    assert frames[0] == wire.Frame(wire.Kind.MESSAGE, b"leave")
    assert frames[1].kind is wire.Kind.CLOSE
    assert wire.unpack_close(frames[1].payload)[0] == 1001


def test_a_connection_that_breaks_is_told_to_the_relay(scene: Scene) -> None:
    scene.browser.close()
    (frame,) = scene.heard_by_relay()
    assert wire.unpack_close(frame.payload)[0] == 1006
    assert scene.end().code == 1006


def test_the_alarm_closes_with_1012(scene: Scene) -> None:
    os.write(scene.bell, b"!")
    closed = scene.close_seen_by_browser()
    assert closed is not None
    assert closed.code == 1012
    assert wire.unpack_close(scene.heard_by_relay()[0].payload)[0] == 1012


def test_a_browser_that_does_not_read_is_given_up(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pumping, "STALL_SECONDS", 0.1)
    monkeypatch.setattr(pumping, "_LOOK_SECONDS", 0.05)
    monkeypatch.setattr(pumping, "CLOSE_SECONDS", 0.1)
    with contextlib.suppress(OSError):  # given up before all of it was said
        for _ in range(20):
            scene.relay_says(wire.Kind.MESSAGE, b"x" * 20_000)
    assert scene.end().code == 4408


def test_a_browser_that_does_not_read_stops_the_relays_bytes(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pumping, "_HIGH_WATER", 100_000)
    scene.relay.settimeout(0.5)
    assert push(lambda: scene.relay_says(wire.Kind.MESSAGE, b"x" * 10_000)) < 200
    assert not scene.outcome


def test_a_relay_that_does_not_read_stops_the_browsers_bytes(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pumping, "_HIGH_WATER", 100_000)
    scene.browser.settimeout(0.5)
    assert push(lambda: scene.say(TextMessage(data="x" * 10_000))) < 200


def test_a_client_that_never_answers_the_close_is_not_waited_for_long(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pumping, "CLOSE_SECONDS", 0.1)
    scene.relay_says(wire.Kind.CLOSE, wire.pack_close(1000, "left"))
    assert scene.end() == Closing(1000, "left")


def test_pings_whose_answers_nobody_reads_pile_up_only_so_far(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pumping, "_HIGH_WATER", 20_000)
    scene.browser.settimeout(0.5)
    assert push(lambda: scene.say(Ping(payload=b"x" * 125))) < 2000
    assert not scene.outcome


@pytest.mark.parametrize(
    "frame",
    [Ping(), TextMessage(data="", message_finished=False)],
    ids=["pings", "empty parts of a message"],
)
def test_a_flood_of_frames_that_say_nothing_closes_with_4429(scene: Scene, frame: Event) -> None:
    flood = b"".join(scene.protocol.send(frame) for _ in range(6000))

    def send() -> None:
        with contextlib.suppress(OSError):
            scene.browser.sendall(flood)

    flooding = threading.Thread(target=send)
    flooding.start()
    closed = scene.close_seen_by_browser()
    scene.browser.shutdown(socket.SHUT_RDWR)
    flooding.join(10)
    assert closed is not None
    assert closed.code == 4429


def test_who_is_no_longer_welcome_is_put_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pumping, "WELCOME_SECONDS", 0.0)
    monkeypatch.setattr(pumping, "CLOSE_SECONDS", 0.2)
    client, server = handshake()
    near, far = socket.socketpair()
    link_near, link_far = socket.socketpair()
    alarm, bell = os.pipe()
    answers = [True, False]
    with near, far, link_near, link_far:
        near.setblocking(False)
        link_near.setblocking(False)
        link_far.sendall(wire.encode(wire.Kind.MESSAGE, b"{}"))
        far.sendall(client.send(TextMessage(data="x")))
        patient = threading.Timer(0.3, far.sendall, [client.send(TextMessage(data="y"))])
        patient.start()
        how = pump(Browser(server, near), RelayLink(link_near), alarm, monotonic, lambda: answers.pop(0))
        patient.join()
        heard = list(wire.Decoder(wire.UP_LIMIT).feed(link_far.recv(65536)))
    os.close(alarm)
    os.close(bell)
    assert how == FORBIDDEN
    assert heard[-1] == wire.Frame(wire.Kind.CLOSE, wire.pack_close(4403, ""))
