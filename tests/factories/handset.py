"""A telephone's end of a leg: real RTP over the loopback interface, a voice and a memory of what it heard."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sip.interface import FRAME, Agreement, LegState
from sip.media.leg import Leg
from sip.media.pace import Clock20ms

__all__ = ["Handset", "sockets", "tone"]

Sound = NDArray[np.int16]
SILENCE = np.zeros(FRAME, np.int16)


def sockets() -> tuple[socket.socket, socket.socket]:
    """RTP and RTCP sockets of one leg."""
    made = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2)]
    for each in made:
        each.bind(("127.0.0.1", 0))
    return made[0], made[1]


def tone(hertz: float, amplitude: float = 8000) -> Callable[[int], Sound]:
    """A voice that is a sine without a break."""
    at = np.arange(FRAME)

    def frame(number: int) -> Sound:
        phase = 2 * np.pi * hertz * (at + number * FRAME) / 16000
        return np.rint(amplitude * np.sin(phase)).astype(np.int16)

    return frame


class Handset:
    """One telephone, and the gateway's two sockets and leg state for the very same call.

    heard: frames of 20 ms since the start.
    """

    def __init__(self, codec: str = "PCMA", payload_type: int = 8, **facts: Any) -> None:
        self.voice: Callable[[int], Sound] | None = None
        self.heard: list[Sound] = []
        self.gateway_sockets = sockets()
        ours = sockets()
        settled: dict[str, Any] = {"codec": codec, "payload_type": payload_type, "event_type": 101} | facts
        theirs = Agreement(remote=ours[0].getsockname(), remote_rtcp=ours[1].getsockname(), **settled)
        mine = replace(
            theirs,
            remote=self.gateway_sockets[0].getsockname(),
            remote_rtcp=self.gateway_sockets[1].getsockname(),
        )
        self.state = LegState(theirs, ssrc=1, sequence=10, timestamp=1000, sent_cycles=0, cname="random")
        self.leg = Leg(*ours, mine, on_digit=lambda _digit: None)
        self._number = 0
        self._task = asyncio.create_task(self._live())

    async def _live(self) -> None:
        async for now in Clock20ms():
            self.leg.write(SILENCE if self.voice is None else self.voice(self._number))
            self._number += 1
            self.heard.append(self.leg.read(now))

    def last(self, seconds: float) -> Sound:
        """What was heard lately."""
        return np.concatenate(self.heard[-round(seconds * 50) :])

    async def close(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self.leg.close()
        for each in self.gateway_sockets:
            each.close()
