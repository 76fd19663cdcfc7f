"""Waiting for something to become true, with a deadline and a sentence when it does not."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")


def until(
    check: Callable[[], T],
    what: str,
    *,
    within: float = 10.0,
    every: float = 0.05,
    pause: Callable[[float], Any] = time.sleep,
) -> T:
    """Ask `check` until it answers something true, and return that answer.

    `what` completes the sentence "waited 10 s for …" of the AssertionError; `pause` waits between
    two questions (a browser driver passes one that keeps its own events flowing).
    """
    deadline = time.monotonic() + within
    while True:
        answer = check()
        if answer:
            return answer
        if time.monotonic() >= deadline:
            raise AssertionError(f"waited {within:g} s for {what}; last answer: {answer!r}")
        pause(every)


async def eventually(check: Callable[[], T], what: str, within: float = 20.0, *, every: float = 0.005) -> T:
    """As `until`, while the loop goes on, and by its clock."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + within
    while not (answer := check()):
        assert loop.time() < deadline, f"waited {within:g} s for {what}"
        await asyncio.sleep(every)
    return answer
