"""Running the relay process: the event loop, its signals, and the watch over its parent."""

from __future__ import annotations

import asyncio
import os
import signal

import uvloop

__all__ = ["end_of_service", "event_loop"]

PARENT_SECONDS = 1.0


def event_loop() -> asyncio.AbstractEventLoop:
    """A new uvloop loop."""
    return uvloop.new_event_loop()


async def end_of_service() -> None:
    """Return on SIGTERM or SIGINT, or when the process that started this one has died.

    An orphaned relay would keep the port and the data folder from its successor.
    """
    parent = os.getppid()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    while os.getppid() == parent:
        try:
            async with asyncio.timeout(PARENT_SECONDS):
                await stop.wait()
        except TimeoutError:
            continue
        return
