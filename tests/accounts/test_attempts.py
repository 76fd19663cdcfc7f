"""Guessing gets slow, and nobody is locked out for ever."""

from __future__ import annotations

from contextlib import suppress

import pytest

from onmeet.accounts import attempts
from onmeet.accounts.attempts import Attempts, TooManyAttempts
from tests.factories.house import HandClock


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def counter(clock: HandClock) -> Attempts:
    return Attempts(clock)


def knock(counter: Attempts, client: str = "home", *, known: bool = False) -> int:
    """One attempt; the seconds to wait, 0 when it is let through."""
    try:
        counter.begin("ada", client, known_here=known)
    except TooManyAttempts as refused:
        return refused.seconds
    return 0


def test_the_first_few_attempts_are_free(counter: Attempts) -> None:
    assert [knock(counter) for _ in range(6)] == [0, 0, 0, 0, 0, 1]


def test_waiting_doubles_up_to_a_bound(counter: Attempts, clock: HandClock) -> None:
    waits = []
    for _ in range(20):
        wait = knock(counter)
        if wait:
            waits.append(wait)
            clock.pass_by(wait)
            assert knock(counter) == 0
    assert waits[:4] == [1, 2, 4, 8]
    assert max(waits) == 300


def test_a_refused_attempt_does_not_make_the_wait_longer(counter: Attempts, clock: HandClock) -> None:
    for _ in range(5):
        knock(counter)
    assert [knock(counter) for _ in range(50)] == [1] * 50
    clock.pass_by(1)
    assert knock(counter) == 0


def test_success_starts_afresh(counter: Attempts) -> None:
    for _ in range(4):
        knock(counter)
    counter.succeeded("ada", "home")
    assert [knock(counter) for _ in range(5)] == [0] * 5


def test_another_client_is_not_held_up_by_the_first(counter: Attempts) -> None:
    for _ in range(10):
        knock(counter, "attacker")
    assert knock(counter, "home") == 0


def test_many_clients_together_are_slowed_down_to_a_short_wait(counter: Attempts, clock: HandClock) -> None:
    refused = [knock(counter, f"bot {n}") for n in range(1000)]
    assert refused[:25] == [0] * 25
    assert all(refused[25:])
    for n in range(100):
        clock.pass_by(20)
        assert knock(counter, f"another bot {n}") == 0
    assert 0 < knock(counter, "home") <= 20


def test_a_browser_that_signed_in_before_passes_a_crowd_of_attackers(counter: Attempts) -> None:
    for n in range(1000):
        knock(counter, f"bot {n}")
    assert knock(counter, "home", known=True) == 0


def test_a_quiet_account_is_forgotten(counter: Attempts, clock: HandClock) -> None:
    for _ in range(5):
        knock(counter)
    clock.pass_by(attempts.FORGET_SECONDS + 1)
    counter.begin("grace", "elsewhere", known_here=False)
    assert len(counter) == 2  # grace's own and her account's
    assert [knock(counter) for _ in range(5)] == [0] * 5


def test_memory_is_bounded(counter: Attempts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts, "MOST_COUNTED", 100)
    for n in range(1000):
        with suppress(TooManyAttempts):
            counter.begin(f"account {n}", f"client {n}", known_here=False)
    assert len(counter) == 100
