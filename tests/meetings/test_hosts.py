"""Co-hosts: who becomes one, what that opens, and how it ends."""

from __future__ import annotations

import pytest

from onmeet.meetings import hosts as module
from onmeet.meetings.hosts import Hosts, TooManyHosts
from onmeet.meetings.service import MeetingGone, Meetings
from tests.factories.house import PASSWORD, House

ADA, GRACE, MARY = 1, 2, 3


@pytest.fixture
def hosts(house: House) -> Hosts:
    for email in ("ada@example.org", "grace@example.org", "mary@example.org"):
        house.services.accounts.register(email, PASSWORD)
    return house.services.hosts


@pytest.fixture
def meetings(house: House, hosts: Hosts) -> Meetings:
    return house.services.meetings


@pytest.fixture
def code(meetings: Meetings) -> str:
    return meetings.create(ADA, "Tuesday").code


def test_a_link_makes_somebody_a_host_of_this_meeting_alone(
    hosts: Hosts, meetings: Meetings, code: str
) -> None:
    other = meetings.create(ADA, "Friday").code
    token = hosts.new_link(ADA, code)
    assert hosts.invited(code, token).title == "Tuesday"
    hosts.join(GRACE, code, token)
    assert meetings.role(code, GRACE, started_here=False) == "host"
    assert meetings.role(other, GRACE, started_here=False) == "guest"
    assert meetings.role(code, MARY, started_here=False) == "guest"
    assert meetings.role(code, None, started_here=False) == "guest"
    assert [meeting.code for meeting in hosts.helping(GRACE)] == [code]
    assert meetings.of(GRACE) == []


def test_a_co_host_changes_nothing_about_the_meeting(house: House, hosts: Hosts, code: str) -> None:
    hosts.join(GRACE, code, hosts.new_link(ADA, code))
    for attempt in (
        lambda: house.services.meetings.get(GRACE, code),
        lambda: house.services.planning.cancel(GRACE, code),
        lambda: hosts.of(GRACE, code),
        lambda: hosts.new_link(GRACE, code),
        lambda: hosts.close_link(GRACE, code),
        lambda: hosts.remove(GRACE, code, 1),
    ):
        with pytest.raises(MeetingGone):
            attempt()


def test_links_open_nothing_once_they_are_replaced_or_closed(
    hosts: Hosts, meetings: Meetings, code: str
) -> None:
    first = hosts.new_link(ADA, code)
    second = hosts.new_link(ADA, code)
    other = meetings.create(ADA, "Friday").code
    hosts.close_link(ADA, other)
    for wrong in ((code, first), (other, second), (other, ""), (code, ""), ("zzz-zzzz-zzz", second)):
        with pytest.raises(MeetingGone):
            hosts.invited(*wrong)
        with pytest.raises(MeetingGone):
            hosts.join(GRACE, *wrong)
    hosts.join(GRACE, code, second)
    hosts.close_link(ADA, code)
    with pytest.raises(MeetingGone):
        hosts.join(MARY, code, second)
    assert [each.account_id for each in hosts.of(ADA, code)] == [GRACE]  # who is one, stays one


def test_nobody_is_a_co_host_twice_and_the_owner_is_none(hosts: Hosts, code: str) -> None:
    token = hosts.new_link(ADA, code)
    for account in (GRACE, GRACE, ADA):
        hosts.join(account, code, token)
    assert [each.account_id for each in hosts.of(ADA, code)] == [GRACE]


def test_removing_and_leaving_end_it_at_once(hosts: Hosts, meetings: Meetings, code: str) -> None:
    token = hosts.new_link(ADA, code)
    hosts.join(GRACE, code, token)
    hosts.join(MARY, code, token)
    grace, _ = hosts.of(ADA, code)
    hosts.remove(ADA, code, grace.number)
    hosts.leave(MARY, code)
    assert hosts.of(ADA, code) == []
    assert {meetings.role(code, each, started_here=False) for each in (GRACE, MARY)} == {"guest"}
    for attempt in (lambda: hosts.leave(MARY, code), lambda: hosts.leave(MARY, "zzz-zzzz-zzz")):
        with pytest.raises(MeetingGone):
            attempt()


def test_a_number_of_another_meeting_removes_nobody(hosts: Hosts, meetings: Meetings, code: str) -> None:
    hosts.join(GRACE, code, hosts.new_link(ADA, code))
    (grace,) = hosts.of(ADA, code)
    hers = meetings.create(MARY, "Hers").code
    hosts.remove(MARY, hers, grace.number)
    assert hosts.of(ADA, code) == [grace]


def test_there_is_an_end_to_co_hosts(hosts: Hosts, code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_HOSTS", 1)
    token = hosts.new_link(ADA, code)
    hosts.join(GRACE, code, token)
    with pytest.raises(TooManyHosts):
        hosts.join(MARY, code, token)
    hosts.join(GRACE, code, token)
