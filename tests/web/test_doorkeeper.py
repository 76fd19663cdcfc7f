"""The doorkeeper: how many sockets, how often, and the alarm."""

from __future__ import annotations

import contextlib
import select

import pytest

from onmeet.signalling.closing import Closing
from onmeet.web import doorkeeper as door
from onmeet.web.doorkeeper import Doorkeeper
from onmeet.web.socket import MAX_SOCKETS


class Hands:
    """A clock that stands still until moved."""

    now = 50.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def hands() -> Hands:
    return Hands()


def knock(keeper: Doorkeeper, who: str = "198.51.100.7") -> Closing | None:
    with keeper.admitting(who) as why_not:
        return why_not


def test_a_place_is_given_back_when_the_socket_ends(hands: Hands) -> None:
    keeper = Doorkeeper(most=1, clock=hands)
    with keeper.admitting("a") as first:
        assert first is None
        assert keeper.open == 1
        refused = knock(keeper)
        assert refused is not None
        assert refused.code == 4503
    assert keeper.open == 0
    assert not keeper._open_by
    assert knock(keeper) is None


def test_a_place_is_given_back_after_an_exception(hands: Hands) -> None:
    keeper = Doorkeeper(most=1, clock=hands)
    with pytest.raises(ZeroDivisionError), keeper.admitting("a"):
        1 / 0  # noqa: B018
    assert keeper.open == 0


def test_one_client_may_come_back_with_many_at_once_but_not_for_ever(hands: Hands) -> None:
    keeper = Doorkeeper(MAX_SOCKETS, clock=hands)
    for _ in range(600):
        assert knock(keeper) is None
    refused = knock(keeper)
    assert refused is not None
    assert refused.code == 4429
    assert knock(keeper, "203.0.113.9") is None
    hands.now += 1
    assert knock(keeper) is None


def test_clients_are_forgotten_once_they_owe_nothing(hands: Hands, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "_CLIENTS", 100)
    keeper = Doorkeeper(MAX_SOCKETS, clock=hands)
    for number in range(5000):
        assert knock(keeper, f"client {number}") is None
        hands.now += 0.5
        assert len(keeper._knocks) <= 100


def test_a_flood_of_clients_is_asked_to_wait(hands: Hands, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "_CLIENTS", 3)
    keeper = Doorkeeper(MAX_SOCKETS, clock=hands)
    answers = [knock(keeper, f"client {number}") for number in range(5)]
    assert [answer and answer.code for answer in answers] == [None, None, None, 1013, 1013]


def test_the_alarm_stays_audible_for_every_socket() -> None:
    keeper = Doorkeeper(MAX_SOCKETS)
    listener = select.poll()  # select() ends at descriptor 1023, and a long test run is beyond that
    listener.register(keeper.alarm, select.POLLIN)
    assert listener.poll(0) == []
    keeper.close_all()
    for _ in range(3):
        assert listener.poll(0)


def test_one_client_cannot_take_every_place(hands: Hands) -> None:
    keeper = Doorkeeper(most=8, clock=hands)
    with contextlib.ExitStack() as open_sockets:
        answers = [open_sockets.enter_context(keeper.admitting("greedy")) for _ in range(8)]
        assert [answer and answer.code for answer in answers] == [None] * 6 + [4503] * 2
        assert knock(keeper, "somebody else") is None
    assert not keeper._open_by
