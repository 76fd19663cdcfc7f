"""A live room's callers: the lobby as hosts see it, who is admitted, and what the gateway hears of the room.

    conversation ─ admit, reject, hold … ─▶ Telephone ─▶ Gateway (the link) ═ telephone gateway
    Gateway ─ calls, states, hang-ups ─────▶    │
                                                 └─▶ Phone (a participant), its media

Everything happens in the room's loop of events. Handlers raise ProtocolError as those of `conversation` do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from onmeet.errors import ProtocolError
from onmeet.signalling import gateway_news as told
from onmeet.signalling import messages as m
from onmeet.signalling import news
from onmeet.signalling.events import Event, GatewayCame, GatewayGone, GatewaySaid
from onmeet.signalling.gateway import Call, Gateway
from onmeet.signalling.gateway_messages import CallState
from onmeet.signalling.noticeboard import Noticeboard
from onmeet.signalling.participant import Participant, Phone

if TYPE_CHECKING:
    from onmeet.signalling.room import Room

__all__ = ["UNKNOWN_CALLER", "Telephone"]

UNKNOWN_CALLER = "Telephone"
"""The name of a participant of whom neither gateway nor host said a name."""


class Telephone:
    """See the module. Owned by its room. lobby: what hosts hear of those who wait."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._gateway: Gateway | None = None
        self._present = told.NOBODY  # as the gateway knows it
        self.lobby = Noticeboard(
            lambda: room.browsers.values(), lambda: news.Callers(self._views()), lambda: not self._views()
        )

    @property
    def calls(self) -> tuple[Call, ...]:
        """All calls, waiting and admitted."""
        return tuple(self._gateway.calls.values()) if self._gateway is not None else ()

    def post(self, event: Event) -> None:
        """Handle an event, after all that were posted before it."""
        self._room.post(event)

    # -- the link ------------------------------------------------------------------------------

    def came(self, event: GatewayCame) -> None:
        """The room has a link to the gateway."""
        gateway = event.gateway
        if gateway.over:
            return
        room = self._room
        self._gateway = gateway
        gateway.telephone = self
        gateway.media = room.media.gateway(gateway.line)
        self._present = self._count()
        if event.before:
            gateway.tell(told.RoomState(True, self._present, room.instance))
        else:
            gateway.tell(told.Attached(True, room.keys.entries(), self._present, room.instance))
        if gateway.calls:
            self.lobby.changed()

    def said(self, event: GatewaySaid) -> None:
        """The gateway sent a message."""
        if event.gateway is self._gateway:
            event.gateway.act(event.message)

    def gone(self, event: GatewayGone) -> None:
        """The link has ended, and all its calls with it."""
        gateway = event.gateway
        if gateway is not self._gateway:
            return
        calls = self.calls
        gateway.calls.clear()
        for call in calls:
            self.over(call, "lost")
        self._gateway = gateway.telephone = None
        self._release(gateway)

    def ended(self, why: told.End) -> None:
        """The room ends: all calls wait for it to live again."""
        gateway, self._gateway = self._gateway, None
        if gateway is None:
            return
        for call in gateway.admitted:
            self._take_out(call, "held")
            gateway.wait_again(call)
            gateway.tell(told.Held(call.name, "room"))
        gateway.telephone = None
        self._release(gateway)
        gateway.tell(told.RoomState(False, why=why))

    @staticmethod
    def _release(gateway: Gateway) -> None:
        media, gateway.media = gateway.media, None
        if media is not None:
            media.close()

    # -- what hosts do -------------------------------------------------------------------------

    def admit(self, message: m.Admit) -> None:
        """Let a waiting call in."""
        gateway, call = self._waiting(message.call)
        room = self._room
        if call.message.expires <= room.around.wall():
            raise ProtocolError("not-now", "the statement has expired")
        if room.full:
            raise ProtocolError("full")
        assert gateway.media is not None
        index = room.take_index()
        phone = Phone(
            index=index,
            name=message.name or call.message.label or UNKNOWN_CALLER,
            role="guest",
            joined_at=int(room.around.wall()),
            muted=(),
            publisher=gateway.media.phone(index),
            name_of_call=call.name,
        )
        call.index = index
        room.participants[index] = phone
        room.around.counters.joined += 1
        room.reporter.phone_joined(index, phone.name, call.message)
        gateway.tell(told.Admitted(call.name, index))
        room.broadcast(news.Joined(phone.view))
        self.lobby.changed()
        self.counted()

    def reject(self, message: m.Reject) -> None:
        """Hang up a waiting call."""
        gateway, call = self._waiting(message.call)
        del gateway.calls[call.name]
        gateway.tell(told.Removed(call.name, "rejected"))
        self.over(call, "kicked")

    def hold(self, message: m.Hold) -> None:
        """Send a phone back to the lobby."""
        self._hold(self._call_of(message.index), "host")

    def rename(self, message: m.Rename) -> None:
        """Give a phone another name."""
        call = self._call_of(message.index)
        phone = self._room.participants[message.index]
        if message.name != phone.name:
            phone.name = message.name
            self._room.broadcast(news.Changed(phone.index, name=phone.name))
            self._tell(told.Renamed(call.name, phone.name))

    def kick(self, phone: Phone) -> None:
        """Hang up an admitted call."""
        call = self._call_of(phone.index)
        if self._gateway is not None:
            del self._gateway.calls[call.name]
        self._tell(told.Removed(call.name, "kicked"))
        self.over(call, "kicked")

    def silenced(self, phone: Phone) -> None:
        """A host muted a phone."""
        self._tell(told.Silenced(phone.call))

    def no_host(self) -> None:
        """The last host has left: nobody answers for the callers, so they wait."""
        for call in self._gateway.admitted if self._gateway is not None else ():
            self._hold(call, "no-host")

    # -- what callers do -----------------------------------------------------------------------

    def pressed(self, call: Call, message: CallState) -> None:
        """An admitted caller muted or raised a hand."""
        assert call.index is not None
        phone = self._room.participants[call.index]
        assert isinstance(phone, Phone)
        muted = phone.muted if message.muted is not None and phone.silence(message.muted) else None
        hand = message.hand if message.hand is not None and message.hand != phone.hand else None
        if hand is not None:
            phone.hand = hand
        if muted is not None or hand is not None:
            self._room.broadcast(news.Changed(phone.index, muted=muted, hand=hand))

    def over(self, call: Call, reason: news.LeftReason) -> None:
        """A call that the link no longer has is over."""
        if call.index is None:
            self.lobby.changed()
        else:
            self._take_out(call, reason)
        self._room.reporter.call_ended(call.message)

    def _hold(self, call: Call, why: told.HeldReason) -> None:
        assert self._gateway is not None
        self._take_out(call, "held")
        self._gateway.wait_again(call)
        self._gateway.tell(told.Held(call.name, why))
        self.lobby.changed()

    def _take_out(self, call: Call, reason: news.LeftReason) -> None:
        room = self._room
        assert call.index is not None
        room.dismiss(room.participants[call.index], reason)
        call.index = None
        self.counted()

    # -- news ----------------------------------------------------------------------------------

    def key(self, message: news.RelayKey) -> None:
        """A key message of the room."""
        self._tell(message)

    def departed(self, index: int) -> None:
        """A browser left."""
        self._tell(told.Departed(index))

    def counted(self) -> None:
        """Somebody came or went."""
        if self._gateway is None:
            return
        present = self._count()
        if present != self._present:
            self._present = present
            self._tell(told.RoomState(True, present, self._room.instance))

    def _views(self) -> tuple[news.CallerView, ...]:
        return tuple(call.view for call in self._gateway.waiting) if self._gateway is not None else ()

    def _count(self) -> told.Present:
        browsers = self._room.browsers.values()
        hosts = sum(browser.role == "host" for browser in browsers)
        return told.Present(len(browsers), len(self._room.participants) - len(browsers), hosts)

    def _tell(self, message: news.Message) -> None:
        if self._gateway is not None:
            self._gateway.tell(message)

    # -- finding -------------------------------------------------------------------------------

    def _waiting(self, name: str) -> tuple[Gateway, Call]:
        call = self._gateway.calls.get(name) if self._gateway is not None else None
        if self._gateway is None or call is None or call.index is not None:
            raise ProtocolError("no-such-call")
        return self._gateway, call

    def _call_of(self, index: int) -> Call:
        who: Participant | None = self._room.participants.get(index)
        if who is None:
            raise ProtocolError("no-such-participant")
        if not isinstance(who, Phone):
            raise ProtocolError("not-now", "it is no phone")
        return next(call for call in self.calls if call.index == index)
