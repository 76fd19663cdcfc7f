"""Negotiation towards one subscriber: one offer at a time, the next only after the answer."""

from __future__ import annotations

from onmeet.errors import ProtocolError
from onmeet.relay.interface import Subscriber
from onmeet.signalling.news import DownOffer

__all__ = ["Negotiation"]


class Negotiation:
    """Numbers the relay's offers and holds back what is wished while one is open."""

    def __init__(self, subscriber: Subscriber) -> None:
        self._subscriber = subscriber
        self._gen = 0
        self._open = False
        self._wished = False
        self._restart = False

    @property
    def waiting(self) -> bool:
        """Whether an offer waits for its answer."""
        return self._open

    def wish(self, *, restart: bool = False) -> DownOffer | None:
        """Tracks changed, or the browser asks for a restart: the offer to send now, if any."""
        self._wished = True
        self._restart = self._restart or restart
        return self._next()

    def answer(self, gen: int, sdp: str) -> DownOffer | None:
        """Take the browser's answer; gives the next offer when one is due.

        Raises ProtocolError `bad-gen` when no offer with that number is open, or what the subscriber
        says of the SDP; the offer is then no longer open, and the browser may ask for a restart.
        """
        if not self._open or gen != self._gen:
            raise ProtocolError("bad-gen")
        self._open = False
        self._subscriber.answer(sdp)
        return self._next()

    def _next(self) -> DownOffer | None:
        if self._open or not self._wished:
            return None
        restart, self._wished, self._restart = self._restart, False, False
        offer = self._subscriber.offer(restart=restart)
        if offer is None:
            return None
        self._open = True
        self._gen += 1
        return DownOffer(self._gen, offer.sdp, dict(offer.tracks))
