"""The live room: one meeting while somebody is in it.

One loop owns it: whoever has news posts an event, and events are handled one after the other, so that
everybody sees the same order. It lives in memory only and vanishes with its last participant.
"""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import structlog

from onmeet.clock import Clock
from onmeet.errors import ProtocolError
from onmeet.relay.interface import MediaPlane, Source
from onmeet.signalling import closing, events, holdings, news
from onmeet.signalling.admission import Door, refusal
from onmeet.signalling.channel import Channel
from onmeet.signalling.closing import Closing
from onmeet.signalling.conversation import HANDLERS
from onmeet.signalling.counters import Counters
from onmeet.signalling.keylog import KeyLog
from onmeet.signalling.messages import ClientMessage
from onmeet.signalling.participant import Participant
from onmeet.signalling.reporting import Reporter
from onmeet.signalling.reports import Reports
from onmeet.signalling.session import HEARTBEAT_SECONDS

__all__ = ["Room", "Surroundings"]

log = structlog.get_logger()


def _secret() -> str:
    return secrets.token_urlsafe(24)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a room needs of the process around it.

    wall: unix seconds, for what people are shown. secret: a fresh unguessable text. reports: where news for
    records goes.
    ice: the `ice` of `welcome`.
    """

    media: MediaPlane
    wall: Clock
    counters: Counters
    secret: Callable[[], str] = _secret
    reports: Reports = field(default_factory=Reports)
    ice: dict[str, Any] = field(default_factory=lambda: {"servers": []})


class Room:
    """A meeting. `on_empty` is called once, when the last participant is gone and all is released."""

    def __init__(self, code: str, around: Surroundings, on_empty: Callable[[Room], None]) -> None:
        self.code = code
        self.participants: dict[int, Participant] = {}
        self.barred: set[str] = set()
        self.locked = False
        self.keys = KeyLog()
        self._around = around
        self._on_empty = on_empty
        self._instance = around.secret()
        self._reporter = Reporter(self._instance, around.wall, around.reports.put, around.counters)
        self._started_at = int(around.wall())
        self._next_index = 0
        self._tokens: dict[str, int] = {}
        self._speakers: tuple[int, ...] = ()
        self._quality: dict[int, int] = {}
        self._events: deque[events.Event] = deque()
        self._busy = False
        self._closed = False
        self._media = around.media.room(_RoomEar(self))

    @property
    def channels(self) -> tuple[Channel, ...]:
        """The lines of all participants."""
        return tuple(p.channel for p in self.participants.values())

    @property
    def names(self) -> list[str]:
        """Who is in and may be shown to those who have not joined, in the order of coming."""
        return [participant.name for participant in self.participants.values() if participant.listed]

    def held(self, browser: str) -> dict[str, Any]:
        """What is held in memory about the room and the participants of `browser`, see `holdings`."""
        return holdings.held(
            self.participants.values(), browser, self._quality, len(self.keys), self._reporter.instance,
            self._around.reports.about(self._reporter.instance), self._started_at,
        )  # fmt: skip

    def post(self, event: events.Event) -> None:
        """Handle an event, after all that were posted before it."""
        self._events.append(event)
        if self._busy:
            return
        self._busy = True
        try:
            while self._events:
                self._handle(self._events.popleft())
        finally:
            self._busy = False
        if not self.participants:
            self.close()

    def close(self) -> None:
        """Release everything. Idempotent."""
        if self._closed:
            return
        self._closed = True
        self._events.clear()
        self._reporter.ended()
        self.participants.clear()
        self._media.close()
        self._on_empty(self)

    def shut(self, how: Closing) -> None:
        """Close everybody's socket, then the room."""
        for participant in tuple(self.participants.values()):
            participant.channel.close(how)
            participant.close()
            self._around.counters.left["ended"] += 1
        self.close()

    def _handle(self, event: events.Event) -> None:
        if self._closed:
            return
        try:
            _ON_EVENT[type(event)](self, event)
        except Exception:
            # A bug must not take the meeting down; the log names the place, never the content.
            self._around.counters.faults += 1
            log.error("an event could not be handled", exc_info=True)
            if isinstance(event, events.Arrived):
                event.channel.close(closing.INTERNAL)

    # -- coming and going ----------------------------------------------------------------------

    def _arrived(self, event: events.Arrived) -> None:
        door = Door(self.locked, frozenset(self.barred), len(self.participants), self._next_index)
        if (why_not := refusal(event.ticket, door)) is not None:
            event.channel.close(why_not)
            return
        if event.channel.over:
            return
        newcomer = self._seat(event)
        event.channel.enter(_Seat(self, newcomer.index))
        self._around.counters.joined += 1
        self._reporter.joined(newcomer.index, newcomer.name, event.ticket)
        self._welcome(newcomer, event.ticket.limit)
        self.broadcast(news.Joined(newcomer.view), but=newcomer)

    def _seat(self, event: events.Arrived) -> Participant:
        index = self._next_index
        self._next_index += 1
        participant = Participant(
            index=index,
            name=event.join.name,
            role=event.ticket.role,
            browser=event.ticket.browser,
            token=self._around.secret(),
            joined_at=int(self._around.wall()),
            muted=event.join.muted,
            channel=event.channel,
            publisher=self._media.publisher(index, _PublisherEar(self, index)),
            subscriber=self._media.subscriber(index, _SubscriberEar(self, index)),
            listed=event.ticket.listed,
        )
        self.participants[index] = participant
        self._tokens[participant.token] = index
        return participant

    def _welcome(self, newcomer: Participant, limit: int) -> None:
        room = news.RoomView(self.code, self._instance, self.locked, self._started_at, limit)
        newcomer.channel.tell(
            news.Welcome(
                you=newcomer.index,
                token=newcomer.token,
                room=room,
                participants=tuple(p.view for p in self.participants.values()),
                log=self.keys.entries(),
                ice=self._around.ice,
                heartbeat=int(HEARTBEAT_SECONDS),
            )
        )
        if self._speakers:
            newcomer.channel.tell(news.Speakers(self._speakers))
        if self._quality:
            newcomer.channel.tell(news.Quality(self._quality))

    def _returned(self, event: events.Returned) -> None:
        participant = self.participants.get(self._tokens.get(event.resume.token, -1))
        port = event.channel.release()
        if port is None:
            return
        if participant is None:
            port.close(closing.UNKNOWN_TOKEN)
            return
        was_live = participant.channel.live
        try:
            participant.channel.resume(event.resume, port, closing.REPLACED)
        except ProtocolError:
            port.close(closing.UNKNOWN_TOKEN)
            self.remove(participant, "lost", closing.UNKNOWN_TOKEN)
            return
        self._around.counters.resumed += 1
        if not was_live:
            self.broadcast(news.Changed(participant.index, connected=True))

    def _parted(self, event: events.Parted) -> None:
        if event.index in self.participants:
            self.broadcast(news.Changed(event.index, connected=False))

    def _ended(self, event: events.Ended) -> None:
        if (participant := self.participants.get(event.index)) is not None:
            self.remove(participant, "lost", closing.UNKNOWN_TOKEN)

    def remove(self, participant: Participant, reason: news.LeftReason, how: Closing) -> None:
        """Take a participant out: close socket and media, tell the others."""
        if self.participants.pop(participant.index, None) is None:
            return
        del self._tokens[participant.token]
        self.keys.forget(participant.index)
        self._quality.pop(participant.index, None)
        self._around.counters.left[reason] += 1
        self._reporter.left(participant.index)
        participant.channel.close(how)
        participant.close()
        self.broadcast(news.Left(participant.index, reason))

    def broadcast(self, message: news.ServerMessage, *, but: Participant | None = None) -> None:
        """Send a message to everybody, `but` one; everybody gets broadcasts in the same order."""
        tail = news.encode(message)
        for participant in tuple(self.participants.values()):
            if participant is not but:
                participant.channel.tell_encoded(tail)

    # -- what participants and media say -------------------------------------------------------

    def _said(self, event: events.Said) -> None:
        participant = self.participants.get(event.index)
        if participant is None:
            return
        kind = type(event.message)
        try:
            HANDLERS[kind](self, participant, event.message)
        except ProtocolError as error:
            participant.channel.refuse(error, kind.TYPE, event.seq)

    def _tracks_changed(self, event: events.TracksChanged) -> None:
        participant = self.participants.get(event.index)
        if participant is not None and participant.tracks != event.sources:
            participant.tracks = event.sources
            self.broadcast(news.Changed(event.index, tracks=event.sources))

    def _tracks_waiting(self, event: events.TracksWaiting) -> None:
        participant = self.participants.get(event.index)
        if participant is not None and (offer := participant.negotiation.wish()) is not None:
            participant.channel.tell(offer)

    def _refused(self, event: events.RefusedFrames) -> None:
        if (participant := self.participants.get(event.index)) is not None:
            participant.channel.tell(news.Refused(event.source, event.count))

    def _demanded(self, event: events.Demanded) -> None:
        if (participant := self.participants.get(event.index)) is not None:
            participant.channel.tell(news.Demand(event.source, event.layers))

    def _speakers_changed(self, event: events.SpeakersChanged) -> None:
        if event.indexes != self._speakers:
            self._speakers = event.indexes
            self.broadcast(news.Speakers(event.indexes))

    def _quality_changed(self, event: events.QualityChanged) -> None:
        changed = {
            index: level
            for index, level in event.levels.items()
            if index in self.participants and self._quality.get(index) != level
        }
        if changed:
            self._quality.update(changed)
            self._reporter.quality(changed)
            self.broadcast(news.Quality(changed))


_ON_EVENT: dict[type, Callable[[Room, Any], None]] = {
    events.Arrived: Room._arrived,
    events.Returned: Room._returned,
    events.Said: Room._said,
    events.Parted: Room._parted,
    events.Ended: Room._ended,
    events.TracksChanged: Room._tracks_changed,
    events.TracksWaiting: Room._tracks_waiting,
    events.RefusedFrames: Room._refused,
    events.Demanded: Room._demanded,
    events.SpeakersChanged: Room._speakers_changed,
    events.QualityChanged: Room._quality_changed,
}


# -- ears: what channels and media call, each turned into a posted event ----------------------------


@dataclass(frozen=True, slots=True)
class _Seat:
    """Owner of a channel whose participant is in the room."""

    room: Room
    index: int

    def said(self, message: ClientMessage, seq: int) -> None:
        self.room.post(events.Said(self.index, message, seq))

    def parted(self) -> None:
        self.room.post(events.Parted(self.index))

    def over(self) -> None:
        self.room.post(events.Ended(self.index))


@dataclass(frozen=True, slots=True)
class _RoomEar:
    room: Room

    def speakers(self, indexes: tuple[int, ...]) -> None:
        self.room.post(events.SpeakersChanged(tuple(indexes)))

    def quality(self, levels: dict[int, int]) -> None:
        self.room.post(events.QualityChanged(dict(levels)))


@dataclass(frozen=True, slots=True)
class _PublisherEar:
    room: Room
    index: int

    def connected(self, up: bool) -> None:
        """Quality tells the others; the browser sees it by itself."""

    def tracks_changed(self, sources: tuple[Source, ...]) -> None:
        self.room.post(events.TracksChanged(self.index, tuple(sources)))

    def refused(self, source: Source, count: int) -> None:
        self.room.post(events.RefusedFrames(self.index, source, count))

    def demand(self, source: Source, rids: tuple[str, ...]) -> None:
        self.room.post(events.Demanded(self.index, source, tuple(rids)))


@dataclass(frozen=True, slots=True)
class _SubscriberEar:
    room: Room
    index: int

    def connected(self, up: bool) -> None:
        """The browser sees it by itself."""

    def negotiation_needed(self) -> None:
        self.room.post(events.TracksWaiting(self.index))
