"""Whatever crosses on the way, honest members find together and nobody raises an alarm."""

from __future__ import annotations

from typing import Any

import pytest

from onmeet.e2ee.labels import EPOCH_MAX
from tests.e2ee.insider import Insider
from tests.e2ee.meeting import Make, Meeting, agree
from tests.e2ee.traffic import Traffic

CASTS = [
    {"hosts": 1, "guests": 2},
    {"hosts": 0, "guests": 3},
    {"hosts": 3, "guests": 1},
    {"hosts": 1, "guests": 2, "departures": 3},
    {"hosts": 2, "guests": 2, "departures": 3},
    {"hosts": 1, "guests": 3, "departures": 2, "kicks": 2},
]
SEEDS = {"python": 150, "javascript": 12, "mixed": 12}
"""How many of each cast; a question to node takes its time."""

HARMLESS = {"unknown", "usurped", "barred"}
"""What the page shows nobody (static/js/room/connection.js)."""


@pytest.mark.parametrize("people", CASTS, ids=str)
@pytest.mark.parametrize("kind", SEEDS)
def test_whoever_comes_and_goes_the_rest_agree(kind: str, people: dict[str, Any], make: Make) -> None:
    for seed in range(SEEDS[kind]):
        traffic = Traffic(make, seed)
        traffic.play(**people)
        members = list(traffic.members.values())
        alarms = [alarm for member in members for alarm in member.alarms if alarm[0] not in HARMLESS]
        assert not alarms, f"seed {seed}"
        assert agree(*members), f"seed {seed}"
        assert members[0].epoch["members"] == sorted(traffic.members), f"seed {seed}"


def test_host_who_comes_after_a_lost_race_goes_on_from_the_winner(meeting: Meeting) -> None:
    one, two = meeting.enter(), meeting.enter()
    meeting.wire.reverse()
    meeting.deliver(meeting.wire.pop(0))  # the second hello is there first, and its author begins
    meeting.deliver(meeting.wire.pop(0))
    early, winner = meeting.wire
    assert (early[0], winner[0]) == (two.index, one.index)
    meeting.wire = [winner, early]  # what the relay keeps for joiners is the epoch that lost
    meeting.settle()
    assert agree(one, two)
    host = meeting.join(host=True)
    meeting.wait(1000)
    assert agree(one, two, host)
    assert not [*one.alarms, *two.alarms, *host.alarms]


def test_host_who_comes_back_keeps_those_out_whom_it_put_out(meeting: Meeting) -> None:
    host, guest, outcast = meeting.join(host=True), meeting.join(), meeting.join()
    meeting.wait(1000)
    meeting.kick(host, outcast.index)
    meeting.leave(outcast)
    meeting.leave(host)
    back = meeting.join(host=True)
    meeting.wait(3000)
    late = meeting.join()
    meeting.wait(1000)
    assert agree(guest, back, late)
    assert not [*guest.alarms, *back.alarms, *late.alarms]
    assert list(back.sent("epoch")[-1]["kick"]["who"]) == [str(outcast.index)]


def test_whoever_lost_the_turn_and_gets_it_back_writes_anew(meeting: Meeting) -> None:
    one = meeting.enter()
    host = meeting.enter(host=True)
    for _ in range(2):
        meeting.deliver(meeting.wire.pop(0))
    meeting.wire = [message for message in meeting.wire if message[0] == one.index]
    meeting.settle()  # its epoch arrives after the host's hello: not its turn any more
    assert not one.said("epoch")
    meeting.leave(host)
    meeting.wait(1000)
    assert len(one.sent("epoch")) == 2
    assert one.epoch["members"] == [one.index]
    assert not one.alarms


def test_epoch_that_was_put_aside_counts_when_the_leader_stays_silent(meeting: Meeting) -> None:
    one, two = meeting.enter(), meeting.enter()
    silent = Insider(meeting)
    silent.use(meeting.host_key)
    for _ in range(2):
        meeting.deliver(meeting.wire.pop(0))
    early = meeting.wire.pop(0)
    assert (early[0], early[1]["kind"]) == (one.index, "epoch")
    meeting.deliver((silent.index, silent.hello()))
    meeting.deliver(early)
    meeting.wait(9_500)
    assert not one.said("epoch")
    meeting.wait(1_000)
    assert one.epoch["n"] == 1
    assert not [*one.alarms, *two.alarms]


def test_newcomer_who_leads_is_told_once_and_at_once(meeting: Meeting) -> None:
    one, two = meeting.join(), meeting.join()
    meeting.wait(1000)
    host = meeting.join(host=True)
    assert agree(one, two, host)
    assert [body["to"] for body in one.sent("standing")] == [host.index]
    assert not two.sent("standing")


def test_newcomer_whom_nobody_tells_goes_on_after_two_seconds(meeting: Meeting) -> None:
    one = meeting.join()
    meeting.tamper = lambda message, to: [] if message[1]["kind"] == "standing" else [message]
    host = meeting.join(host=True)
    meeting.wait(1750)
    assert not host.said("epoch")
    meeting.wait(500)
    assert agree(one, host)
    assert not [*one.alarms, *host.alarms]


def test_newcomer_takes_no_word_of_somebody_who_came_after_it(meeting: Meeting) -> None:
    one = meeting.join()
    host = meeting.enter(host=True)
    rogue = Insider(meeting)
    word = rogue.standing(host.index, 7, b"x" * 32)
    meeting.wire += [(rogue.index, rogue.hello()), (rogue.index, word)]
    meeting.settle()
    meeting.wait(3000)
    assert agree(one, host)
    assert not [*one.alarms, *host.alarms]


def test_newcomer_takes_no_word_that_somebody_else_signed(meeting: Meeting) -> None:
    one = meeting.join()
    rogue = Insider(meeting)
    rogue.greet()
    meeting.wait(1000)
    host = meeting.enter(host=True)
    word = {**rogue.standing(host.index, 7, b"x" * 32), "id": one.index}
    meeting.wire += [(one.index, rogue.signed(word))]
    meeting.settle()
    assert ("forged", one.index) in host.alarms
    meeting.wait(1000)
    assert agree(one, host)


def test_member_who_does_not_lead_takes_nobodys_word(meeting: Meeting) -> None:
    one = meeting.join()
    rogue = Insider(meeting)
    rogue.greet()
    meeting.wait(1000)
    guest = meeting.enter()
    meeting.wire.append((rogue.index, rogue.standing(guest.index, 4_000_000_000, b"x" * 32)))
    meeting.settle()
    meeting.wait(1000)
    assert agree(one, guest)


def test_late_word_for_somebody_else_leads_nobody_astray(meeting: Meeting) -> None:
    one = meeting.join()
    gone = meeting.enter(host=True)
    meeting.deliver(meeting.wire.pop(0))
    late = [message for message in meeting.wire if message[1]["kind"] == "standing"]
    assert [body["to"] for _, body in late] == [gone.index]
    meeting.wire = []
    meeting.leave(gone)
    meeting.wait(1000)
    meeting.join()
    meeting.wait(1000)
    host = meeting.enter(host=True)
    meeting.deliver(meeting.wire.pop(0))
    meeting.wire = [*late, *meeting.wire]
    meeting.settle()
    meeting.wait(1000)
    assert agree(one, host)
    assert not [*one.alarms, *host.alarms]


def test_number_without_a_next_one_in_the_log_stops_nobody(meeting: Meeting) -> None:
    rogue = Insider(meeting)
    rogue.say(rogue.epoch(n=EPOCH_MAX))
    host = meeting.join(host=True)
    guest = meeting.join()
    meeting.wait(1000)
    assert agree(host, guest)
    assert not [*host.alarms, *guest.alarms]
