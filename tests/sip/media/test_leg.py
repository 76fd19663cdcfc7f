"""Legs on real sockets: two of them talk to each other over the loopback interface."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from onmeet.rtp import packets, rtcp
from sip.interface import Agreement, LegState, SrtpKeys
from sip.media.events import build_event
from sip.media.leg import Leg
from tests.sip.media.lines import signal_to_noise, tone
from tests.waiting import until

KEY_A, KEY_B = bytes(range(30)), bytes(range(100, 130))


def pair() -> tuple[socket.socket, socket.socket]:
    """RTP and RTCP sockets of one leg."""
    made = []
    for _ in range(2):
        one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        one.bind(("127.0.0.1", 0))
        made.append(one)
    return made[0], made[1]


class Time:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.now = 5000.0

    def __call__(self) -> float:
        return self.now


async def settle() -> None:
    """Let the loop's readers take what is in the sockets."""
    for _ in range(3):
        await asyncio.sleep(0)


@dataclass
class Call:
    """Two legs; `step` lets both read and write one frame, 20 ms apart on a clock of their own."""

    time: Time
    ours: Leg
    theirs: Leg
    digits: list[str] = field(default_factory=list)
    heard: list[np.ndarray] = field(default_factory=list)

    async def step(self, frame: np.ndarray, answer: np.ndarray | None = None) -> None:
        self.theirs.write(frame)
        self.ours.write(frame if answer is None else answer)
        await settle()
        self.time.now += 0.02
        self.heard.append(self.ours.read(self.time.now))
        self.theirs.read(self.time.now)

    async def play(self, sound: np.ndarray) -> np.ndarray:
        """Say all of `sound`; what the other side heard meanwhile."""
        start = len(self.heard)
        for at in range(0, len(sound), 320):
            await self.step(sound[at : at + 320])
        return np.concatenate(self.heard[start:])


Ring = Callable[..., Call]


@pytest.fixture
async def ring() -> AsyncIterator[Ring]:
    """Makes calls; keywords go into both agreements."""
    calls: list[Call] = []

    def make(**facts: object) -> Call:
        time = Time()
        a, b = pair(), pair()
        keys = facts.pop("srtp", None)
        digits: list[str] = []

        def agreement(other: tuple[socket.socket, socket.socket], srtp: SrtpKeys | None) -> Agreement:
            known = {"codec": "PCMA", "payload_type": 8, "event_type": 101} | facts
            return Agreement(
                remote=other[0].getsockname(), remote_rtcp=other[1].getsockname(), srtp=srtp, **known
            )

        swapped = replace(keys, send=keys.receive, receive=keys.send) if keys else None
        ours = Leg(*a, agreement(b, keys), on_digit=digits.append, clock=time)
        theirs = Leg(*b, agreement(a, swapped), on_digit=lambda _digit: None, clock=time)
        calls.append(Call(time, ours, theirs, digits))
        return calls[-1]

    yield make
    for call in calls:
        call.ours.close()
        call.theirs.close()


@pytest.mark.parametrize(
    ("codec", "payload_type", "hertz", "least"),
    [("PCMA", 8, 1020.0, 38.0), ("PCMU", 0, 1020.0, 38.0), ("G722", 9, 440.0, 50.0)],
)
@pytest.mark.parametrize("secured", [False, True])
async def test_a_tone_comes_through(ring: Ring, codec, payload_type, hertz, least, secured) -> None:
    keys = SrtpKeys(KEY_A, KEY_B) if secured else None
    call = ring(codec=codec, payload_type=payload_type, srtp=keys)
    heard = await call.play(tone(4.0, hertz))
    assert signal_to_noise(heard[32000:], 16000, hertz) >= least
    assert call.ours.stats.lost == call.ours.stats.refused == 0
    assert call.ours.level == pytest.approx(20 * np.log10(7218 / 32768 / np.sqrt(2)), abs=0.3)
