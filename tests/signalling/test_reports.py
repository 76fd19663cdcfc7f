"""What a live room reports, and the queue in which reports wait for the keeper."""

from __future__ import annotations

import json
from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onmeet.errors import ProtocolError
from onmeet.meetings.reports import REPORTABLE, Delivery, Report, decode, encode, hashed
from onmeet.signalling import closing
from onmeet.signalling.reports import (
    WINDOW,
    CallEnded,
    CallStarted,
    Ended,
    Joined,
    Left,
    Metered,
    PinSpent,
    Quality,
    Reports,
    Started,
)
from tests.factories.people import House, Person

ROOM = hashed("a room")
OTHER = hashed("another room")
EVERYTHING = (
    Started(ROOM, 1.5, True, True, "abc-defg-hjk"),
    Joined(ROOM, 0, 2.5, True, 1, True, "abc-defg-hjk", 7, "id", "Ada", "browser", "203.0.113.7", "Firefox"),
    Quality(ROOM, 0, 1, 3),
    Left(ROOM, 0, 9.0, 6.5),
    CallStarted(ROOM, OTHER, 3.0, 1, "+4930123456", "+4930654321", "pbx.example.org", "key", "203.0.113.8"),
    CallEnded(ROOM, OTHER, 4.0),
    PinSpent(ROOM, 9.5, "012345678"),
    Metered(ROOM, 9.5, 7, 6.5),
    Ended(ROOM, 10.0),
)


class Taker:
    """A consumer that keeps what it gets."""

    def __init__(self) -> None:
        self.head: dict[str, object] = {}
        self.seqs: list[int] = []
        self.dismissed = False

    def opened(self, head: dict[str, object]) -> None:
        self.head = head

    def report(self, body: dict[str, object]) -> None:
        assert isinstance(body["seq"], int)
        self.seqs.append(body["seq"])

    def dismiss(self) -> None:
        self.dismissed = True


def waiting(reports: Reports) -> list[Report]:
    return [delivery.report for delivery in reports.after(0, 10_000)]


@pytest.mark.parametrize("report", EVERYTHING, ids=lambda report: report.KIND)
def test_a_report_survives_the_crossing(report: Report) -> None:
    assert all(getattr(report, field.name) is not None for field in fields(report))
    assert decode(json.loads(json.dumps(encode(report)))) == report


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "other"}, {"instance": "short"}, {"seat": -1}, {"seat": True}, {"seat": None}, {"at": "now"},
        {"name": 7}, {"name": "x" * 513}, {"access": "ship"}, {"host": 1}, {"colour": "green"},
    ],
)  # fmt: skip
def test_an_ill_formed_report_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ProtocolError, match="bad-report"):
        decode({**encode(EVERYTHING[1]), **change})


def test_reports_wait_in_order_until_they_are_acknowledged() -> None:
    reports = Reports()
    for report in EVERYTHING:
        reports.put(report)
    assert waiting(reports) == list(EVERYTHING)
    reports.acknowledge(3)
    assert waiting(reports) == list(EVERYTHING[3:])
    reports.acknowledge(9)
    assert len(reports) == 0


@pytest.mark.promise("N1.2")
def test_what_was_acknowledged_is_nowhere_in_the_queue() -> None:
    """What was written down is nowhere in the relay's memory any more."""
    reports = Reports()
    for report in EVERYTHING:
        reports.put(report)
    reports.acknowledge(9)
    assert "Ada" not in repr(vars(reports))


def test_a_full_queue_lets_the_optional_go_first_and_endings_never() -> None:
    reports = Reports(limit=3)
    started, ended = Started(ROOM, 1.0), Ended(ROOM, 5.0)
    for report in (started, Quality(ROOM, 0, 1, 1), Left(ROOM, 0, 4.0), ended):
        reports.put(report)
    assert waiting(reports) == [started, Left(ROOM, 0, 4.0), ended]
    reports.put(Started(OTHER, 6.0))
    assert waiting(reports) == [started, ended, Started(OTHER, 6.0)]
    reports.put(Ended(OTHER, 7.0))
    assert waiting(reports) == [ended, Started(OTHER, 6.0), Ended(OTHER, 7.0)]
    assert reports.lost == 3


@given(st.lists(st.sampled_from(EVERYTHING), max_size=60), st.integers(1, 12))
def test_the_queue_is_bounded_and_keeps_its_order(put: list[Report], limit: int) -> None:
    reports = Reports(limit=limit)
    for report in put:
        reports.put(report)
    seqs = [delivery.seq for delivery in reports.after(0, 1000)]
    assert len(seqs) == min(limit, len(put))
    assert seqs == sorted(seqs)
    assert reports.lost + len(seqs) == len(put)
    endings = Ended | CallEnded | PinSpent | Metered
    if sum(isinstance(report, endings) for report in put) <= limit:
        kept = [report for report in waiting(reports) if isinstance(report, endings)]
        assert kept == [report for report in put if isinstance(report, endings)]


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 40)), max_size=30))
def test_whatever_is_acknowledged_when_nothing_else_is_lost(steps: list[tuple[int, int]]) -> None:
    reports, acknowledged, last = Reports(), 0, 0
    for new, seq in steps:
        for _ in range(new):
            reports.put(EVERYTHING[1])
            last += 1
        acknowledged = min(last, max(acknowledged, seq))
        reports.acknowledge(min(seq, last))
        assert [d.seq for d in reports.after(0, 1000)] == list(range(acknowledged + 1, last + 1))


def test_a_consumer_gets_no_more_than_a_window_without_acknowledging() -> None:
    reports, taker = Reports(), Taker()
    for _ in range(WINDOW + 50):
        reports.put(EVERYTHING[1])
    outlet = reports.open(taker)
    outlet.hear({"run": "", "ack": 0})
    assert taker.seqs == list(range(1, WINDOW + 1))
    outlet.hear({"ack": 40})
    assert taker.seqs == list(range(1, WINDOW + 41))


def test_a_consumer_that_comes_back_gets_what_it_did_not_acknowledge() -> None:
    reports, first, second = Reports(), Taker(), Taker()
    outlet = reports.open(first)
    outlet.hear({"run": "", "ack": 0})
    for report in EVERYTHING:
        reports.put(report)
    outlet.hear({"ack": 2})
    reports.shut(outlet)
    reports.open(second).hear({"run": reports.run, "ack": 4})
    assert (first.seqs, second.seqs) == ([1, 2, 3, 4, 5, 6, 7, 8, 9], [5, 6, 7, 8, 9])


def test_numbers_of_another_relay_acknowledge_nothing() -> None:
    reports, taker = Reports(), Taker()
    reports.put(EVERYTHING[0])
    reports.open(taker).hear({"run": "another", "ack": 99})
    assert taker.seqs == [1]


def test_it_is_known_whether_anybody_takes_them() -> None:
    reports = Reports()
    before = reports.taken
    outlet = reports.open(Taker())
    during = reports.taken
    reports.shut(outlet)
    assert (before, during, reports.taken) == (False, True, False)


def test_there_is_one_consumer_and_the_last_one_to_come_is_it() -> None:
    reports, first, second = Reports(), Taker(), Taker()
    old = reports.open(first)
    old.hear({"run": "", "ack": 0})
    reports.open(second).hear({"run": "", "ack": 0})
    reports.shut(old)
    reports.put(EVERYTHING[0])
    assert first.dismissed
    assert (first.seqs, second.seqs) == ([], [1])


def test_the_stream_begins_with_the_rooms_that_something_is_still_to_be_heard_of() -> None:
    reports, taker = Reports(), Taker()
    reports.put(Started(ROOM, 1.0))
    reports.put(Started(OTHER, 1.0))
    reports.put(Ended(OTHER, 2.0))
    reports.acknowledge(2)
    reports.open(taker).hear({"run": "", "ack": 0})
    assert taker.head == {"run": reports.run, "live": [ROOM, OTHER], "lost": 0}


@pytest.mark.parametrize("body", [None, [], {}, {"ack": "1"}, {"ack": -1}, {"ack": True}])
def test_noise_is_no_acknowledgement(body: object) -> None:
    with pytest.raises(ProtocolError, match="bad-frame"):
        Reports().open(Taker()).hear(body)


# -- a room -------------------------------------------------------------------------------------------


def told(house: House) -> list[Report]:
    return waiting(house.reports)


@pytest.mark.promise("N1.2", "N1.7")
def test_without_permission_a_room_reports_only_that_it_began_and_ended() -> None:
    """Without permission the relay reports of a room only that it began and ended."""
    house = House()
    ada = house.joined("Ada", "host")
    ada.say("leave")
    began, ended = told(house)
    assert began == Started(began.instance, 1_700_001_000.0)
    assert ended == Ended(began.instance, 1_700_001_000.0)


def test_the_room_is_named_by_the_hash_of_its_instance() -> None:
    house = House()
    ada = house.joined("Ada", "host")
    assert told(house)[0].instance == hashed(ada.welcome["room"]["instance"])


@pytest.mark.promise("N1.2", "N3.2")
@pytest.mark.parametrize("category", REPORTABLE)
def test_each_permission_lets_out_its_own_field_and_no_other(category: str) -> None:
    """Each permission lets the relay report its own value and no other."""
    house = House()
    more = {"meeting.ip": {"ip": "203.0.113.7"}, "meeting.device": {"device": "Firefox"}}
    house.joined("Ada", "host", reports=(category,), account=7, **more.get(category, {}))
    started, joined = told(house)
    assert isinstance(started, Started)
    assert isinstance(joined, Joined)
    shows = {
        "meeting.link": {"code"}, "meeting.topic": {"code"}, "meeting.participants": {"name"},
        "meeting.access_kind": {"access"}, "meeting.ip": {"ip"}, "meeting.device": {"device"},
        "usage.aggregate": {"at_once"},
    }  # fmt: skip
    common = {"instance", "seat", "at", "host", "recorded"}
    common |= {"account", "browser"} if category != "usage.aggregate" else set()
    filled = {field.name for field in fields(joined) if getattr(joined, field.name) is not None}
    assert filled == common | shows.get(category, set())
    assert (started.code is not None) == ("code" in filled)
    assert started.recorded == joined.recorded == (category != "usage.aggregate")
    assert started.counted == (category == "usage.aggregate")


def test_leaving_is_reported_with_the_quality_in_sum() -> None:
    house = House()
    permitted = ("meeting.joins", "meeting.quality", "usage.aggregate")
    ada = house.joined("Ada", "host", reports=permitted)
    for level, seconds in ((3, 10), (1, 5), (3, 2), (2, 6)):
        house.media.only_room.listener.quality({0: level})
        house.now += seconds
    ada.say("leave")
    quality, left, ended = told(house)[2:]
    assert quality == Quality(quality.instance, 0, worst=1, typical=3)
    assert left == Left(quality.instance, 0, 1_700_001_023.0, seconds=23.0)
    assert isinstance(ended, Ended)


def test_quality_that_may_not_be_kept_is_not_added_up() -> None:
    house = House()
    ada = house.joined("Ada", "host", reports=("meeting.joins",))
    house.media.only_room.listener.quality({0: 1})
    ada.say("leave")
    assert [report.KIND for report in told(house)] == ["started", "joined", "left", "ended"]


def test_everybody_leaves_when_the_server_ends() -> None:
    house = House()
    for name in ("Ada", "Ben"):
        house.joined(name, reports=("meeting.joins",), browser=name)
    house.registry.close(closing.RESTART)
    assert [report.KIND for report in told(house)] == ["started", "joined", "joined", "left", "left", "ended"]


def test_the_time_of_two_together_is_added_up_for_the_account_that_the_first_ticket_names() -> None:
    house = House()
    ada = house.joined("Ada", "host", browser="ada")  # started ad hoc without an account
    house.now += 100
    ben = house.joined("Ben", "host", browser="ben", meter=7)
    house.now += 30
    cleo = house.joined("Cleo", browser="cleo", meter=8)
    house.now += 5
    cleo.say("leave")
    ben.say("leave")
    house.now += 600
    dan = house.joined("Dan", browser="dan")
    house.now += 20
    ada.say("leave")
    dan.say("leave")
    began, metered, ended = told(house)
    assert metered == Metered(began.instance, 1_700_001_755.0, 7, 55.0)
    assert isinstance(ended, Ended)


def test_time_that_no_plan_limits_is_not_reported_nor_is_that_of_somebody_alone() -> None:
    house = House()
    for meter in (None, 7):
        ada = house.joined("Ada", "host", browser="ada", meter=meter)
        house.now += 100
        if meter is None:
            house.joined("Ben", browser="ben").say("leave")
        ada.say("leave")
    assert [report.KIND for report in told(house)] == ["started", "ended"] * 2


def test_a_room_that_the_server_ends_is_measured_until_then() -> None:
    house = House()
    for name in ("Ada", "Ben"):
        house.joined(name, browser=name, meter=7)
    house.now += 60
    house.registry.close(closing.RESTART)
    (metered,) = [report for report in told(house) if isinstance(report, Metered)]
    assert (metered.meter, metered.seconds) == (7, 60.0)


def later(house: House, seconds: float, *people: Person) -> None:
    """Time passes, and everybody who is in is still there."""
    house.now += seconds
    for person in people:
        person.say("ping", ack=0)
    house.registry.tick()


def metered(house: House) -> list[float]:
    return [report.seconds for report in told(house) if isinstance(report, Metered)]


def test_minutes_are_reported_in_pieces_while_somebody_takes_them() -> None:
    house = House()
    people = [house.joined(name, browser=name, meter=7) for name in ("Ada", "Ben")]
    later(house, 900, *people)
    assert metered(house) == [], "nobody takes them: one report at the end takes less room"
    house.reports.open(Taker())
    later(house, 0, *people)
    later(house, 299, *people)
    assert metered(house) == [900.0]
    later(house, 1, *people)
    later(house, 1, *people)
    assert metered(house) == [900.0, 300.0]
    house.now += 59
    house.registry.close(closing.RESTART)
    assert metered(house) == [900.0, 300.0, 60.0]


def test_pieces_are_of_time_together_alone_and_wait_for_whose_plan_counts_it() -> None:
    house = House()
    house.reports.open(Taker())
    ada, ben = house.joined("Ada", browser="Ada"), house.joined("Ben", browser="Ben")
    later(house, 1000, ada, ben)
    assert metered(house) == []
    cleo = house.joined("Cleo", "host", browser="Cleo", meter=7)
    for person in (ada, ben):
        person.say("leave")
    later(house, 1000, cleo)
    cleo.say("leave")
    assert metered(house) == [1000.0]


def test_a_room_into_which_nobody_may_come_reports_nothing() -> None:
    house = House()
    house.person().say("ping", ack=0)
    assert told(house) == []


def test_a_broken_queue_does_not_break_the_meeting() -> None:
    house = House()

    def broken(_report: Report) -> None:
        raise RuntimeError("a bug")

    house.reports.put = broken  # type: ignore[method-assign]
    ada = house.joined("Ada", "host", reports=("meeting.joins",))
    ada.say("leave")
    assert house.registry.rooms == 0
    assert house.counters.faults > 0


def test_the_people_on_the_server_are_counted_at_each_joining() -> None:
    house = House()
    ada = house.joined("Ada", reports=("usage.aggregate",))
    house.joined("Ben", reports=("usage.aggregate",), browser="ben", room="other")
    ada.say("leave")
    house.joined("Cem", reports=("usage.aggregate",), browser="cem")
    assert [report.at_once for report in told(house) if isinstance(report, Joined)] == [1, 2, 2]


def test_a_delivery_is_told_apart_by_run_and_number() -> None:
    assert Delivery("a", 1, EVERYTHING[0]) != Delivery("b", 1, EVERYTHING[0])
