"""Keeping a trunk usable: a registration, or a question now and then whether it is still there."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any

import structlog

from onmeet.phone.settings import Trunk
from sip.agent.rim import Rim
from sip.core.message import Headers, Request, Response
from sip.core.registration import Account, Effect, News, Registration, Send
from sip.core.timers import earliest
from sip.core.transaction import Why
from sip.core.uri import NameAddr, Uri
from sip.interface import Flow
from sip.wire.resolve import Target, Unreachable

__all__ = ["Keeper", "Questioned", "Registered", "keeper", "next_hop"]

log = structlog.get_logger()

ASK_SECONDS = 60.0
ASK_AGAIN_SECONDS = 15.0


def next_hop(trunk: Trunk) -> Uri:
    """Where requests to a trunk go first, as a URI."""
    transport = "tls" if trunk.transport == "tls" else ""
    return Uri(
        "sip", host=trunk.proxy or trunk.host, port=trunk.port, params={"transport": transport or None}
    )


class Keeper:
    """What both kinds share: finding a flow, one target after the other, and one request at a time."""

    def __init__(self, rim: Rim, trunk: Trunk) -> None:
        self.trunk = trunk
        self.flow: Flow | None = None
        self._rim = rim
        self._task: asyncio.Task[None] | None = None

    @property
    def deadline(self) -> float | None:
        """When `tick` is due."""
        raise NotImplementedError

    @property
    def state(self) -> str:
        """A word for status pages: "registered", "static", or what is wrong."""
        raise NotImplementedError

    @property
    def routes(self) -> tuple[str, ...]:
        """Route values for calls by this trunk."""
        return ()

    @property
    def leaving(self) -> bool:
        """Whether an answer to the good-bye is awaited."""
        return False

    def start(self) -> None:
        """Begin."""
        raise NotImplementedError

    def stop(self) -> None:
        """Say good-bye, where that is the custom."""

    def closed(self, flow: Flow) -> None:
        """A connection has ended."""

    def tick(self, now: float) -> None:
        """The deadline has come."""
        raise NotImplementedError

    def response(self, response: Response, now: float) -> None:
        """`transactions.Asker`."""
        raise NotImplementedError

    def failed(self, request: Request, why: Why, now: float) -> None:
        """`transactions.Asker`: this target says nothing, others are tried first for a while."""
        if self.flow is not None:
            self._rim.wire.failed(self.flow)
            self.flow = None
        self.unreachable(now)

    def over(self, request: Request) -> None:
        """`transactions.Asker`."""

    def unreachable(self, now: float) -> None:
        """There is no way to the trunk, or no answer from it."""
        raise NotImplementedError

    async def close(self) -> None:
        """Stop whatever is under way."""
        self._rim.timers.forget(self)
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def find(self) -> Flow:
        """The flow to the first target that can be reached. Raises `Unreachable`."""
        wire = self._rim.wire
        for target in await wire.targets(None, trunk=self.trunk.name):
            flow = await self._try(target)
            if flow is not None:
                return flow
        raise Unreachable("no machine of the trunk answers")

    async def _try(self, target: Target) -> Flow | None:
        try:
            return await self._rim.wire.flow_to(target, trunk=self.trunk.name)
        except Unreachable:
            return None

    def _watch(self) -> None:
        self._rim.timers.watch(self)
        self._rim.arm()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        if self._task is not None and not self._task.done():
            work.close()
            return
        self._task = asyncio.get_running_loop().create_task(work)
        self._task.add_done_callback(self._worked)

    def _worked(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and task.exception() is not None:
            log.error("a trunk could not be asked", exc_info=task.exception())
            self.unreachable(self._rim.now)
        self._rim.arm()


class Registered(Keeper):
    """A trunk at which we register."""

    def __init__(self, rim: Rim, trunk: Trunk) -> None:
        super().__init__(rim, trunk)
        self._machine = Registration(
            Account(
                domain=trunk.host,
                user=trunk.user,
                password=trunk.password,
                auth_user=trunk.auth_user,
                hop=next_hop(trunk),
                expires=trunk.expires,
            ),
            random=rim.rng.random,
        )
        self._contact: str | None = None
        self._stopping = False
        self._retry: float | None = None  # before there was any way to it

    @property
    def deadline(self) -> float | None:
        """When `tick` is due."""
        return earliest(self._retry, self._machine.deadline)

    @property
    def state(self) -> str:
        """As `registration.State`."""
        return "unreachable" if self._contact is None and self._retry is not None else self._machine.state

    @property
    def routes(self) -> tuple[str, ...]:
        """The Service-Route of the registration (RFC 3608)."""
        return self._machine.service_route

    @property
    def leaving(self) -> bool:
        """Whether the answer to taking the registration back is awaited."""
        return self._stopping and self._machine.state != "off"

    def start(self) -> None:
        """Register as soon as there is a way."""
        self._spawn(self._begin())

    def stop(self) -> None:
        """Take the registration back."""
        self._stopping = True
        self._perform(self._machine.stop(self._rim.now))

    def closed(self, flow: Flow) -> None:
        """Calls come on the connection on which we registered: make a new one."""
        if flow is self.flow:
            self.flow = None
            self._perform(self._machine.lost(self._rim.now))

    def tick(self, now: float) -> None:
        """Refresh, or try again; the way there is looked up anew when the last one failed."""
        if self.flow is None or not self.flow.open:
            self._spawn(self._begin())
        else:
            self._perform(self._machine.tick(now))

    def response(self, response: Response, now: float) -> None:
        """`transactions.Asker`."""
        if response.status == 503 and self.flow is not None:
            self._rim.wire.failed(self.flow)
            self.flow = None
        self._perform(self._machine.response(response, now))

    def unreachable(self, now: float) -> None:
        """Nothing was heard."""
        self._perform(self._machine.failed(now))

    async def _begin(self) -> None:
        try:
            self.flow = await self.find()
        except Unreachable:
            self.flow = None
        self._retry, now = None, self._rim.now
        contact = self._contact if self.flow is None else self._rim.contact(self.flow, user=self.trunk.user)
        if contact is None:
            self._retry = now + ASK_AGAIN_SECONDS
            self._watch()
        elif contact != self._contact:
            self._contact = contact
            self._perform(self._machine.start(NameAddr.parse(contact).uri, now))
        else:
            self._perform(self._machine.tick(now))

    def _perform(self, effects: Iterable[Effect]) -> None:
        for effect in list(effects):
            match effect:
                case Send(request, _):
                    self._put(request)
                case News(state, status):
                    log.info("the registration at a trunk has changed", reason=state, status=status)
        self._watch()

    def _put(self, request: Request) -> None:
        if self.flow is not None:
            self._rim.table.ask(request, self.flow, self, self._rim.now)
        else:
            self._perform(self._machine.failed(self._rim.now))


class Questioned(Keeper):
    """A trunk that knows us by our address: OPTIONS now and then says whether it is there."""

    def __init__(self, rim: Rim, trunk: Trunk) -> None:
        super().__init__(rim, trunk)
        self._state = "asking"
        self._at: float | None = None

    @property
    def deadline(self) -> float | None:
        """When `tick` is due."""
        return self._at

    @property
    def state(self) -> str:
        """ "static" when it answers, "asking" before the first answer, or "unreachable"."""
        return self._state

    def start(self) -> None:
        """Ask a first time."""
        self._spawn(self._ask())

    def tick(self, now: float) -> None:
        """Ask again."""
        self._at = None
        self._spawn(self._ask())

    def response(self, response: Response, now: float) -> None:
        """`transactions.Asker`: whatever it says but 408 and 503, it is there."""
        if response.status in {408, 503}:
            self.unreachable(now)
        elif response.status >= 200:
            self._become("static", now + ASK_SECONDS * self._rim.rng.uniform(0.8, 1.0))

    def unreachable(self, now: float) -> None:
        """Nothing was heard."""
        self._become("unreachable", now + ASK_AGAIN_SECONDS * self._rim.rng.uniform(0.8, 1.0))

    def _become(self, state: str, again: float) -> None:
        if state != self._state:
            self._state = state
            log.info("a trunk without registration was asked", reason=state)
        self._at = again
        self._watch()

    async def _ask(self) -> None:
        try:
            self.flow = flow = await self.find()
        except Unreachable:
            self.unreachable(self._rim.now)
            return
        rng, trunk = self._rim.rng, self.trunk
        uri = str(Uri("sip", host=trunk.host))
        sender = NameAddr(uri=Uri("sip", trunk.from_user or trunk.user, trunk.from_domain or trunk.host))
        headers = Headers([("Max-Forwards", "70")])
        headers.add("From", str(sender.with_tag(f"{rng.getrandbits(64):016x}")))
        headers.add("To", f"<{uri}>")
        headers.add("Call-ID", f"{rng.getrandbits(128):032x}")
        headers.add("CSeq", f"{rng.randint(1, 2**20)} OPTIONS")
        headers.add("Contact", self._rim.contact(flow, user=trunk.user))
        headers.add("Accept", "application/sdp")
        self._rim.table.ask(Request("OPTIONS", uri, headers), flow, self, self._rim.now)


def keeper(rim: Rim, trunk: Trunk) -> Keeper:
    """The right one for a trunk."""
    return Registered(rim, trunk) if trunk.register else Questioned(rim, trunk)
