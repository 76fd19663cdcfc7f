"""One call, from the first ring to its end: at the reception first, then in its meeting's process.

    incoming: ring → answer → reception (language, notice, PIN) ─┐
    outgoing: dial → answered → reception (who calls, press 1) ──┴→ room process

Everything happens on one event loop. The line outlives neither its call nor what it holds of it.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import structlog

from onmeet.clock import Clock
from onmeet.errors import ProviderError
from sip.gateway.dial_out import Reservation
from sip.gateway.doors import OutOfOrder
from sip.interface import FRAME, Agreement, Call, EndReason
from sip.ivr import steps
from sip.ivr.player import Player
from sip.ivr.reception import Reception
from sip.media.leg import Leg
from sip.room.nursery import RoomProcess, new_call
from sip.room.wire import CallFacts

__all__ = ["House", "Line", "Plan"]

SILENT_SECONDS = 60.0
"""A call from which no packet has come for so long, and which is not on hold, has ended without a word."""

LONGEST_WAIT = 8.0
"""Most seconds for which a PIN waits to be looked up; the caller hears that it takes a moment."""

_SILENCE = np.zeros(FRAME, np.int16)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Plan:
    """What is known when a call begins. room: of a call that we make, "" for one that has to give a PIN.

    caller: opaque name for the guard. trunk: "" for a softphone on this machine.
    """

    facts: Callable[[str], CallFacts]
    caller: bytes
    trunk: str
    room: str = ""


class House(Protocol):
    """What a line needs of the gateway around it."""

    clock: Clock

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run it beside the calls; whatever it raises is logged."""

    async def check(self, pin: str, plan: Plan) -> str | None:
        """The room of a PIN, None when it opens nothing.

        Raises `OutOfOrder`, and `PermissionError` when too many were wrong.
        """

    async def process(self, room: str) -> RoomProcess:
        """The process of a meeting. Raises ProviderError."""

    def over(self, line: Line) -> None:
        """The line has ended."""


class Line:
    """A call and where it is. Implements `CallListener`."""

    def __init__(
        self,
        house: House,
        plan: Plan,
        sockets: tuple[socket.socket, socket.socket],
        reception: Reception,
        player: Player,
        reservation: Reservation | None = None,
    ) -> None:
        """reservation: of a call that we make: how long it may last, and what it costs."""
        self.id = new_call()
        self.call: Call | None = None
        self.answered_at: float | None = None
        self.reservation = reservation
        self._house = house
        self._plan = plan
        self._sockets = sockets
        self._reception = reception
        self._player = player
        self._leg: Leg | None = None
        self._held = False
        self._room_code = plan.room
        self._room: RoomProcess | None = None
        self._over = False

    @property
    def room(self) -> RoomProcess | None:
        """The process that the call was handed to."""
        return self._room

    # -- CallListener ----------------------------------------------------------------------------------------

    def answered(self, agreement: Agreement) -> None:
        """Sound flows: the reception begins."""
        if self._over or self._leg is not None:
            return
        now = self._house.clock()
        self.answered_at = now
        self._held = agreement.held
        self._leg = Leg(*self._sockets, agreement, on_digit=self.digit, clock=self._house.clock)
        self._perform(self._reception.begin(now))

    def changed(self, agreement: Agreement) -> None:
        """The far side changed address, codec, keys, or holds the call."""
        self._held = agreement.held
        if self._room is not None:
            self._room.media(self.id, agreement)
        elif self._leg is not None:
            self._leg.update(agreement)

    def digit(self, digit: str) -> None:
        """A key was pressed, heard in the sound or told by SIP INFO."""
        if self._room is not None:
            self._room.digit(self.id, digit)
        elif not self._over:
            self._perform(self._reception.digit(digit, self._house.clock()))

    def ended(self, reason: EndReason) -> None:
        """The call is over, whoever ended it."""
        if self._over:
            return
        self._over = True
        if self._room is not None:
            self._room.gone(self.id)
        if self._leg is not None:
            self._leg.close()
            self._leg = None
        for each in self._sockets:
            each.close()
        self._house.over(self)

    # -- for the gateway -------------------------------------------------------------------------------------

    def beat(self, now: float) -> None:
        """20 ms have passed."""
        talked = now - self.answered_at if self.answered_at is not None else 0.0
        if self.reservation is not None and talked > self.reservation.seconds:
            self.hang_up()
        leg = self._leg
        if leg is None:
            return
        leg.read(now)  # its keys count; its sound is not wanted before the meeting
        frame = self._player.frame()
        leg.write(_SILENCE if frame is None else frame)
        if self._player.finished():
            self._perform(self._reception.said(now))
        if now >= self._reception.deadline:
            self._perform(self._reception.tick(now))
        if not self._held and leg.silent_for(now) > SILENT_SECONDS:
            self.hang_up()

    def hang_up(self) -> None:
        """End the call; `ended` follows from the user agent."""
        if self.call is not None:
            self.call.hang_up()

    # -- what the reception wants ----------------------------------------------------------------------------

    def _perform(self, effects: tuple[steps.Effect, ...]) -> None:
        for effect in effects:
            if self._over:
                return
            match effect:
                case steps.Say(parts):
                    self._player.say(parts)
                case steps.Hush():
                    self._player.stop()
                case steps.CheckPin(pin):
                    self._house.spawn(self._check(pin))
                case steps.Through(language):
                    self._house.spawn(self._enter(language))
                case steps.HangUp():
                    self.hang_up()
                case _:  # SetMuted and SetHand belong to a meeting
                    log.error("the reception asked for something that only a meeting has")

    async def _check(self, pin: str) -> None:
        effects: Callable[[float], tuple[steps.Effect, ...]]
        try:
            room = await self._house.check(pin, self._plan)
        except OutOfOrder:
            effects = self._reception.trouble
        except PermissionError:
            effects = self._reception.blocked
        else:
            known = room is not None
            self._room_code = room or ""

            def effects(now: float) -> tuple[steps.Effect, ...]:
                return self._reception.pin_answer(known, now)

        if not self._over:
            self._perform(effects(self._house.clock()))

    async def _enter(self, language: str) -> None:
        """Hand the leg over to the meeting's process; where that fails, the call must not wait for ever."""
        try:
            self._hand_over(await self._house.process(self._room_code), language)
        except ProviderError:
            log.error("a caller could not be brought into a meeting")
            self.hang_up()
        except Exception:
            log.error("a caller could not be brought into a meeting", exc_info=True)
            self.hang_up()

    def _hand_over(self, room: RoomProcess, language: str) -> None:
        leg = self._leg
        if self._over or leg is None:
            return
        self._leg = None
        state = leg.release()
        self._room = room  # from here on it hears of the end
        room.take(self.id, state, self._sockets, self._plan.facts(language))
        for each in self._sockets:
            each.close()
