"""Co-hosts: who becomes one, what that opens, and how it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from onmeet.meetings import hosts as module
from onmeet.meetings.hosts import Hosts, TooManyHosts
from onmeet.meetings.service import MeetingGone, Meetings
from onmeet.signalling.ticket import Ticket
from onmeet.web.entrance import ticket_for
from tests.factories.house import PASSWORD, House, Visitor
from tests.factories.relay import quiet_relay
from tests.peers.signalling_client import SignallingClient

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


def way_in(house: House) -> Callable[[Visitor, str], Ticket]:
    """What asks for the ticket of a visitor who opens a meeting's page."""
    given: list[Ticket] = []

    def show(code: str) -> str:
        given.append(ticket_for(code))
        return ""

    house.app.add_url_rule("/show/<code>", "show", show)

    def ticket(visitor: Visitor, code: str) -> Ticket:
        visitor.open(f"/m/{code}")
        assert visitor.open(f"/show/{code}").status_code == 200
        return given.pop()

    return ticket


async def test_a_co_host_alone_lets_guests_in_from_the_lobby(house: House) -> None:
    """The owner is not there, and nobody else needs to be: guests in browsers need no key of the owner's."""
    ticket = way_in(house)
    house.member("ada@example.org")
    code = house.services.meetings.create(ADA, "Tuesday", lobby=True).code
    grace = house.member("grace@example.org")
    house.services.hosts.join(GRACE, code, house.services.hosts.new_link(ADA, code))
    early = await asyncio.to_thread(ticket, house.visitor(), code)
    of_grace = await asyncio.to_thread(ticket, grace, code)
    assert (of_grace.role, early.role, early.lobby) == ("host", "guest", True)
    async with quiet_relay(house.config.relay_socket) as relay:
        guest = await SignallingClient.over_unix(relay.path, early)
        await guest.send("join", version=1, name="Guest", muted=[])
        await guest.wait_for("waiting")
        host = await SignallingClient.over_unix(relay.path, of_grace)
        await host.join("Grace")
        (waiting,) = (await host.wait_for("knocks"))["waiting"]
        await host.send("let-in", guests=[waiting["guest"]])
        welcome = await guest.wait_for("welcome")
        assert [each["name"] for each in welcome["participants"]] == ["Grace", "Guest"]
        await host.send("lobby", on=False)
        assert (await guest.wait_for("lobby"))["on"] is False, "what the owner chose a co-host may change"
