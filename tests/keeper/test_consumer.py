"""Reports reach the records, ended meetings are finished, and nothing is acknowledged too early."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime

from onmeet.keeper.consumer import PATIENCE, Consumer
from onmeet.meetings.reports import Delivery, Ended, Metered, PinSpent, Started
from onmeet.signalling.feed import News, Opened

AT = 1_800_000_000.0
NOW = datetime.fromtimestamp(AT, UTC)


class Stream:
    """Gives what lies in `coming`; what was not acknowledged comes again."""

    def __init__(self, *coming: News) -> None:
        self.coming = list(coming)

    def take(self, timeout: float) -> list[News]:
        return list(self.coming)

    def acknowledge(self) -> None:
        self.coming.clear()

    def again(self) -> None:
        pass


class Writer:
    """Notes what is done; fails as often as it is told to."""

    def __init__(self, failing: int = 0, orphans: tuple[str, ...] = ()) -> None:
        self.failing = failing
        self.orphans = orphans
        self.done: list[tuple[str, object]] = []

    def take(self, delivery: Delivery) -> None:
        if self.failing:
            self.failing -= 1
            raise OSError("the disk is full")
        self.done.append(("take", delivery.seq))

    def end_orphans(self, live: Collection[str], now: datetime) -> tuple[str, ...]:
        assert now == NOW
        return tuple(orphan for orphan in self.orphans if orphan not in live)

    def finish(self, instance: str, now: datetime) -> None:
        assert now == NOW
        self.done.append(("finish", instance))

    def spent(self, pin: str) -> bool:
        if self.failing:
            self.failing -= 1
            raise OSError("the disk is full")
        self.done.append(("spent", pin))
        return True

    def metered(self, delivery: Delivery) -> None:
        self.done.append(("metered", delivery.seq))


def consumer(stream: Stream, writer: Writer) -> Consumer:
    return Consumer(
        stream, writer, writer.finish, wall=lambda: AT, spent=writer.spent, metered=writer.metered
    )


def test_a_meeting_is_finished_as_soon_as_its_end_is_reported():
    reports = (Started("a", AT), Ended("a", AT), Started("b", AT))
    stream = Stream(*(Delivery("run", number, report) for number, report in enumerate(reports, 1)))
    writer = Writer()
    assert consumer(stream, writer).step(0)
    assert writer.done == [("take", 1), ("take", 2), ("finish", "a"), ("take", 3)]
    assert stream.coming == []


def test_a_pin_is_changed_at_the_end_of_its_meeting_and_no_record_sees_it():
    reports = (Started("a", AT), PinSpent("a", AT, "123456789"), Ended("a", AT))
    stream = Stream(*(Delivery("run", number, report) for number, report in enumerate(reports, 1)))
    writer = Writer()
    assert consumer(stream, writer).step(0)
    assert writer.done == [("take", 1), ("spent", "123456789"), ("take", 3), ("finish", "a")]


def test_a_pin_that_could_not_be_changed_is_changed_at_the_next_try():
    stream = Stream(Delivery("run", 1, PinSpent("a", AT, "123456789")))
    writer = Writer(failing=1)
    takes = consumer(stream, writer)
    assert not takes.step(0)
    assert takes.step(0)
    assert writer.done == [("spent", "123456789")]


def test_minutes_reach_the_plan_of_an_account_and_no_record_sees_them():
    reports = (Started("a", AT), Metered("a", AT, 7, 60.0), Ended("a", AT))
    stream = Stream(*(Delivery("run", number, report) for number, report in enumerate(reports, 1)))
    writer = Writer()
    assert consumer(stream, writer).step(0)
    assert writer.done == [("take", 1), ("metered", 2), ("take", 3), ("finish", "a")]


def test_meetings_of_a_relay_that_died_are_finished():
    stream = Stream(Opened("new", frozenset({"alive"}), 0))
    writer = Writer(orphans=("alive", "orphan"))
    consumer(stream, writer).step(0)
    assert writer.done == [("finish", "orphan")]


def test_meetings_of_a_relay_that_died_are_finished_without_any_record_of_them():
    stream = Stream(
        Opened("old", frozenset({"before", "ended"}), 0),
        Delivery("old", 1, Started("since", AT)),
        Delivery("old", 2, Ended("ended", AT)),
    )
    writer = Writer()
    takes = consumer(stream, writer)
    takes.step(0)
    assert writer.done == [("take", 1), ("take", 2), ("finish", "ended")]
    stream.coming = [Opened("new", frozenset(), 0), Opened("new", frozenset(), 0)]
    takes.step(0)
    assert writer.done[3:] == [("finish", "before"), ("finish", "since")]


def test_meetings_that_live_when_the_stream_begins_again_go_on():
    stream = Stream(Delivery("run", 1, Started("a", AT)), Opened("run", frozenset({"a"}), 0))
    writer = Writer()
    consumer(stream, writer).step(0)
    assert writer.done == [("take", 1)]


def test_what_could_not_be_written_is_not_acknowledged():
    stream = Stream(Delivery("run", 1, Started("a", AT)), Delivery("run", 2, Ended("a", AT)))
    writer = Writer(failing=1)
    takes = consumer(stream, writer)
    assert not takes.step(0)
    assert (len(stream.coming), writer.done) == (2, [])
    assert takes.step(0)
    assert writer.done == [("take", 1), ("take", 2), ("finish", "a")]


def test_a_report_that_always_fails_does_not_stop_those_behind_it():
    stream = Stream(Delivery("run", 1, Started("a", AT)), Delivery("run", 2, Ended("a", AT)))
    writer = Writer(failing=PATIENCE)
    takes = consumer(stream, writer)
    assert [takes.step(0) for _ in range(PATIENCE)] == [False] * (PATIENCE - 1) + [True]
    assert writer.done == [("take", 2), ("finish", "a")]
