"""No clock tells whether an address has an account: the times of known and unknown ones are alike.

The two kinds are asked in turns, so that whatever else the machine does falls on both; then the rank-sum test
(Mann and Whitney 1947) says how likely such a difference is by chance. Passwords are hashed cheaply here, so
that the work around them, where a difference would be, is not lost in the noise.
"""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Callable
from contextlib import suppress

import pytest

from onmeet.accounts.attempts import TooManyAttempts
from onmeet.accounts.people import WrongCredentials
from tests.factories.house import PASSWORD, House

ROUNDS = 60

UNLIKELY = 1e-6
"""Chance in which two alike samples would be taken for different ones."""

_numbers = itertools.count()


def chance(first: list[float], second: list[float]) -> float:
    """How likely two samples of the same distribution differ in rank by so much: normal approximation."""
    ranked = sorted([(value, 0) for value in first] + [(value, 1) for value in second])
    ranks = sum(rank for rank, (_, which) in enumerate(ranked, 1) if which == 0)
    n, m = len(first), len(second)
    mean, deviation = n * (n + m + 1) / 2, math.sqrt(n * m * (n + m + 1) / 12)
    return math.erfc(abs(ranks - mean) / deviation / math.sqrt(2))


def seconds(act: Callable[[str], object], email: str) -> float:
    began = time.perf_counter()
    with suppress(WrongCredentials, TooManyAttempts):
        act(email)
    return time.perf_counter() - began


def registers(house: House) -> Callable[[str], object]:
    return lambda email: house.services.registering.begin(email, PASSWORD, "Ada")


def signs_in(house: House) -> Callable[[str], object]:
    return lambda email: house.services.accounts.check(email, "a guess too far", client=str(next(_numbers)))


def has_forgotten(house: House) -> Callable[[str], object]:
    return house.services.recovery.ask


@pytest.mark.promise("N1.10")
@pytest.mark.parametrize("way", [registers, signs_in, has_forgotten])
def test_a_known_address_takes_as_long_as_an_unknown_one(
    house: House, way: Callable[[House], Callable[[str], object]]
) -> None:
    """Nobody finds out with a stopwatch whether somebody has an account."""
    for number in range(ROUNDS + 5):
        house.services.accounts.register(f"known.{number}@example.org", PASSWORD)
    act, times = way(house), {"known": [0.0], "unknown": [0.0]}
    for number in range(ROUNDS + 5):
        order = ("known", "unknown") if number % 2 else ("unknown", "known")
        for kind in order:
            times[kind].append(seconds(act, f"{kind}.{number}@example.org"))
    known, unknown = times["known"][6:], times["unknown"][6:]  # the first ones fill caches
    assert chance(known, unknown) > UNLIKELY, (sum(known) / ROUNDS, sum(unknown) / ROUNDS)


def test_a_difference_that_a_stopwatch_could_tell_is_found() -> None:
    times = [0.001 + 0.000_001 * number for number in range(2 * ROUNDS)]
    assert chance(times[::2], times[1::2]) > 0.5
    assert chance(times[::2], [value + 0.000_08 for value in times[1::2]]) < UNLIKELY
