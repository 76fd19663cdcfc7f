"""One participant of a live room, in a browser or by telephone: state, line and media."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, Protocol

from onmeet.relay.interface import Phone as PhoneMedia
from onmeet.relay.interface import Publisher, Source, Subscriber
from onmeet.signalling.channel import Channel
from onmeet.signalling.negotiation import Negotiation
from onmeet.signalling.news import ParticipantView
from onmeet.signalling.ticket import Role

__all__ = ["Browser", "Participant", "Phone"]


class _Sending(Protocol):
    @property
    def addresses(self) -> tuple[str, ...]: ...

    def mute(self, source: Source, muted: bool) -> None: ...

    def close(self) -> None: ...


@dataclass(slots=True, eq=False, kw_only=True)
class Participant:
    """Owned by its room; nobody else changes it.

    muted: sources that are shown as muted and not forwarded. listed: whether the name is told to those who
    have not joined.
    """

    index: int
    name: str
    role: Role
    joined_at: int
    muted: tuple[Source, ...]
    publisher: _Sending
    listed: bool = True
    hand: bool = False
    tracks: tuple[Source, ...] = ()

    def __post_init__(self) -> None:
        for source in self.muted:
            self.publisher.mute(source, True)

    @property
    def kind(self) -> Literal["browser", "phone"]:
        """What it takes part with."""
        raise NotImplementedError

    @property
    def connected(self) -> bool:
        """Whether its line is up."""
        raise NotImplementedError

    @property
    def call(self) -> str | None:
        """The name of its telephone call, None in a browser."""
        return None

    @property
    def addresses(self) -> tuple[str, ...]:
        """Where its media come from and go to."""
        return self.publisher.addresses

    @property
    def view(self) -> ParticipantView:
        """The participant as the others see it."""
        return ParticipantView(
            index=self.index,
            name=self.name,
            role=self.role,
            kind=self.kind,
            muted=self.muted,
            hand=self.hand,
            tracks=self.tracks,
            joined_at=self.joined_at,
            connected=self.connected,
            call=self.call,
        )

    def mute(self, muted: tuple[Source, ...]) -> None:
        """Show these sources as muted and forward exactly the others."""
        for source in set(self.muted) ^ set(muted):
            self.publisher.mute(source, source in muted)
        self.muted = muted

    def close(self) -> None:
        """Release the media."""
        self.publisher.close()


@dataclass(slots=True, eq=False, kw_only=True)
class Browser(Participant):
    """Somebody in a browser.

    browser: the opaque id of its ticket. up_gen: the number of the browser's latest offer.
    """

    browser: str
    token: str
    channel: Channel
    publisher: Publisher
    subscriber: Subscriber
    up_gen: int = -1
    negotiation: Negotiation = field(init=False)

    def __post_init__(self) -> None:
        Participant.__post_init__(self)  # `super` does not know a class with slots that a decorator remade
        self.negotiation = Negotiation(self.subscriber)

    @property
    def kind(self) -> Literal["browser"]:
        """In a browser."""
        return "browser"

    @property
    def connected(self) -> bool:
        """Whether the socket is up."""
        return self.channel.live

    @property
    def addresses(self) -> tuple[str, ...]:
        """Of both its connections."""
        return tuple(dict.fromkeys((*self.publisher.addresses, *self.subscriber.addresses)))

    def close(self) -> None:
        """Release the media."""
        self.publisher.close()
        self.subscriber.close()


@dataclass(slots=True, eq=False, kw_only=True)
class Phone(Participant):
    """An admitted call."""

    name_of_call: str
    publisher: PhoneMedia
    tracks: tuple[Source, ...] = ("microphone",)

    @property
    def kind(self) -> Literal["phone"]:
        """By telephone."""
        return "phone"

    @property
    def connected(self) -> bool:
        """As long as it takes part."""
        return True

    @property
    def call(self) -> str:
        """The name of the call."""
        return self.name_of_call

    def silence(self, muted: bool) -> bool:
        """Mute or unmute the one microphone; whether that changed anything."""
        wanted: tuple[Source, ...] = ("microphone",) if muted else ()
        if wanted == self.muted:
            return False
        self.mute(wanted)
        return True
