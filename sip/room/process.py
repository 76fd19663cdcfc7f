"""The life of a room process: from the fork to its last caller."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Iterator
from typing import Final

import numpy as np
import structlog

from onmeet.clock import monotonic
from sip.ivr.sounds import Prompts
from sip.ivr.steps import LANGUAGES, Prompt
from sip.media.pace import Clock20ms
from sip.room import wire
from sip.room.link import Link
from sip.room.opus import Decoder, Encoder
from sip.room.pipe import Pipe
from sip.room.room import Room
from sip.room.settings import RoomSettings

__all__ = ["run", "warm"]

log = structlog.get_logger()

GRACE_SECONDS: Final = 2.0
"""Without a caller, until the gateway is asked, and again after each question that it has not answered."""

UNANSWERED: Final = 15
"""Questions in a row without an answer: the gateway counts a call here that is not."""

ALIVE_SECONDS: Final = 2.0
"""How often a room process says that it goes on."""

_shared: dict[str, Prompts] = {}
"""Filled once in the nursery, before the first fork: every child finds the prompts decoded."""


def warm(settings: RoomSettings) -> Iterator[None]:
    """In the nursery: what takes time and holds nothing of anybody, in steps between which it can fork."""
    # Codec tables of libopus are built at its first use.
    Decoder().decode(Encoder().encode(np.zeros(320, np.int16)))
    _shared["prompts"] = prompts = Prompts(settings.prompts)
    for language in LANGUAGES:
        for prompt in Prompt:
            yield
            prompts.sound(language, prompt)


def run(control: socket.socket, code: str, settings: RoomSettings) -> None:
    """The room process, in the fork; returns when it is over."""
    # The kernel's randomness has no state here, and OpenSSL's and Python's notice a fork; numpy's does not.
    np.random.seed()
    asyncio.run(_live(control, code, settings))


async def _live(control: socket.socket, code: str, settings: RoomSettings) -> None:
    over = asyncio.Event()

    def order(packet: bytes, fds: list[int]) -> None:
        if not fds and isinstance(_peek(packet), wire.End):
            over.set()
        else:
            room.order(packet, fds)

    pipe = Pipe(control, order, over.set)
    prompts = _shared.get("prompts") or Prompts(settings.prompts)
    room = Room(
        code,
        prompts,
        send=lambda body: link.send(body),
        send_sound=lambda frames: link.send_sound(frames),
        say=lambda word: pipe.send(wire.encode(word)),
        clock=monotonic,
        wall=time.time,
    )
    link = Link(settings.relay, code, room, time.time)
    pipe.send(wire.encode(wire.Up()))
    tasks = [asyncio.create_task(link.run()), asyncio.create_task(_beat(room, over))]
    for task in tasks:
        task.add_done_callback(lambda _: over.set())
    await over.wait()
    for task in tasks:
        task.cancel()
    for result in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(result, Exception):
            log.error("a room process failed", exc_info=result)
    room.close()
    pipe.close()


async def _beat(room: Room, over: asyncio.Event) -> None:
    """50 times a second, until nobody is there. The gateway hears every few seconds that it goes on.

    The gateway ends it when it is asked (`Empty`), because a call may be on its way. It answers within
    milliseconds; one that stands still for seconds may have handed over a call and not read the question.
    """
    told = asked = monotonic()
    questions = 0
    async for now in Clock20ms(monotonic):
        room.tick(now)
        if now - told > ALIVE_SECONDS:
            told = now
            room.say_alive()
        if room.callers:
            asked, questions = now, 0  # who lets go of the last one asks at once
        elif now - asked > GRACE_SECONDS:
            if questions == UNANSWERED:
                over.set()
                return
            room.ask_to_end()
            asked, questions = now, questions + 1


def _peek(packet: bytes) -> wire.Order | None:
    return wire.End() if packet == wire.encode(wire.End()) else None
