"""The key log holds what a late joiner needs, in order, and stays short."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from onmeet.signalling.keylog import KeyLog

Entry = tuple[int, dict[str, Any]]


def entries(log: KeyLog) -> list[Entry]:
    return [(entry.sender, entry.body) for entry in log.entries()]


def hello(n: int = 0) -> dict[str, Any]:
    return {"kind": "hello", "n": n}


def test_the_last_hello_and_next_of_each_are_kept_in_order() -> None:
    log = KeyLog()
    log.add(0, hello(1))
    log.add(1, hello(2))
    log.add(0, {"kind": "next"})
    log.add(0, hello(3))
    assert entries(log) == [(1, hello(2)), (0, {"kind": "next"}), (0, hello(3))]


def test_only_the_last_epoch_is_kept_even_when_its_sender_left() -> None:
    log = KeyLog()
    log.add(0, {"kind": "epoch", "n": 1})
    log.add(1, {"kind": "epoch", "n": 2})
    log.forget(1)
    assert entries(log) == [(1, {"kind": "epoch", "n": 2})]


def test_who_left_is_forgotten() -> None:
    log = KeyLog()
    for index in range(3):
        log.add(index, hello())
        log.add(index, {"kind": "next"})
    log.forget(1)
    assert [sender for sender, _ in entries(log)] == [0, 0, 2, 2]


def test_everything_else_is_passed_on_and_not_kept() -> None:
    log = KeyLog()
    for kind in ("heartbeat", "revoke", "kf", "", None, 7, ["hello"], {"hello": 1}):
        log.add(0, {"kind": kind})
    log.add(0, {})
    assert entries(log) == []


kinds = st.sampled_from(["hello", "next", "epoch", "heartbeat", "kf"])


@given(st.lists(st.tuples(st.integers(0, 4), kinds | st.none())))
def test_it_equals_a_replay_of_everything_with_the_rules_applied(steps: list[Any]) -> None:
    log, all_said = KeyLog(), []
    for number, (index, kind) in enumerate(steps):
        if kind is None:
            log.forget(index)
            all_said = [e for e in all_said if e[1] == "epoch" or e[0] != index]
        else:
            log.add(index, {"kind": kind, "n": number})
            all_said.append((index, kind, number))
    last = {("epoch" if k == "epoch" else (i, k)): n for i, k, n in all_said}
    want = [n for i, k, n in all_said if n in last.values() and k in ("hello", "next", "epoch")]
    assert [body["n"] for _, body in entries(log)] == want
    assert len(log) <= 2 * 5 + 1
