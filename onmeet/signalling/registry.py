"""All live rooms of the process, the sockets that are still at the door, and the clock's tick."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from onmeet.clock import Clock
from onmeet.errors import ProtocolError
from onmeet.signalling import closing, events, holdings
from onmeet.signalling.channel import Channel, Port
from onmeet.signalling.closing import Closing
from onmeet.signalling.gateway import Gateway, Line
from onmeet.signalling.gateway_news import Attached
from onmeet.signalling.lobby import Lobby
from onmeet.signalling.messages import ClientMessage, Join, Resume
from onmeet.signalling.room import Room, Surroundings
from onmeet.signalling.ticket import Ticket

__all__ = ["ROOMS", "SOCKETS", "Registry"]

ROOMS = 1000
"""Most rooms in one process, live or only waited for."""

SOCKETS = 4000
"""Most sockets and participants in one process."""


class Registry:
    """Finds or makes the room that a ticket names. A room is forgotten with its last browser.

    A link of the telephone gateway, and a lobby in which people wait, may be there before the room and stay
    after it.
    """

    def __init__(self, around: Surroundings, clock: Clock) -> None:
        self._around = around
        self._clock = clock
        self._rooms: dict[str, Room] = {}
        self._visitors: set[_Visitor] = set()
        self._gateways: dict[str, Gateway] = {}
        self._lobbies: dict[str, Lobby] = {}  # of every live room, and of every room that is waited for

    @property
    def rooms(self) -> int:
        """Live rooms."""
        return len(self._rooms)

    @property
    def participants(self) -> int:
        """People and phones in all rooms, those with a lost socket included."""
        return sum(len(room.participants) for room in self._rooms.values())

    @property
    def phones(self) -> int:
        """Admitted calls in all rooms."""
        return sum(room.phones for room in self._rooms.values())

    @property
    def waiting(self) -> int:
        """People in all lobbies, those with a lost socket included."""
        return sum(len(lobby.waiting) for lobby in self._lobbies.values())

    @property
    def callers(self) -> int:
        """Calls in all lobbies."""
        return sum(len(gateway.waiting) for gateway in self._gateways.values())

    @property
    def gateways(self) -> int:
        """Links of the telephone gateway."""
        return len(self._gateways)

    @property
    def visitors(self) -> int:
        """Sockets that have not joined."""
        return len(self._visitors)

    def present(self, question: Mapping[str, Any]) -> dict[str, Any]:
        """Answers `{"room": code}` with who is in: `{"names": […], "phones": n}`."""
        room = self._rooms.get(str(question.get("room")))
        return (
            {"names": room.names, "phones": room.phones} if room is not None else {"names": [], "phones": 0}
        )

    def pin(self, question: Mapping[str, Any]) -> dict[str, Any]:
        """Answers `{"pin": digits}` with the ad-hoc meeting that it opens: `{"room": code or None}`."""
        return {"room": self._around.pins.room(str(question.get("pin")))}

    def held(self, question: Mapping[str, Any]) -> dict[str, Any]:
        """Answers `{"room": code, "browser": id}` with what memory holds, as PROTOCOL.md says."""
        code, browser = str(question.get("room")), str(question.get("browser"))
        if (room := self._rooms.get(code)) is not None:
            return room.held(browser)
        if (lobby := self._lobbies.get(code)) is not None:
            return holdings.waited_for(lobby.waiting, browser)
        return {"live": False, "items": []}

    def knock(self, ticket: Ticket, port: Port) -> None:
        """A socket with a ticket; `port.channel` is set, or the port closed, on return."""
        if self.visitors + self.participants + self.waiting >= SOCKETS:
            port.close(closing.FULL)
            return
        visitor = _Visitor(self, ticket)
        visitor.channel = Channel(port, visitor, self._clock, self._around.counters)
        self._visitors.add(visitor)

    def tick(self) -> None:
        """Time passed: heartbeats, time limits. To be called about once a second."""
        for visitor in tuple(self._visitors):
            visitor.channel.tick()
        for lobby in tuple(self._lobbies.values()):
            lobby.tick()
        for room in tuple(self._rooms.values()):
            room.tick()

    def close(self, how: Closing) -> None:
        """Close every socket, link and room."""
        for gateway in tuple(self._gateways.values()):
            gateway.close(how)
        for visitor in tuple(self._visitors):
            visitor.channel.close(how)
        self._visitors.clear()
        for room in tuple(self._rooms.values()):
            room.shut(how)
        for lobby in tuple(self._lobbies.values()):
            lobby.close(how)

    def leave_door(self, visitor: _Visitor) -> None:
        """The socket of a visitor has joined, resumed or ended."""
        self._visitors.discard(visitor)

    def enter(self, ticket: Ticket, join: Join, channel: Channel) -> None:
        """A visitor joins: the room of the ticket decides. Before it lives, guests may wait."""
        arrived = events.Arrived(ticket, join, channel)
        if (room := self._rooms.get(ticket.room)) is not None:
            room.post(arrived)
            return
        lobby = self._lobbies.get(ticket.room)
        if lobby is None:
            if len(self._lobbies) >= ROOMS:
                channel.close(closing.FULL)
                return
            lobby = self._lobbies[ticket.room] = Lobby(ticket.room, self._around, self._empty)
        lobby.note(ticket)
        if ticket.role == "guest" and lobby.on:
            lobby.wait(arrived)
        else:
            self._begin(lobby, arrived)

    def _begin(self, lobby: Lobby, arrived: events.Arrived) -> None:
        room = Room(lobby, self._around, self._forget)
        self._rooms[lobby.code] = room
        room.post(arrived)
        if (gateway := self._gateways.get(lobby.code)) is not None:
            room.post(events.GatewayCame(gateway, before=True))

    def connect(self, code: str, line: Line) -> Gateway | None:
        """The telephone gateway opens a room's link; an earlier one is closed. None: there are too many."""
        if (earlier := self._gateways.get(code)) is not None:
            earlier.close(closing.REPLACED)
        if len(self._gateways) >= ROOMS:
            line.close(closing.FULL)
            return None
        gateway = Gateway(
            code, line, clock=self._clock, wall=self._around.wall, counters=self._around.counters,
            forget=self._disconnected,
        )  # fmt: skip
        self._gateways[code] = gateway
        room = self._rooms.get(code)
        if room is not None:
            room.post(events.GatewayCame(gateway, before=False))
        else:
            gateway.tell(Attached(live=False))
        return gateway

    def _disconnected(self, gateway: Gateway) -> None:
        if self._gateways.get(gateway.code) is gateway:
            del self._gateways[gateway.code]

    def come_back(self, ticket: Ticket, resume: Resume, channel: Channel) -> None:
        """A visitor says that it is a participant whose socket broke."""
        room = self._rooms.get(ticket.room)
        if room is not None:
            room.post(events.Returned(resume, channel))
            return
        lobby = self._lobbies.get(ticket.room)
        if lobby is None or not lobby.come_back(resume, channel):
            channel.close(closing.UNKNOWN_TOKEN)

    def _empty(self, lobby: Lobby) -> None:
        if self._lobbies.get(lobby.code) is lobby:
            del self._lobbies[lobby.code]

    def _forget(self, room: Room) -> None:
        if self._rooms.get(room.code) is room:
            del self._rooms[room.code]


class _Visitor:
    """Owner of a channel before its first word: a ticket at the door."""

    channel: Channel

    def __init__(self, registry: Registry, ticket: Ticket) -> None:
        self._registry = registry
        self._ticket = ticket

    def said(self, message: ClientMessage, seq: int) -> None:
        self._registry.leave_door(self)
        match message:
            case Join():
                self._registry.enter(self._ticket, message, self.channel)
            case Resume():
                self._registry.come_back(self._ticket, message, self.channel)
            case _:  # the session lets nothing else through before `join`
                raise ProtocolError("not-joined")

    def parted(self) -> None:
        """Cannot be: a visitor has no grace."""

    def over(self) -> None:
        self._registry.leave_door(self)
