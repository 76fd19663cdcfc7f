"""The live room: one meeting while somebody is in it.

One loop owns it: whoever has news posts an event, and events are handled one after the other, so that
everybody sees the same order. It lives in memory only and vanishes with its last browser.
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
from onmeet.relay.interface import MediaPlane
from onmeet.signalling import closing, events, holdings, news
from onmeet.signalling.admission import INDEXES, Door, verdict
from onmeet.signalling.channel import Channel
from onmeet.signalling.closing import Closing
from onmeet.signalling.conversation import HANDLERS
from onmeet.signalling.counters import Counters
from onmeet.signalling.ears import PublisherEar, RoomEar, Seat, SubscriberEar
from onmeet.signalling.gateway_news import End
from onmeet.signalling.keylog import KeyLog
from onmeet.signalling.lobby import Lobby
from onmeet.signalling.participant import Browser, Participant
from onmeet.signalling.pins import Pins
from onmeet.signalling.reporting import Reporter
from onmeet.signalling.reports import Reports
from onmeet.signalling.session import HEARTBEAT_SECONDS
from onmeet.signalling.telephone import Telephone
from onmeet.signalling.ticket import Ticket

__all__ = ["Room", "Surroundings"]

log = structlog.get_logger()


def _secret() -> str:
    return secrets.token_urlsafe(24)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a room needs of the process around it.

    wall: unix seconds, for what people are shown. secret: a fresh unguessable text. reports: where news for
    records goes. pins: of ad-hoc meetings.
    ice: the `ice` of `welcome`.
    """

    media: MediaPlane
    wall: Clock
    counters: Counters
    secret: Callable[[], str] = _secret
    reports: Reports = field(default_factory=Reports)
    pins: Pins = field(default_factory=Pins)
    ice: dict[str, Any] = field(default_factory=lambda: {"servers": []})


class Room:
    """A meeting. `on_empty` is called once, when the last browser is gone and all is released.

    browsers: those of the participants that are no phones. lobby: where guests wait. limit: of the latest
    ticket, or of a host's if that is more.
    """

    def __init__(self, lobby: Lobby, around: Surroundings, on_empty: Callable[[Room], None]) -> None:
        self.code = lobby.code
        self.lobby = lobby
        self.participants: dict[int, Participant] = {}
        self.browsers: dict[int, Browser] = {}
        self.barred: set[str] = set()
        self.locked = False
        self.keys = KeyLog()
        self.around = around
        self.telephone = Telephone(self)
        self.limit = INDEXES
        self._granted = 0
        self._may_dial_in = False
        self.next_index = 0
        self.pin: str | None = None
        self._pin_is_ours = self._pin_rotates = False
        self._on_empty = on_empty
        self.instance = around.secret()
        self.reporter = Reporter(self.instance, around.wall, around.reports.put, around.counters)
        self._started_at = int(around.wall())
        self._tokens: dict[str, int] = {}
        self._speakers: tuple[int, ...] = ()
        self._quality: dict[int, int] = {}
        self._events: deque[events.Event] = deque()
        self._busy = False
        self._closed = False
        self.media = around.media.room(RoomEar(self))
        lobby.attach(self)

    @property
    def channels(self) -> tuple[Channel, ...]:
        """The lines of all browsers."""
        return tuple(browser.channel for browser in self.browsers.values())

    @property
    def names(self) -> list[str]:
        """Who is in and may be shown to those who have not joined, in the order of coming."""
        return [browser.name for browser in self.browsers.values() if browser.listed]

    @property
    def full(self) -> bool:
        """Whether nobody else fits in."""
        return len(self.participants) >= self.limit or self.next_index >= INDEXES

    @property
    def phones(self) -> int:
        """How many callers take part."""
        return len(self.participants) - len(self.browsers)

    def held(self, browser: str) -> dict[str, Any]:
        """What is held in memory about the room and the participants of `browser`, see `holdings`."""
        return holdings.held(
            self.participants.values(), browser, self._quality, len(self.keys), self.reporter.instance,
            self.around.reports.about(self.reporter.instance), self._started_at, self.telephone.calls,
            self.lobby.waiting,
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
        if not self.browsers:
            self.close()

    def tick(self) -> None:
        """About a second has passed."""
        for channel in self.channels:
            channel.tick()
        self.telephone.lobby.tick()
        if self.around.reports.taken:  # else pieces would only fill the queue
            self.reporter.tick()

    def close(self, why: End = "empty") -> None:
        """Release everything. Idempotent."""
        if self._closed:
            return
        self._closed = True
        self._events.clear()
        self.telephone.ended(why)
        if self.pin is not None and self._pin_is_ours:
            self.around.pins.release(self.pin)
        self.reporter.ended(self.pin if self._pin_rotates else None)
        self.participants.clear()
        self.browsers.clear()
        self.media.close()
        self._on_empty(self)
        self.lobby.detach()

    def shut(self, how: Closing) -> None:
        """Close everybody's socket, then the room."""
        for browser in tuple(self.browsers.values()):
            browser.channel.close(how)
            browser.close()
            self.around.counters.left["ended"] += 1
        self.lobby.close(how)
        self.close("ended" if how == closing.ENDED else "empty")

    def _handle(self, event: events.Event) -> None:
        if self._closed:
            return
        try:
            _ON_EVENT[type(event)](self, event)
        except Exception:
            # A bug must not take the meeting down; the log names the place, never the content.
            self.around.counters.faults += 1
            log.error("an event could not be handled", exc_info=True)
            if isinstance(event, events.Arrived):
                event.channel.close(closing.INTERNAL)

    # -- coming and going ----------------------------------------------------------------------

    def _arrived(self, event: events.Arrived) -> None:
        self._grant(event.ticket)
        self.lobby.note(event.ticket)
        answer = verdict(event.ticket, Door(self.locked, frozenset(self.barred), self.full, self.lobby.on))
        if isinstance(answer, Closing):
            event.channel.close(answer)
            return
        if event.channel.over:
            return
        self._note(event.ticket)
        if answer == "wait":
            self.lobby.wait(event)
            return
        self.let_in(event, self.around.secret())
        self.lobby.open()

    def let_in(self, event: events.Arrived, token: str) -> None:
        """Somebody becomes a participant, at once or after a time in the lobby."""
        newcomer = self._seat(event, token)
        event.channel.enter(Seat(self, newcomer.index))
        self.around.counters.joined += 1
        self.reporter.joined(newcomer.index, newcomer.name, event.ticket)
        self._welcome(newcomer)
        self.broadcast(news.Joined(newcomer.view), but=newcomer)
        self.telephone.lobby.greet(newcomer, again=False)
        self.lobby.board.greet(newcomer, again=False)
        self.telephone.counted()

    def _grant(self, ticket: Ticket) -> None:
        """What a host's plan lets the meeting be holds for everybody: only their tickets know it ad hoc."""
        if ticket.role == "host":
            self._granted = max(self._granted, ticket.limit)
            self._may_dial_in |= ticket.phone
        self.limit = max(self._granted, ticket.limit)

    def _note(self, ticket: Ticket) -> None:
        """What the latest ticket says of the meeting. With a telephone, an ad-hoc meeting gets a PIN."""
        self._pin_rotates = ticket.pin is not None and ticket.pin_rotates
        pin = ticket.pin
        if pin is None and (ticket.phone or self._may_dial_in):
            pin = self.pin if self._pin_is_ours else self.around.pins.take(self.code)
        if pin == self.pin:
            return
        if self.pin is not None and self._pin_is_ours:
            self.around.pins.release(self.pin)
        self.pin, self._pin_is_ours = pin, ticket.pin is None and pin is not None
        if pin is not None:
            self.broadcast(news.Pin(pin))

    def take_index(self) -> int:
        """The next participant's index."""
        index = self.next_index
        self.next_index += 1
        return index

    def _seat(self, event: events.Arrived, token: str) -> Browser:
        index = self.take_index()
        browser = Browser(
            index=index,
            name=event.join.name,
            role=event.ticket.role,
            browser=event.ticket.browser,
            token=token,
            joined_at=int(self.around.wall()),
            muted=event.join.muted,
            channel=event.channel,
            publisher=self.media.publisher(index, PublisherEar(self, index)),
            subscriber=self.media.subscriber(index, SubscriberEar(self, index)),
            listed=event.ticket.listed,
        )
        self.participants[index] = self.browsers[index] = browser
        self._tokens[browser.token] = index
        return browser

    def _welcome(self, newcomer: Browser) -> None:
        room = news.RoomView(
            self.code, self.instance, self.locked, self.lobby.on, self._started_at, self.limit, self.pin
        )
        newcomer.channel.tell(
            news.Welcome(
                you=newcomer.index,
                token=newcomer.token,
                room=room,
                participants=tuple(p.view for p in self.participants.values()),
                log=self.keys.entries(),
                ice=self.around.ice,
                heartbeat=int(HEARTBEAT_SECONDS),
            )
        )
        if self._speakers:
            newcomer.channel.tell(news.Speakers(self._speakers))
        if self._quality:
            newcomer.channel.tell(news.Quality(self._quality))

    def _returned(self, event: events.Returned) -> None:
        participant = self.browsers.get(self._tokens.get(event.resume.token, -1))
        if participant is None and self.lobby.come_back(event.resume, event.channel):
            return
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
        self.around.counters.resumed += 1
        if not was_live:
            self.broadcast(news.Changed(participant.index, connected=True))
        self.telephone.lobby.greet(participant, again=True)
        self.lobby.board.greet(participant, again=True)

    def _parted(self, event: events.Parted) -> None:
        if event.index in self.browsers:
            self.broadcast(news.Changed(event.index, connected=False))

    def _ended(self, event: events.Ended) -> None:
        if (participant := self.browsers.get(event.index)) is not None:
            self.remove(participant, "lost", closing.UNKNOWN_TOKEN)

    def remove(self, browser: Browser, reason: news.LeftReason, how: Closing) -> None:
        """Take a browser out: close socket and media, tell the others."""
        if self.browsers.pop(browser.index, None) is None:
            return
        del self._tokens[browser.token]
        self.keys.forget(browser.index)
        browser.channel.close(how)
        self.dismiss(browser, reason)
        self.telephone.departed(browser.index)
        if (
            self.browsers
            and browser.role == "host"
            and not any(other.role == "host" for other in self.browsers.values())
        ):
            self.telephone.no_host()
        self.telephone.counted()

    def dismiss(self, participant: Participant, reason: news.LeftReason) -> None:
        """Somebody no longer takes part: release the media, tell the others."""
        del self.participants[participant.index]
        self._quality.pop(participant.index, None)
        self.around.counters.left[reason] += 1
        self.reporter.left(participant.index)
        participant.close()
        self.broadcast(news.Left(participant.index, reason))
        if not self._closed:
            self.lobby.open()

    def broadcast(self, message: news.ServerMessage, *, but: Participant | None = None) -> None:
        """Send a message to all browsers, `but` one; everybody gets broadcasts in the same order."""
        tail = news.encode(message)
        for browser in tuple(self.browsers.values()):
            if browser is not but:
                browser.channel.tell_encoded(tail)

    # -- what participants and media say -------------------------------------------------------

    def _said(self, event: events.Said) -> None:
        participant = self.browsers.get(event.index)
        if participant is None:
            return
        kind = type(event.message)
        try:
            HANDLERS[kind](self, participant, event.message)
        except ProtocolError as error:
            participant.channel.refuse(error, kind.TYPE, event.seq)

    def _tracks_changed(self, event: events.TracksChanged) -> None:
        participant = self.browsers.get(event.index)
        if participant is not None and participant.tracks != event.sources:
            participant.tracks = event.sources
            self.broadcast(news.Changed(event.index, tracks=event.sources))

    def _tracks_waiting(self, event: events.TracksWaiting) -> None:
        participant = self.browsers.get(event.index)
        if participant is not None and (offer := participant.negotiation.wish()) is not None:
            participant.channel.tell(offer)

    def _refused(self, event: events.RefusedFrames) -> None:
        if (participant := self.browsers.get(event.index)) is not None:
            participant.channel.tell(news.Refused(event.source, event.count))

    def _demanded(self, event: events.Demanded) -> None:
        if (participant := self.browsers.get(event.index)) is not None:
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
            self.reporter.quality(changed)
            self.broadcast(news.Quality(changed))

    def _lobby_changed(self, _event: events.LobbyChanged) -> None:
        self.lobby.board.changed()

    def _gateway_came(self, event: events.GatewayCame) -> None:
        self.telephone.came(event)

    def _gateway_said(self, event: events.GatewaySaid) -> None:
        self.telephone.said(event)

    def _gateway_gone(self, event: events.GatewayGone) -> None:
        self.telephone.gone(event)


_ON_EVENT: dict[type, Callable[[Room, Any], None]] = {
    events.Arrived: Room._arrived,
    events.Returned: Room._returned,
    events.Said: Room._said,
    events.Parted: Room._parted,
    events.Ended: Room._ended,
    events.LobbyChanged: Room._lobby_changed,
    events.TracksChanged: Room._tracks_changed,
    events.TracksWaiting: Room._tracks_waiting,
    events.RefusedFrames: Room._refused,
    events.Demanded: Room._demanded,
    events.SpeakersChanged: Room._speakers_changed,
    events.QualityChanged: Room._quality_changed,
    events.GatewayCame: Room._gateway_came,
    events.GatewaySaid: Room._gateway_said,
    events.GatewayGone: Room._gateway_gone,
}
