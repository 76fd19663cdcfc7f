"""Wrong PINs: one caller is stopped, all together are slowed, nobody else is locked out."""

from __future__ import annotations

from sip.gateway.guard import REMEMBERED, TRIES_PER_HOUR, TRUNK_TRIES_PER_HOUR, WAIT_SECONDS, Guard


def test_caller_with_too_many_wrong_pins_is_not_answered_until_time_has_passed():
    guard = Guard()
    caller, other = guard.name("t", "192.0.2.1", "+491"), guard.name("t", "192.0.2.1", "+492")
    for _ in range(TRIES_PER_HOUR):
        assert guard.welcome(caller, 0.0)
        guard.wrong("t", caller, 0.0)
    assert not guard.welcome(caller, 0.0)
    assert guard.welcome(other, 0.0)
    assert guard.welcome(caller, 3600.0 / TRIES_PER_HOUR + 1)
    assert guard.welcome(caller, 2 * 3600.0)


def test_asking_costs_nothing():
    guard = Guard()
    caller = guard.name("t", "192.0.2.1", "+491")
    for _ in range(TRIES_PER_HOUR - 1):
        guard.wrong("t", caller, 0.0)
    assert all(guard.welcome(caller, 0.0) for _ in range(100))


def test_withheld_numbers_are_told_apart_by_where_they_come_from():
    guard = Guard()
    assert guard.name("t", "192.0.2.1", "") != guard.name("t", "192.0.2.2", "")
    assert guard.name("t", "192.0.2.1", "+491") == guard.name("t", "192.0.2.2", "+491")
    assert guard.name("t", "192.0.2.1", "") != Guard().name("t", "192.0.2.1", "")


def test_many_wrong_pins_make_checks_wait_but_not_fail():
    guard = Guard()
    assert guard.wait("t", 0.0) == 0.0
    for number in range(TRUNK_TRIES_PER_HOUR):
        guard.wrong("t", guard.name("t", "", str(number)), 0.0)
    assert guard.wait("t", 0.0) == 0.0  # the first that finds the bucket empty
    assert [guard.wait("t", 0.0) for _ in range(3)] == [WAIT_SECONDS, 2 * WAIT_SECONDS, 3 * WAIT_SECONDS]
    assert guard.wait("another trunk", 0.0) == 0.0
    assert guard.wait("t", 3600.0) == 0.0


def test_who_is_sent_away_pushes_nobody_back():
    """A machine that tries all day long: somebody else still gets a turn within seconds."""
    guard = Guard()
    for number in range(TRUNK_TRIES_PER_HOUR):
        guard.wrong("t", guard.name("t", "", str(number)), 0.0)
    refused = [guard.wait("t", 0.0, 8.0) > 8.0 for _ in range(1000)]
    assert refused == [False, False] + [True] * 998
    assert guard.wait("t", 2 * WAIT_SECONDS, 8.0) == 0.0


def test_memory_is_bounded():
    guard = Guard()
    for number in range(REMEMBERED + 50):
        guard.wrong("t", guard.name("t", "", str(number)), 0.0)
    assert len(guard._callers) == REMEMBERED
