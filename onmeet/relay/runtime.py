"""Running the relay process: the event loop, its signals, and the watch over its parent."""

from __future__ import annotations

import asyncio
import gc
import os
import signal

import uvloop

__all__ = ["calm_collector", "end_of_service", "event_loop"]

PARENT_SECONDS = 1.0
COLLECT_AFTER = 20_000
"""Containers allocated more than freed before the collector looks: about a second of forty participants."""


def event_loop() -> asyncio.AbstractEventLoop:
    """A new uvloop loop."""
    return uvloop.new_event_loop()


def calm_collector() -> None:
    """Keep garbage collection out of the packets' way; call once everything has started.

    What start-up made (modules, most of all) lives as long as the process, so it is never looked at again:
    a full collection then takes less than a millisecond instead of ten.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER, 10, 10)


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
