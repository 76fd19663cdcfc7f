"""The gateway: takes calls from the user agent, keeps their lines, knows the processes of their meetings."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import socket
from collections.abc import Coroutine, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

import structlog

from onmeet import clock as clocks
from onmeet.clock import Clock
from onmeet.config import Config
from onmeet.errors import ProviderError
from onmeet.notices.policy import Policy
from onmeet.phone.settings import PhoneSettings
from onmeet.phone.spending import Spending
from sip.agent import Agent
from sip.gateway.dial_out import DialOuts, NotDialled, Reservation
from sip.gateway.doors import Doors
from sip.gateway.facts import facts_of, told_of
from sip.gateway.guard import Guard
from sip.gateway.line import LONGEST_WAIT, Line, Plan
from sip.gateway.ports import NoPort, facing, open_pair
from sip.interface import Call, CallListener
from sip.ivr.player import Player
from sip.ivr.reception import Reception, is_pin
from sip.ivr.sounds import Prompts
from sip.media.pace import Clock20ms
from sip.room.nursery import Nursery, RoomProcess
from sip.room.wire import CallFacts

__all__ = ["Gateway", "MonthlyBook", "Parts"]

SWEEP_SECONDS = 0.5
"""From the end of a call until nothing of it is held any more."""

REGULAR_SWEEP_SECONDS = 5.0
"""How often the same is done whatever happens; it takes less than a millisecond."""

log = structlog.get_logger()


class MonthlyBook:
    """The operator's book of what calls cost, read once and then kept up to date in memory, too."""

    def __init__(self, spending: Spending) -> None:
        self._spending = spending
        self._month: date | None = None
        self._millicents = 0

    def spent(self) -> int:
        """In this month, in thousandths of a cent."""
        today = clocks.now().date()
        if self._month != today.replace(day=1):
            self._month = today.replace(day=1)
            self._millicents = self._spending.spent(today)
        return self._millicents

    def add(self, millicents: int) -> None:
        """A call is over."""
        self.spent()
        self._millicents += millicents
        self._spending.add(millicents, clocks.now().date())


@dataclass(frozen=True, slots=True)
class Parts:
    """What the gateway is joined from."""

    config: Config
    settings: PhoneSettings
    policy: Policy
    doors: Doors
    nursery: Nursery
    prompts: Prompts
    dial_outs: DialOuts


class Gateway:
    """All calls of this server. Made and used on one event loop."""

    def __init__(self, parts: Parts, clock: Clock = clocks.monotonic) -> None:
        self.clock = clock
        self.agent: Agent | None = None
        self._parts = parts
        self._guard = Guard()
        self._told = told_of(parts.policy)
        self._lines: dict[str, Line] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._ending = False
        self._empty = asyncio.Event()
        self._empty.set()
        self._sweeping: asyncio.TimerHandle | None = None

    @property
    def calls(self) -> int:
        """Calls that ring or are under way."""
        return len(self._lines)

    # -- calls that come -------------------------------------------------------------------------------------

    def take(self, call: Call) -> CallListener | None:
        """A call rings: answer it, unless its caller has tried too many PINs."""
        trunk = call.trunk or ""
        caller = self._guard.name(trunk, call.source, call.identity.number)
        if self._ending or not self._guard.welcome(caller, self.clock()):
            call.reject(603)
            return None
        settings = self._parts.settings
        number = settings.dial_in(call.dialled, call.trunk)
        known = settings.trunk(trunk)
        language = (number.language if number else "") or (known.language if known else "")
        pin = call.dialled if number is None and is_pin(call.dialled) else ""
        facts = facts_of(
            call, self._parts.policy, dialled_out=False, own_number=number.number if number else ""
        )

        def passed_on(chosen: str) -> CallFacts:
            return CallFacts(
                facts.label, facts.withheld, False, chosen, self._told, facts.reports, facts.record
            )

        address, sockets = self._sockets(call.source)
        if sockets is None:
            call.reject(503)
            return None
        plan = Plan(passed_on, caller, trunk)
        reception = Reception(settings.languages, self._told, language=language or None, pin=pin)
        line = self._open(plan, sockets, reception)
        line.call = call
        call.ring()
        call.answer(address, sockets[0].getsockname()[1])
        return line

    # -- calls that we make ----------------------------------------------------------------------------------

    async def dial(self, room: str, number: str, account: int, language: str) -> None:
        """Call somebody into a meeting. Raises `NotDialled`."""
        settings, agent = self._parts.settings, self.agent
        if settings.dial_out is None or agent is None or self._ending:
            raise NotDialled("no-trunk")
        if self.calls >= settings.max_calls:
            raise NotDialled("busy")
        reservation = self._parts.dial_outs.reserve(number, account, self.clock())
        try:
            await self._dial(agent, room, language, reservation)
        except BaseException:
            self._parts.dial_outs.settle(reservation, 0.0)
            raise

    async def _dial(self, agent: Agent, room: str, language: str, reservation: Reservation) -> None:
        settings = self._parts.settings
        assert settings.dial_out is not None
        own = settings.dial_out.from_number
        known = language if language in settings.languages else settings.languages[0]
        trunk = settings.dial_out.trunk

        def passed_on(chosen: str) -> CallFacts:
            assert line.call is not None
            facts = facts_of(line.call, self._parts.policy, dialled_out=True, own_number=own)
            return CallFacts(
                facts.label, facts.withheld, True, chosen, self._told, facts.reports, facts.record
            )

        peer = agent.address_of(trunk)
        if peer is None:
            raise NotDialled("no-trunk")
        address, sockets = self._sockets(peer)
        if sockets is None:
            raise NotDialled("busy")
        reception = Reception((known,), self._told, language=known, dialled_out=True)
        line = self._open(Plan(passed_on, b"", trunk, room), sockets, reception, reservation)
        try:
            port = sockets[0].getsockname()[1]
            line.call = await agent.dial(reservation.number, trunk, line, address, port)
        except ProviderError:
            line.ended("failed")
            raise NotDialled("no-trunk") from None

    # -- House -----------------------------------------------------------------------------------------------

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run it beside the calls; whatever it raises is logged."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    async def check(self, pin: str, plan: Plan) -> str | None:
        """The room of a PIN, None when it opens nothing.

        Raises `OutOfOrder`, and `PermissionError` when too many were wrong.
        """
        if not self._guard.welcome(plan.caller, self.clock()):
            raise PermissionError
        wait = self._guard.wait(plan.trunk, self.clock(), LONGEST_WAIT)
        if wait > LONGEST_WAIT:
            raise PermissionError
        await asyncio.sleep(wait)
        room = await self._parts.doors.room_of(pin)
        if room is None:
            self._guard.wrong(plan.trunk, plan.caller, self.clock())
        return room

    async def process(self, room: str) -> RoomProcess:
        """The process of a meeting. Raises ProviderError."""
        process = await self._parts.nursery.room(room)
        process.on_hang_up = self._hang_up
        process.on_end = self._hang_up_all
        return process

    def over(self, line: Line) -> None:
        """The line has ended."""
        self._lines.pop(line.id, None)
        if not self._lines:
            self._empty.set()
        if self._sweeping is None:
            self._sweeping = asyncio.get_running_loop().call_later(SWEEP_SECONDS, self._sweep)
        if (reservation := line.reservation) is not None:
            talked = self.clock() - line.answered_at if line.answered_at is not None else 0.0
            self._parts.dial_outs.settle(reservation, talked)

    # -- inside ----------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Beat every 20 ms for the calls that are at the reception, until cancelled."""
        swept = self.clock()
        async for now in Clock20ms(self.clock):
            self._beat(now)  # not in line: this coroutine would hold on to the last call for ever
            if now - swept > REGULAR_SWEEP_SECONDS:  # what was refused, or only asked, has no end of a call
                swept = now
                self._keep_house(now)

    def _keep_house(self, now: float) -> None:
        gc.collect()
        try:
            self._parts.nursery.end_hanging(now)
        except Exception:
            log.error("a process that hangs could not be ended", exc_info=True)

    def _beat(self, now: float) -> None:
        for line in tuple(self._lines.values()):
            try:
                line.beat(now)
            except Exception:
                log.error("a call failed", exc_info=True)
                line.hang_up()

    async def close(self) -> None:
        """Hang up everywhere; the far sides are told."""
        self._ending = True
        for line in tuple(self._lines.values()):
            line.hang_up()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1.0):
                await self._empty.wait()
        for task in tuple(self._tasks):
            task.cancel()

    def _open(
        self,
        plan: Plan,
        sockets: tuple[socket.socket, socket.socket],
        reception: Reception,
        reservation: Reservation | None = None,
    ) -> Line:
        line = Line(self, plan, sockets, reception, Player(self._parts.prompts), reservation)
        self._lines[line.id] = line
        self._empty.clear()
        return line

    def _sockets(self, peer: str) -> tuple[str, tuple[socket.socket, socket.socket] | None]:
        """Our address as the peer reaches it, and two sockets for sound there; None when there is no port."""
        config = self._parts.config
        try:
            ours = facing(peer, config.sip_bind)
            bound = config.sip_bind if (":" in config.sip_bind) == (":" in ours) else ours
            sockets = open_pair(bound, config.rtp_ports)
        except NoPort:
            log.error("no port is free for the sound of a call")
            return "", None
        except OSError:
            log.error("a caller's address cannot be reached", exc_info=True)
            return "", None
        return self._parts.settings.address or ours, sockets

    def _sweep(self) -> None:
        """Let go of what calls that are over have left in circles: the sooner it is freed and overwritten."""
        self._sweeping = None
        gc.collect()

    def _hang_up(self, call: str, _why: str) -> None:
        if (line := self._lines.get(call)) is not None:
            line.hang_up()

    def _hang_up_all(self, calls: Iterable[str]) -> None:
        for call in calls:
            self._hang_up(call, "lost")

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("work for a call failed", exc_info=task.exception())
