"""Whatever is cut, when, and how often: each message arrives once and in order, on both sides."""

from __future__ import annotations

import json
from collections import deque

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from onmeet.signalling.messages import Name
from onmeet.signalling.news import Refused, encode
from onmeet.signalling.session import Close, Deliver, Effect, Over, Parted, Session, Transmit


class Cable:
    """A socket with both directions as queues: what is in them is lost when it breaks."""

    def __init__(self) -> None:
        self.up: deque[bytes] = deque()
        self.down: deque[bytes] = deque()


class TwoEnds(RuleBasedStateMachine):
    """A relay session and a browser that follows PROTOCOL.md, over cables that break at any moment."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.session = Session(self.now)
        self.cable: Cable | None = Cable()
        self.said = 0
        self.heard_by_relay: list[int] = []
        self.told = 0
        self.heard_by_browser: list[int] = []
        self.browser_sent = 0
        self.browser_received = 0
        self.browser_buffer: deque[tuple[int, bytes]] = deque()
        self.awaiting_resumed = False
        self.browser_send(type="join", version=1, name="Ada", muted=[])
        self.relay_reads(1)
        self.session.enter(self.now)

    # -- the browser, written from the document alone ------------------------------------------

    def browser_send(self, **fields: object) -> None:
        self.browser_sent += 1
        text = json.dumps({"seq": self.browser_sent, **fields}).encode()
        self.browser_buffer.append((self.browser_sent, text))
        if self.cable is not None and not self.awaiting_resumed:
            self.cable.up.append(text)

    def browser_hears(self, text: bytes) -> None:
        message = json.loads(text)
        if message["type"] == "resumed":
            self.awaiting_resumed = False
            self.browser_acknowledged(message["ack"])
            assert self.cable is not None
            self.cable.up.extend(text for _, text in self.browser_buffer)
            return
        assert message["seq"] == self.browser_received + 1
        self.browser_received = message["seq"]
        if message["type"] in ("ping", "pong"):
            self.browser_acknowledged(message["ack"])
        if message["type"] == "ping":
            self.browser_send(type="pong", ack=self.browser_received)
        if message["type"] == "refused":
            self.heard_by_browser.append(message["count"])

    def browser_acknowledged(self, ack: int) -> None:
        while self.browser_buffer and self.browser_buffer[0][0] <= ack:
            self.browser_buffer.popleft()

    # -- the relay -----------------------------------------------------------------------------

    def perform(self, effects: list[Effect]) -> None:
        for effect in effects:
            match effect:
                case Transmit(text):
                    if self.cable is not None:
                        self.cable.down.append(text)
                case Deliver(message, _):
                    if isinstance(message, Name):
                        self.heard_by_relay.append(int(message.name))
                case Close() | Over():
                    raise AssertionError(f"nothing was done to deserve {effect}")
                case Parted():
                    pass

    # -- what may happen -----------------------------------------------------------------------

    @rule(count=st.integers(1, 20))
    def browser_says(self, count: int) -> None:
        for _ in range(count):
            self.said += 1
            self.browser_send(type="name", name=str(self.said))

    @rule(count=st.integers(1, 60))
    def relay_tells(self, count: int) -> None:
        room = 480 - len(self.session._sent)  # an overflow has its own test
        for _ in range(min(count, room)):
            self.told += 1
            self.perform(self.session.send(encode(Refused("camera", self.told)), self.now))

    @precondition(lambda self: self.cable is not None)
    @rule(count=st.integers(1, 100))
    def relay_reads(self, count: int) -> None:
        assert self.cable is not None
        for _ in range(min(count, len(self.cable.up))):
            self.now += 1 / 40  # within the rate
            self.perform(self.session.receive(self.cable.up.popleft(), self.now))

    @precondition(lambda self: self.cable is not None)
    @rule(count=st.integers(1, 100))
    def browser_reads(self, count: int) -> None:
        assert self.cable is not None
        for _ in range(min(count, len(self.cable.down))):
            self.browser_hears(self.cable.down.popleft())

    @rule()
    def browser_pings(self) -> None:
        self.browser_send(type="ping", ack=self.browser_received)

    @precondition(lambda self: self.cable is not None)
    @rule()
    def the_cable_breaks(self) -> None:
        self.cable = None
        self.awaiting_resumed = False
        self.perform(self.session.detach(self.now))

    @precondition(lambda self: self.cable is None)
    @rule()
    def the_browser_comes_back(self) -> None:
        self.cable = Cable()
        self.awaiting_resumed = True
        text = {
            "type": "resume", "seq": self.browser_sent + 1, "token": "t", "ack": self.browser_received,
        }  # fmt: skip
        door = Session(self.now)
        (effect,) = door.receive(json.dumps(text).encode(), self.now)
        assert isinstance(effect, Deliver)
        self.perform(self.session.resume(effect.message, self.now))  # type: ignore[arg-type]

    @precondition(lambda self: self.cable is not None)
    @rule()
    def the_browser_comes_back_before_the_relay_knows(self) -> None:
        self.cable = None
        self.the_browser_comes_back()

    @invariant()
    def everything_came_once_and_in_order(self) -> None:
        assert self.heard_by_relay == list(range(1, len(self.heard_by_relay) + 1))
        assert self.heard_by_browser == list(range(1, len(self.heard_by_browser) + 1))

    def teardown(self) -> None:
        """In the end the cable holds: nothing is missing."""
        if self.cable is None:
            self.the_browser_comes_back()
        assert self.cable is not None
        while self.cable.up or self.cable.down:
            self.relay_reads(1000)
            self.browser_reads(1000)
        assert len(self.heard_by_relay) == self.said
        assert len(self.heard_by_browser) == self.told


TwoEnds.TestCase.settings = settings(max_examples=80, stateful_step_count=40)
TestTwoEnds = TwoEnds.TestCase
