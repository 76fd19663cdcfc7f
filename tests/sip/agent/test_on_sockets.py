"""Two agents on real sockets of this machine, in real time, with the transport of the gateway."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

import pytest

from onmeet.errors import ProviderError
from onmeet.phone.settings import PhoneSettings, Trunk
from sip.agent import Agent
from sip.interface import Call, CallListener
from sip.wire.options import Options
from sip.wire.transport import Transport
from tests.sip.agent.house import Listener


@dataclass
class Waiting(Listener):
    """A listener that can be waited for."""

    news: asyncio.Event = field(default_factory=asyncio.Event)

    def _note(self, *what: Any) -> None:
        super()._note(*what)
        self.news.set()


async def heard(listener: Waiting, word: str) -> None:
    """Wait until the listener has heard something."""
    async with asyncio.timeout(30):
        while word not in listener.words:
            listener.news.clear()
            await listener.news.wait()


class End:
    """An agent with sockets, which answers each call."""

    def __init__(self, *trunks: Trunk) -> None:
        self.listeners: list[Waiting] = []
        self.transport = Transport(Options(bind="127.0.0.1", port=0), upstreams=trunks)
        self.agent = Agent(self.transport, PhoneSettings(trunks=trunks), self._take)

    def _take(self, call: Call) -> CallListener:
        listener = Waiting(call)
        self.listeners.append(listener)
        call.ring()
        call.answer("127.0.0.1", 40_000)
        return listener


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_calls_both_ways_end_from_either_side(transport: str) -> None:
    far = End()
    await far.agent.start()
    port = far.transport.ports["udp"]
    near = End(Trunk(name="far", host="127.0.0.1", port=port, transport=transport))  # type: ignore[arg-type]
    await near.agent.start()
    try:
        for who in ("near", "far"):
            mine = Waiting()
            mine.call = await near.agent.dial("+49301", "far", mine, "127.0.0.1", 40_002)
            await heard(mine, "answered")
            theirs = far.listeners[-1]
            await heard(theirs, "answered")
            assert mine.heard[0][1].remote == ("127.0.0.1", 40_000)
            assert theirs.heard[0][1].remote == ("127.0.0.1", 40_002)
            assert theirs.call is not None
            assert theirs.call.dialled == "+49301"
            (mine if who == "near" else theirs).call.hang_up()  # type: ignore[union-attr]
            await heard(mine, "ended")
            await heard(theirs, "ended")
            assert (mine.end, theirs.end) == (("ours", "bye") if who == "near" else ("bye", "ours"))
        assert near.agent.trunks() == [("far", "static")]
        assert near.agent.address_of("far") == "127.0.0.1"
    finally:
        await near.agent.close()
        await far.agent.close()


async def test_trunk_whose_port_is_closed_is_an_error() -> None:
    end = End(Trunk(name="far", host="127.0.0.1", port=1, transport="tcp"))
    await end.agent.start()
    try:
        with pytest.raises(ProviderError, match="no machine"):
            await end.agent.dial("+49301", "far", Waiting(), "127.0.0.1", 40_002)
    finally:
        await end.agent.close()
