"""An agent with a gateway that notes what it hears, and does what a test told it to."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from onmeet.phone.settings import PhoneSettings, Trunk
from sip.agent import Agent
from sip.interface import Agreement, Call, CallListener, EndReason
from tests.sip.agent.network import Address, MemoryTransport, Network
from tests.sip.agent.peer import Peer

__all__ = ["HOME", "TRUNK", "House", "Listener", "trunk"]

HOME: Address = ("192.0.2.1", 5060)
TRUNK: Address = ("192.0.2.7", 5060)


def trunk(**changes: Any) -> Trunk:
    """A trunk without registration at `TRUNK`."""
    values: dict[str, Any] = {"name": "west", "host": TRUNK[0], "user": "acc", "password": "s3cret"}
    return Trunk(**{**values, "country": "DE", **changes})


@dataclass
class Listener:
    """Notes everything; raises when a test wants that."""

    call: Call | None = None
    heard: list[Any] = field(default_factory=list)
    raises: bool = False
    on_answered: Callable[[], None] = lambda: None

    def _note(self, *what: Any) -> None:
        self.heard.append(what)
        if self.raises:
            raise RuntimeError("a listener with a fault")

    def answered(self, agreement: Agreement) -> None:
        self._note("answered", agreement)
        self.on_answered()

    def changed(self, agreement: Agreement) -> None:
        self._note("changed", agreement)

    def digit(self, digit: str) -> None:
        self._note("digit", digit)

    def ended(self, reason: EndReason) -> None:
        self._note("ended", reason)

    @property
    def words(self) -> list[str]:
        """Names of what was heard."""
        return [what[0] for what in self.heard]

    @property
    def end(self) -> str | None:
        """The reason of the end, if it came."""
        ends = [what[1] for what in self.heard if what[0] == "ended"]
        assert len(ends) <= 1, "a call ends once"
        assert not ends or self.heard[-1][0] == "ended", "nothing follows the end"
        return ends[0] if ends else None


class House:
    """An agent at `HOME`. on_call: what is done with calls; answers them when not set."""

    def __init__(
        self,
        network: Network | None = None,
        *,
        address: Address = HOME,
        trunks: tuple[Trunk, ...] = (),
        known: dict[str, list[Address]] | None = None,
        on_call: Callable[[Call], None] | None = None,
        transport: Any = "udp",
        **settings: Any,
    ) -> None:
        self.network = network or Network()
        self.wire = MemoryTransport(self.network, address, known or {}, transport)
        self.listeners: list[Listener] = []
        self.raises = False
        self.on_call = on_call or (lambda call: call.answer(address[0], 30_000))
        self.agent = Agent(
            self.wire,
            PhoneSettings(trunks=trunks, **settings),
            self._take,
            clock=asyncio.get_running_loop().time,
            rng=random.Random(str(address)),
        )

    def _take(self, call: Call) -> CallListener:
        listener = Listener(call, raises=self.raises)
        self.listeners.append(listener)
        self.on_call(call)
        return listener

    @property
    def listener(self) -> Listener:
        """Of the only call."""
        (only,) = self.listeners
        return only

    async def open(self, peer: Address = TRUNK) -> Peer:
        """Start, and make a peer."""
        await self.agent.start()
        return Peer(self.network, peer, self.agent.wire.address)  # type: ignore[attr-defined]

    async def dial(self, number: str = "+4930555", name: str = "west") -> Listener:
        """Make a call."""
        listener = Listener()
        listener.call = await self.agent.dial(number, name, listener, HOME[0], 30_000)
        return listener

    def nothing_left(self) -> bool:
        """Whether the agent has forgotten everything but its trunks."""
        agent = self.agent
        keys = [*agent.table._clients, *agent.table._servers]
        asked = [key for key in keys if key[-1] in {"OPTIONS", "REGISTER"}]
        return not agent._calls and not agent._invites and len(agent.table) == len(asked)
