"""Far sides that do whatever comes to their mind, in calls both ways: nothing breaks, everything ends."""

from __future__ import annotations

import asyncio
import random
import re

import pytest

from sip.core.message import Request, Response
from tests.sip.agent.house import House, Listener, trunk
from tests.sip.agent.peer import OFFER, Peer, sdp
from tests.sip.agent.virtual import in_virtual_time

BODIES = [
    b"",
    OFFER,
    sdp(port=41_000),
    sdp(attributes="a=sendonly\r\n"),
    sdp("0.0.0.0"),
    sdp(codecs="18"),
    b"v=0\r\n",
    b"\xff\xfe",
]
METHODS = [
    "INVITE",
    "UPDATE",
    "INFO",
    "PRACK",
    "OPTIONS",
    "REFER",
    "UPDATE",
    "BYE",
    "NOTIFY",
    "ACK",
    "CANCEL",
    "X",
]
STATUSES = [100, 180, 183, 200, 200, 200, 202, 302, 401, 407, 408, 422, 481, 486, 488, 491, 500, 503, 603]
LIFE = re.compile(r"(answered( changed| digit)* )?ended")


class Fool(Peer):
    """A peer that answers and asks at random."""

    def __init__(self, house: House, rng: random.Random) -> None:
        super().__init__(house.network, ("192.0.2.7", 5060), house.wire.address)
        self.rng, self.every = rng, True

    def headers(self) -> dict[str, str]:
        """Some of those that matter."""
        rng, found = self.rng, {}
        choices = {
            "Require": ["100rel", "timer", "x"],
            "Supported": ["timer", "100rel, timer"],
            "Session-Expires": ["90;refresher=uac", "100;refresher=uas", "90", "30", "x", "99999999999"],
            "Min-SE": ["90", "600", "x"],
            "RSeq": ["1", "2", "3", "x"],
            "RAck": ["1 1 INVITE", "x"],
            "Allow": ["UPDATE", "INVITE"],
            "Record-Route": ["<sip:192.0.2.7:5060;lr>", "<sip:192.0.2.7:5060>", "<sip:nowhere.example;lr>"],
            "WWW-Authenticate": [
                'Digest realm="a", nonce="b"',
                "Basic x",
                'Digest realm="a", nonce="c", stale=true',
            ],
            "Proxy-Authenticate": ['Digest realm="p", nonce="b", qop="auth"', "Digest"],
            "Contact": ["<sip:peer@192.0.2.7:5060>", "<sip:peer@nowhere.example>", "<mailto:x@y>"],
        }
        for name, values in choices.items():
            if rng.random() < 0.25:
                found[name.replace("-", "_")] = rng.choice(values)
        return found

    async def begin(self) -> None:
        """A call as it should be, so far."""
        self.call(Supported="timer", Session_Expires=self.rng.choice(["90", "200;refresher=uas"]))
        await asyncio.sleep(0.1)
        while not self.inbox.empty():
            message = self.inbox.get_nowait()
            if isinstance(message, Response) and message.status == 200:
                self.their_tag = message.to.tag or ""
                self.ack(message)
        await asyncio.sleep(0.1)

    async def pick_up(self) -> None:
        """Answer as one should, so far."""
        await asyncio.sleep(0.1)
        while not self.inbox.empty():
            message = self.inbox.get_nowait()
            if isinstance(message, Request) and message.method == "INVITE":
                self.seq = 100
                self.answer(message, 200, body=OFFER, Allow="UPDATE")
        await asyncio.sleep(0.1)

    def act(self) -> None:
        """Do one thing."""
        rng = self.rng
        if not self.inbox.empty() and rng.random() < 0.7:
            message = self.inbox.get_nowait()
            if isinstance(message, Request) and message.method == "INVITE" and rng.random() < 0.6:
                self.answer(message, 200, body=OFFER)
            elif isinstance(message, Request) and message.method != "ACK":
                self.answer(message, rng.choice(STATUSES), body=rng.choice(BODIES), **self.headers())
            elif isinstance(message, Response) and 200 <= message.status < 300 and message.to.tag:
                self.their_tag = message.to.tag
                if message.cseq.method == "INVITE" and rng.random() < 0.8:
                    self.ack(message, body=rng.choice(BODIES))
            return
        method = rng.choice(METHODS)
        kind = rng.choice(["application/sdp", "application/dtmf", "application/dtmf-relay", "text/plain"])
        body = rng.choice([*BODIES, b"5", b"Signal=7"])
        seq = None if rng.random() < 0.9 else rng.randrange(5)
        self.send(self.request(method, body=body, kind=kind, seq=seq, **self.headers()))


async def finish(house: House, listeners: list[Listener]) -> None:
    """After everything: hang up, wait, look."""
    for listener in listeners:
        if listener.call is not None:
            listener.call.hang_up()
    await asyncio.sleep(400)
    for listener in listeners:
        assert LIFE.fullmatch(" ".join(listener.words)), listener.words
        assert listener.end is not None
    assert house.nothing_left()
    assert len(house.agent.timers) <= 3


@pytest.mark.parametrize("seed", range(60))
@in_virtual_time
async def test_fools_that_call(seed: int) -> None:
    rng = random.Random(seed)

    def take(call: object) -> None:
        for action in ("ring", "answer", "reject", "hang_up"):
            if rng.random() < (0.7 if action in {"ring", "answer"} else 0.1):
                arguments = {"answer": ("192.0.2.1", 30_000), "reject": (486,)}.get(action, ())
                getattr(call, action)(*arguments)

    house = House(trunks=(trunk(),), known={"west": [("192.0.2.7", 5060)]}, on_call=take)
    await house.agent.start()
    fool = Fool(house, rng)
    for number in range(8):
        fool.call_id, fool.their_tag, fool.seq = f"fool{number}", "", 0
        if rng.random() < 0.7:
            await fool.begin()
        else:
            fool.call(body=rng.choice(BODIES), **fool.headers())
        for _ in range(rng.randrange(25)):
            await asyncio.sleep(rng.choice([0.0, 0.02, 0.3, 1.0, 40.0]))
            fool.act()
            if house.listeners and rng.random() < 0.05:
                listener = rng.choice(house.listeners)
                assert listener.call is not None
                rng.choice([listener.call.hang_up, listener.call.ring])()
    await finish(house, house.listeners)


@pytest.mark.parametrize("seed", range(60))
@in_virtual_time
async def test_fools_that_are_called(seed: int) -> None:
    rng = random.Random(seed)
    house = House(trunks=(trunk(),), known={"west": [("192.0.2.7", 5060)]})
    await house.agent.start()
    fool = Fool(house, rng)
    listeners = []
    for _ in range(8):
        fool.their_tag = ""
        listeners.append(await house.dial())
        if rng.random() < 0.7:
            await fool.pick_up()
        for _ in range(rng.randrange(25)):
            await asyncio.sleep(rng.choice([0.0, 0.02, 0.3, 1.0, 40.0]))
            fool.act()
            if rng.random() < 0.05:
                call = rng.choice(listeners).call
                assert call is not None
                call.hang_up()
    await finish(house, [*listeners, *house.listeners])
