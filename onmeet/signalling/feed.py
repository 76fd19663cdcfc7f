"""The keeper's end of the stream of reports: connects, reads, acknowledges, comes back. Synchronous.

    feed = Feed(config.relay_socket)
    while not stopping:
        for news in feed.take(timeout=1.0):
            match news:
                case Opened(): records.end_orphans(news.live, now)
                case Delivery(): records.take(news)
        feed.acknowledge()

What `take` gave is given again, with the same numbers, unless it was acknowledged.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from onmeet.clock import Clock, monotonic
from onmeet.errors import ProtocolError
from onmeet.meetings.reports import Delivery, Ended, Started, decode
from onmeet.signalling import wire

__all__ = ["Feed", "News", "Opened"]

RETRY_SECONDS = 0.25
CONNECT_SECONDS = 2.0
_READ = 64 * 1024


@dataclass(frozen=True, slots=True)
class Opened:
    """The stream begins, anew or again.

    run: the relay process; another value than before: a new one. live: hashes of the rooms that live now or
    about which reports are still to come: every other open record will never hear of its end. lost: reports
    that this relay could not hold because nobody took them.
    """

    run: str
    live: frozenset[str]
    lost: int


News = Opened | Delivery


class Feed:
    """The stream of one relay socket. `wall`: unix seconds, for endings concluded from a new relay."""

    def __init__(self, path: Path, *, wall: Clock, clock: Clock = monotonic) -> None:
        self._path = path
        self._wall = wall
        self._clock = clock
        self._socket: socket.socket | None = None
        self._decoder = wire.Decoder(wire.DOWN_LIMIT)
        self._run = ""
        self._given = 0
        self._acknowledged = 0
        self._open: set[str] = set()
        self._concluded: list[Delivery] = []  # endings that no relay knows of, until they are acknowledged
        self._retry_at = 0.0
        self._closed = False
        self._alarm, self._bell = os.pipe()
        os.set_blocking(self._alarm, False)
        os.set_blocking(self._bell, False)

    def take(self, timeout: float) -> list[News]:
        """What has come; waits up to `timeout` seconds for something. Empty when nothing did.

        A relay that is away is tried again and again within the time, and never raises.
        """
        deadline = self._clock() + timeout
        while True:
            news = self._read() if self._connected() else []
            remaining = deadline - self._clock()
            if news or remaining <= 0 or not self._wait(remaining):
                return news

    def acknowledge(self) -> None:
        """Everything that `take` gave is dealt with: the relay forgets it."""
        self._concluded.clear()
        if self._socket is None or self._given == self._acknowledged:
            return
        self._say({"ack": self._given})
        self._acknowledged = self._given

    def again(self) -> None:
        """What `take` gave could not be dealt with: it comes again, in a moment."""
        self._hang_up()

    def wake(self) -> None:
        """Make a waiting `take` return now; safe in a signal handler and from another thread.

        After `close` nothing happens: a second signal may come when all is over.
        """
        if self._closed:
            return
        with contextlib.suppress(BlockingIOError):
            os.write(self._bell, b"!")

    def close(self) -> None:
        """Hang up for good."""
        self._closed = True  # first: the bell's number may soon be that of another file
        self._hang_up()
        os.close(self._alarm)
        os.close(self._bell)

    # -- inside --------------------------------------------------------------------------------

    def _connected(self) -> bool:
        if self._socket is not None:
            return True
        if self._clock() < self._retry_at:
            return False
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(CONNECT_SECONDS)
        try:
            connection.connect(str(self._path))
        except OSError:
            connection.close()
            self._retry_at = self._clock() + RETRY_SECONDS
            return False
        self._socket = connection
        self._decoder = wire.Decoder(wire.DOWN_LIMIT)
        self._given = self._acknowledged
        self._say({"run": self._run, "ack": self._acknowledged})
        return self._socket is not None

    def _say(self, body: dict[str, Any]) -> None:
        assert self._socket is not None
        try:
            self._socket.sendall(wire.encode(wire.Kind.FEED, json.dumps(body).encode()))
            self._socket.setblocking(False)
        except OSError:
            self._hang_up()

    def _read(self) -> list[News]:
        """What is there, without waiting."""
        news: list[News] = []
        try:
            while self._socket is not None:
                data = self._socket.recv(_READ)
                if not data:
                    raise ConnectionResetError
                for frame in self._decoder.feed(data):
                    news += self._understand(frame)
        except BlockingIOError:
            pass
        except (OSError, ValueError, KeyError, TypeError, ProtocolError):
            self._hang_up()
        return news

    def _understand(self, frame: wire.Frame) -> list[News]:
        body = json.loads(frame.payload)
        if frame.kind is wire.Kind.FEED:
            return self._opened(Opened(str(body["run"]), frozenset(body["live"]), int(body["lost"])))
        if frame.kind is not wire.Kind.REPORT:
            raise ProtocolError("bad-frame", "out of place")
        delivery = Delivery(self._run, int(body["seq"]), decode(body["report"]))
        return [delivery] if self._new(delivery) else []

    def _opened(self, opened: Opened) -> list[News]:
        """Rooms whose beginning was seen and of which the relay knows nothing any more have ended."""
        old, self._run = self._run, opened.run
        if opened.run != old:
            self._given = self._acknowledged = 0
        now = self._wall()
        for instance in sorted(self._open - opened.live):
            self._concluded.append(Delivery(old, 0, Ended(instance, now)))
        self._open = set(opened.live)
        return [*self._concluded, opened]

    def _new(self, delivery: Delivery) -> bool:
        if delivery.seq <= self._given:
            return False
        self._given = delivery.seq
        match delivery.report:
            case Started(instance=instance):
                self._open.add(instance)
            case Ended(instance=instance):
                self._open.discard(instance)
        return True

    def _hang_up(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None
            self._retry_at = self._clock() + RETRY_SECONDS

    def _wait(self, seconds: float) -> bool:
        """Wait for the relay or the time of the next try; False when woken."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._alarm, selectors.EVENT_READ)
            if self._socket is not None:
                selector.register(self._socket, selectors.EVENT_READ)
            else:
                seconds = min(seconds, max(0.0, self._retry_at - self._clock()))
            ready = selector.select(seconds)
        if any(key.fd == self._alarm for key, _ in ready):
            with contextlib.suppress(BlockingIOError):
                os.read(self._alarm, 4096)
            return False
        return True
