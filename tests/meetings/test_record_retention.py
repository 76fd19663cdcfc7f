"""Records of meetings go when the notice says, and with a stricter notice at once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from onmeet.meetings.models import MeetingRecord, Participation
from onmeet.meetings.records import Records
from onmeet.notices.notice import Item, Term
from onmeet.notices.policy import Policy
from onmeet.notices.sweep import Sweep
from onmeet.signalling import reporting
from tests.factories.policies import permitting, policy
from tests.factories.postgres import migrated, new_database, postgres
from tests.meetings.test_records import AT, NOON, ROOM, Desk, a_meeting, ticket

__all__ = ["migrated", "new_database", "postgres"]  # run on both kinds of database


@pytest.fixture
def desk(build_house: Any) -> Desk:
    return Desk(build_house(notice="easymeet24"))


def swept(desk: Desk, by: Policy, days: float = 1) -> None:
    """Let days pass since the meeting, and sweep."""
    Sweep(desk.database, by, rest=lambda _: None).run(NOON + timedelta(days=days))


@pytest.mark.promise("N3.3")
def test_a_record_is_kept_for_the_last_twelve_full_months(desk: Desk) -> None:
    """A record of a meeting stays for the last twelve full months and then goes."""
    desk.take(*a_meeting("easymeet24", desk.code))
    swept(desk, policy("easymeet24"), 385)  # 30 March of the year after
    assert desk.one(MeetingRecord).code == desk.code
    assert len(desk.all(Participation)) == 2
    swept(desk, policy("easymeet24"), 388)
    assert desk.all(MeetingRecord) == desk.all(Participation) == []


@pytest.mark.promise("N1.2")
@pytest.mark.parametrize("stricter", ["on-meet", "meetingsphere"])
def test_under_a_notice_without_records_those_of_an_earlier_notice_go(desk: Desk, stricter: str) -> None:
    """Under a notice without records those of an earlier notice are deleted.

    Link, topic and times are permitted there, but for meetings that are kept, not for calls.
    """
    desk.take(*a_meeting("easymeet24", desk.code))
    swept(desk, policy(stricter))
    assert desk.all(MeetingRecord) == desk.all(Participation) == []
    assert [kept.code for kept in desk.house.services.meetings.of(1)] == [desk.code]


def until_the_account_closes(*categories: str) -> Policy:
    return permitting(
        *(Item(c, "ServiceProvision", "Contract", terms=(Term("account_close"),)) for c in categories)
    )


@pytest.mark.promise("N1.2", "N1.14")
def test_what_is_kept_for_the_life_of_an_account_is_not_kept_of_people_without_one(desk: Desk) -> None:
    """What may stay as long as an account is not kept of people without one."""
    notice = until_the_account_closes("meeting.link", "meeting.participants", "meeting.joins")
    desk.take(*a_meeting("easymeet24", desk.code))
    swept(desk, notice)
    (ada,) = desk.all(Participation)
    assert ada.name == "Ada"
    assert desk.one(MeetingRecord).code == desk.code


def test_a_meeting_that_goes_on_keeps_its_record(desk: Desk) -> None:
    notice = until_the_account_closes("meeting.link", "meeting.participants")
    guest = ticket("easymeet24", "zzz-zzzz-zzz", "guest", None)
    records = Records(desk.database, policy("easymeet24"), key=desk.house.config.marks_key)
    assert records.recording
    desk.take(reporting.joined(ROOM, 0, "Ben", guest, at=AT, at_once=1))
    swept(desk, notice)
    assert desk.one(Participation).name == "Ben"
