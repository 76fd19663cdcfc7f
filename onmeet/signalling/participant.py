"""One participant of a live room: its state, its channel and its media."""

from __future__ import annotations

from dataclasses import dataclass, field

from onmeet.relay.interface import Publisher, Source, Subscriber
from onmeet.signalling.channel import Channel
from onmeet.signalling.negotiation import Negotiation
from onmeet.signalling.news import ParticipantView
from onmeet.signalling.ticket import Role

__all__ = ["Participant"]


@dataclass(slots=True, eq=False)
class Participant:
    """Owned by its room; nobody else changes it.

    browser: the opaque id of its ticket. listed: whether the name is told to those who have not joined.
    muted: sources that are shown as muted and not forwarded. up_gen: the number of the browser's latest
    offer. told_muted: what the publisher was told last.
    """

    index: int
    name: str
    role: Role
    browser: str
    token: str
    joined_at: int
    muted: tuple[Source, ...]
    channel: Channel
    publisher: Publisher
    subscriber: Subscriber
    listed: bool = True
    hand: bool = False
    tracks: tuple[Source, ...] = ()
    up_gen: int = -1
    negotiation: Negotiation = field(init=False)

    def __post_init__(self) -> None:
        self.negotiation = Negotiation(self.subscriber)
        for source in self.muted:
            self.publisher.mute(source, True)

    @property
    def view(self) -> ParticipantView:
        """The participant as the others see it."""
        return ParticipantView(
            index=self.index,
            name=self.name,
            role=self.role,
            kind="browser",
            muted=self.muted,
            hand=self.hand,
            tracks=self.tracks,
            joined_at=self.joined_at,
            connected=self.channel.live,
        )

    def mute(self, muted: tuple[Source, ...]) -> None:
        """Show these sources as muted and forward exactly the others."""
        for source in set(self.muted) ^ set(muted):
            self.publisher.mute(source, source in muted)
        self.muted = muted

    def close(self) -> None:
        """Release the media."""
        self.publisher.close()
        self.subscriber.close()
