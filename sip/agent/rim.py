"""What the user agent stands on, and what its parts may ask of it."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Protocol

from sip.core.timers import Timers
from sip.core.transactions import Ticking, Transactions
from sip.core.uri import Uri
from sip.interface import Flow
from sip.wire.resolve import Destination, Target

__all__ = ["Rim", "Wire"]


class Wire(Protocol):
    """As much of `sip.wire.transport.Transport` as the agent uses."""

    on_message: Callable[[bytes, Flow], None]
    on_excess: Callable[[bytes, Flow], None]
    on_closed: Callable[[Flow], None]

    async def open(self) -> None:
        """Bind everything."""

    async def close(self) -> None:
        """End everything."""

    async def targets(self, to: Uri | Destination | None, *, trunk: str | None = None) -> Sequence[Target]:
        """Where a request could go, best first. Raises `Unreachable`."""

    async def flow_to(self, target: Target, *, trunk: str | None = None) -> Flow:
        """A flow to exactly this target. Raises `Unreachable`."""

    def failed(self, flow: Flow) -> None:
        """Nothing came back from there: others are tried first for a while."""

    def trunks(self, flow: Flow) -> tuple[str, ...]:
        """Names of the trunks that a flow may belong to; none for a softphone on this machine."""


class Rim(Protocol):
    """The agent, as calls and trunks see it."""

    wire: Wire
    table: Transactions
    timers: Timers[Ticking]
    rng: random.Random

    @property
    def now(self) -> float:
        """Seconds on the agent's clock."""

    def arm(self) -> None:
        """Something was watched: the alarm may have to ring earlier."""

    def contact(self, flow: Flow, *, user: str = "", secure: bool = False) -> str:
        """Our Contact value on a flow."""
