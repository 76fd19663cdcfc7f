"""An event loop whose time stands still while anything happens, and jumps when nothing does."""

from __future__ import annotations

import asyncio
import functools
import selectors
from collections.abc import Callable, Coroutine
from typing import Any

__all__ = ["VirtualLoop", "in_virtual_time"]


class _Jumping(selectors.SelectSelector):
    """Instead of waiting, moves the loop's time forward."""

    def __init__(self) -> None:
        super().__init__()
        self.passed = 0.0

    def select(self, timeout: float | None = None) -> Any:
        events = super().select(0)
        if not events:
            if timeout is None:
                raise AssertionError("everybody waits for somebody else, and no timer runs")
            self.passed += max(timeout, 0.0)
        return events


class VirtualLoop(asyncio.SelectorEventLoop):
    """Starts at 1000 s; an hour takes no longer than what happens in it."""

    def __init__(self) -> None:
        self._jumping = _Jumping()
        super().__init__(self._jumping)

    def time(self) -> float:
        return 1000.0 + self._jumping.passed


def in_virtual_time(scene: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Make a test of a coroutine, run in a loop of its own."""

    @functools.wraps(scene)
    def test(*args: Any, **kwargs: Any) -> None:
        with asyncio.Runner(loop_factory=VirtualLoop) as runner:
            runner.run(scene(*args, **kwargs))

    return test
