"""An event loop whose time stands still while anything happens, and jumps when nothing does."""

from __future__ import annotations

import asyncio
import functools
import selectors
from collections.abc import Callable, Coroutine
from typing import Any

from structlog.testing import capture_logs

from onmeet.notices import outlets

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


LOG_KEYS = {outlet.name for outlet in outlets.LOG_KEYS} | {"log_level", "exc_info"}


def in_virtual_time(
    scene: Callable[..., Coroutine[Any, Any, None]], *, complaints: int = 0
) -> Callable[..., None]:
    """Make a test of a coroutine, run in a loop of its own.

    Whatever raises unseen fails the test, and so do errors in the log, but for `complaints` of them, and log
    lines with keys that are not declared.
    """

    @functools.wraps(scene)
    def test(*args: Any, **kwargs: Any) -> None:
        unseen: list[dict[str, Any]] = []
        with capture_logs() as lines, asyncio.Runner(loop_factory=VirtualLoop) as runner:
            runner.get_loop().set_exception_handler(lambda loop, context: unseen.append(context))
            runner.run(scene(*args, **kwargs))
        assert not unseen, [repr(context.get("exception")) for context in unseen]
        assert {key for line in lines for key in line} <= LOG_KEYS
        assert len([line for line in lines if line["log_level"] == "error"]) == complaints

    return test
