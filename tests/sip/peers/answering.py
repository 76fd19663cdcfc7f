"""A small gateway for tests: the real agent and the real leg, which answer every call and play silence."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import numpy as np

from onmeet.phone.settings import PhoneSettings, Trunk
from sip.agent import Agent
from sip.interface import FRAME, Agreement, Call, EndReason
from sip.media.leg import Leg
from sip.media.pace import Clock20ms
from sip.wire.options import Limits, Options
from sip.wire.transport import Transport

__all__ = ["House", "Line", "house", "soon"]


class Line:
    """One call of the house: what happened to it, and its sound."""

    def __init__(self, house: House, address: str = "127.0.0.1") -> None:
        self.rtp, self.rtcp = pair(address)
        self.address, self.port = address, int(self.rtp.getsockname()[1])
        self.call: Call | None = None
        self.agreements: list[Agreement] = []
        self.digits = ""
        self.end: EndReason | None = None
        self.leg: Leg | None = None
        self._house = house

    # sip.interface.CallListener

    def answered(self, agreement: Agreement) -> None:
        self.agreements.append(agreement)
        self.leg = Leg(self.rtp, self.rtcp, agreement, on_digit=self.digit)

    def changed(self, agreement: Agreement) -> None:
        self.agreements.append(agreement)
        if self.leg is not None:
            self.leg.update(agreement)

    def digit(self, digit: str) -> None:
        self.digits += digit

    def ended(self, reason: EndReason) -> None:
        assert self.end is None, "a call ends once"
        self.end = reason
        if self.leg is not None:
            self.leg.close()
        else:
            self.rtp.close()
            self.rtcp.close()


class House:
    """The agent with all of its lines. policy: what to do with a call that comes: ring and answer it."""

    def __init__(self, agent: Agent, transport: Transport) -> None:
        self.agent = agent
        self.transport = transport
        self.lines: list[Line] = []
        self.policy: Callable[[Call, Line], None] = answer

    def take(self, call: Call) -> Line:
        line = Line(self, "::1" if ":" in call.source else "127.0.0.1")
        line.call = call
        self.lines.append(line)
        self.policy(call, line)
        return line

    async def dial(self, number: str, trunk: str = "trunk") -> Line:
        line = Line(self)
        self.lines.append(line)
        line.call = await self.agent.dial(number, trunk, line, line.address, line.port)
        return line

    def port(self) -> int:
        return self.transport.ports["udp"]

    async def play(self) -> None:
        """Silence on every line, 50 frames a second."""
        silence = np.zeros(FRAME, np.int16)
        async for now in Clock20ms():
            for line in self.lines:
                if line.leg is not None and line.end is None:
                    line.leg.read(now)
                    line.leg.write(silence)


def answer(call: Call, line: Line) -> None:
    """Ring, and answer at once."""
    call.ring()
    call.answer(line.address, line.port)


def pair(address: str) -> tuple[socket.socket, socket.socket]:
    """Sockets for RTP and RTCP on neighbouring ports."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    for _ in range(100):
        rtp = socket.socket(family, socket.SOCK_DGRAM)
        rtcp = socket.socket(family, socket.SOCK_DGRAM)
        try:
            rtp.bind((address, 0))
            rtcp.bind((address, rtp.getsockname()[1] + 1))
        except (OSError, OverflowError):
            rtp.close()
            rtcp.close()
            continue
        return rtp, rtcp
    raise AssertionError("no two free ports side by side")


@asynccontextmanager
async def house(
    *trunks: Trunk, bind: str = "127.0.0.1", limits: Limits | None = None, **more: Any
) -> AsyncIterator[House]:
    """A house with its doors open for the length of the block. more: further fields of `Options`."""
    options = Options(bind=bind, port=0, limits=limits or Limits(), **more)
    transport = Transport(options, upstreams=trunks)
    settings = PhoneSettings(trunks=trunks, max_calls=500, max_calls_per_source=500)
    one = House(Agent(transport, settings, on_call=lambda call: one.take(call)), transport)
    await one.agent.start()
    playing = asyncio.create_task(one.play())
    try:
        yield one
        assert not playing.done() or playing.exception() is None
    finally:
        playing.cancel()
        await asyncio.gather(playing, return_exceptions=True)
        await one.agent.close()


async def soon(check: Callable[[], Any], what: str, *, within: float = 15.0) -> Any:
    """Let the loop go on until `check` is true, and return what it says."""
    try:
        async with asyncio.timeout(within):
            while True:
                if answer := check():
                    return answer
                await asyncio.sleep(0.01)
    except TimeoutError:
        raise AssertionError(f"waited {within:g} s for {what}") from None
