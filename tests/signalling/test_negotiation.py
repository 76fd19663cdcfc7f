"""Towards a subscriber one offer is open at a time, and no wish is lost."""

from __future__ import annotations

import pytest

from onmeet.errors import ProtocolError
from onmeet.relay.interface import Offer
from onmeet.signalling.negotiation import Negotiation


class Subscriber:
    """Offers a growing number of tracks; strict about one offer at a time."""

    def __init__(self) -> None:
        self.changed = True
        self.open = False
        self.restarts: list[bool] = []

    def offer(self, restart: bool = False) -> Offer | None:
        assert not self.open
        if not self.changed and not restart:
            return None
        self.changed, self.open = False, True
        self.restarts.append(restart)
        return Offer(f"offer {len(self.restarts)}", {"0": "1:camera"})

    def answer(self, sdp: str) -> None:
        self.open = False
        if sdp == "bad":
            raise ProtocolError("bad-sdp")

    def view(self, sizes: object) -> None: ...
    def keyframe(self, track: str) -> None: ...
    def close(self) -> None: ...


@pytest.fixture
def subscriber() -> Subscriber:
    return Subscriber()


@pytest.fixture
def negotiation(subscriber: Subscriber) -> Negotiation:
    return Negotiation(subscriber)


def test_the_first_wish_makes_an_offer(negotiation: Negotiation) -> None:
    offer = negotiation.wish()
    assert offer is not None
    assert (offer.gen, offer.sdp, offer.tracks, offer.pc) == (1, "offer 1", {"0": "1:camera"}, "down")


def test_a_second_wish_waits_for_the_answer(negotiation: Negotiation, subscriber: Subscriber) -> None:
    negotiation.wish()
    subscriber.changed = True
    assert negotiation.wish() is None
    assert negotiation.waiting
    offer = negotiation.answer(1, "ok")
    assert offer is not None
    assert offer.gen == 2


def test_nothing_new_makes_no_offer(negotiation: Negotiation) -> None:
    negotiation.wish()
    negotiation.wish()
    assert negotiation.answer(1, "ok") is None
    assert not negotiation.waiting


@pytest.mark.parametrize("gen", [0, 2, 99])
def test_an_answer_with_another_number_is_bad_gen(negotiation: Negotiation, gen: int) -> None:
    negotiation.wish()
    with pytest.raises(ProtocolError, match="bad-gen"):
        negotiation.answer(gen, "ok")
    assert negotiation.waiting


def test_an_answer_without_an_offer_is_bad_gen(negotiation: Negotiation) -> None:
    with pytest.raises(ProtocolError, match="bad-gen"):
        negotiation.answer(0, "ok")


def test_an_answer_that_comes_twice_is_bad_gen(negotiation: Negotiation) -> None:
    negotiation.wish()
    negotiation.answer(1, "ok")
    with pytest.raises(ProtocolError, match="bad-gen"):
        negotiation.answer(1, "ok")


def test_a_restart_while_an_offer_is_open_follows_its_answer(
    negotiation: Negotiation, subscriber: Subscriber
) -> None:
    negotiation.wish()
    assert negotiation.wish(restart=True) is None
    assert negotiation.answer(1, "ok") is not None
    assert subscriber.restarts == [False, True]


def test_after_a_bad_answer_a_restart_offers_anew(negotiation: Negotiation) -> None:
    negotiation.wish()
    with pytest.raises(ProtocolError, match="bad-sdp"):
        negotiation.answer(1, "bad")
    offer = negotiation.wish(restart=True)
    assert offer is not None
    assert offer.gen == 2
