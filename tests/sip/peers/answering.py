"""A small gateway for tests: the real agent and the real leg, which answer every call and play a tone."""

from __future__ import annotations

import asyncio
import socket
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import numpy as np

from onmeet.phone.settings import PhoneSettings, Trunk
from sip.agent import Agent
from sip.interface import FRAME, RATE, Agreement, Call, EndReason
from sip.media.leg import Frame, Leg
from sip.media.pace import Clock20ms
from sip.wire.options import Limits, Options
from sip.wire.transport import Transport
from tests.factories.sounds import tone
from tests.waiting import eventually

__all__ = ["House", "Line", "house", "soon"]


class Line:
    """One call of the house: what happened to it, and its sound. heard: the last ten seconds, at 16 kHz."""

    def __init__(self, address: str = "127.0.0.1") -> None:
        self.rtp, self.rtcp = pair(address)
        self.address, self.port = address, int(self.rtp.getsockname()[1])
        self.call: Call | None = None
        self.agreements: list[Agreement] = []
        self.digits = ""
        self.end: EndReason | None = None
        self.leg: Leg | None = None
        self._frames: deque[Frame] = deque(maxlen=500)

    def beat(self, now: float, frame: Frame) -> None:
        """One frame each way."""
        if self.leg is not None and self.end is None:
            self._frames.append(self.leg.read(now))
            self.leg.write(frame)

    def heard(self) -> Frame:
        """What came in lately."""
        return np.concatenate([*self._frames, np.zeros(0, np.int16)])

    def forget(self) -> None:
        """Hear anew."""
        self._frames.clear()

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
    """The agent with all of its lines.

    hertz: of the tone that it plays, whole; 0 for silence. policy: what to do with a call that comes.
    """

    def __init__(self, agent: Agent, transport: Transport, hertz: int) -> None:
        self.hertz = hertz
        self.agent = agent
        self.transport = transport
        self.lines: list[Line] = []
        self.policy: Callable[[Call, Line], None] = answer

    def take(self, call: Call) -> Line:
        line = Line("::1" if ":" in call.source else "127.0.0.1")
        line.call = call
        self.lines.append(line)
        self.policy(call, line)
        return line

    async def dial(self, number: str, trunk: str = "trunk") -> Line:
        line = Line()
        self.lines.append(line)
        line.call = await self.agent.dial(number, trunk, line, line.address, line.port)
        return line

    def port(self) -> int:
        return self.transport.ports["udp"]

    async def play(self) -> None:
        """The tone on every line, 50 frames a second."""
        sound = tone(self.hertz, 1.0, RATE) if self.hertz else np.zeros(RATE, np.int16)
        at = 0
        async for now in Clock20ms():
            for line in self.lines:
                line.beat(now, sound[at : at + FRAME])
            at = (at + FRAME) % RATE


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
    *trunks: Trunk, bind: str = "127.0.0.1", limits: Limits | None = None, hertz: int = 0, **more: Any
) -> AsyncIterator[House]:
    """A house with its doors open for the length of the block. more: further fields of `Options`."""
    options = Options(bind=bind, port=0, limits=limits or Limits(), **more)
    transport = Transport(options, upstreams=trunks)
    settings = PhoneSettings(trunks=trunks, max_calls=500, max_calls_per_source=500)
    one = House(Agent(transport, settings, on_call=lambda call: one.take(call)), transport, hertz)
    await one.agent.start()
    playing = asyncio.create_task(one.play())
    try:
        yield one
        assert not playing.done() or playing.exception() is None
    finally:
        playing.cancel()
        await asyncio.gather(playing, return_exceptions=True)
        await one.agent.close()


soon = partial(eventually, within=25.0, every=0.01)
"""Let the loop go on until a check is true, and return what it says."""
