"""From the ticket over the relay's socket to the record: each part as it is, media apart."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from onmeet.clock import now
from onmeet.meetings.models import CallRecord, MeetingRecord, Participation
from onmeet.meetings.reports import Delivery
from onmeet.signalling.feed import Feed, Opened
from onmeet.signalling.gateway_messages import RECORDED
from tests.factories.policies import policy
from tests.factories.relay import QuietRelay, path, quiet_relay, relay
from tests.factories.telephone import GatewayClient
from tests.meetings.test_records import Desk, ticket

__all__ = ["path", "relay"]


class Keeper:
    """What the keeper does with the stream."""

    def __init__(self, path: Path, desk: Desk) -> None:
        self.feed = Feed(path, wall=lambda: now().timestamp())
        self.desk = desk

    async def takes(self, count: int) -> None:
        """Deal with so many reports."""
        async with asyncio.timeout(60):
            while count > 0:
                for news in await asyncio.to_thread(self.feed.take, 5.0):
                    match news:
                        case Opened():
                            self.desk.records.end_orphans(news.live, now())
                        case Delivery():
                            self.desk.records.take(news)
                            count -= 1
                self.feed.acknowledge()


@pytest.fixture
def keeper(path: Path, build_house: Any) -> Iterator[Keeper]:
    keeper = Keeper(path, Desk(build_house(notice="easymeet24")))
    yield keeper
    keeper.feed.close()


async def join(relay: QuietRelay, keeper: Keeper, name: str, role: Any) -> Any:
    written = ticket("easymeet24", keeper.desk.code, role, None)
    return await relay.joined(
        name, role, browser=f"browser-{name}", ip=written.ip, device=written.device, reports=written.reports
    )


@pytest.mark.promise("N3.2", "N3.5")
async def test_a_meeting_becomes_a_record(relay: QuietRelay, keeper: Keeper) -> None:
    """Under easymeet24 a meeting becomes a record: who was there, when, how."""
    ada = await join(relay, keeper, "Ada", "host")
    ben = await join(relay, keeper, "Ben", "guest")
    await ben.leave()
    await ada.leave()
    await keeper.takes(6)
    assert keeper.desk.one(MeetingRecord).ended_on is not None
    people = keeper.desk.all(Participation)
    assert [(p.name, p.ip, p.browser) for p in people] == [
        ("Ada", "203.0.113.77", None), ("Ben", "203.0.113.77", None)
    ]  # fmt: skip
    assert all(person.left_at is not None for person in people)


@pytest.mark.promise("N3.2", "N5.5")
@pytest.mark.parametrize("notice", ["easymeet24", "3cx-webmeeting", "on-meet"])
async def test_a_call_becomes_a_record_where_the_notice_permits_it(
    relay: QuietRelay, path: Path, build_house: Any, notice: str
) -> None:
    """A telephone call into a meeting becomes a record with what the notice permits, under on-meet none."""
    keeper = Keeper(path, Desk(build_house(notice=notice)))
    host = ticket(notice, keeper.desk.code, "host", None)
    ada = await relay.joined("Ada", "host", ip=host.ip, device=host.device, reports=host.reports)
    link = await GatewayClient.open(path, ada.welcome["room"]["code"])
    values = {"caller_number": "+4930123456", "callee_number": "+4930654321", "pbx_domain": "pbx.example.org",
              "licence_key": "3CX-1234", "ip": "203.0.113.77"}  # fmt: skip
    permits = policy(notice).stores
    record = {name: value for name, value in values.items() if permits(RECORDED[name])}
    call = link.ring(1, label="…3456", reports=list(host.reports), record=record)
    await ada.wait_for("callers")
    await ada.send("admit", call=call)
    await link.wait_for("admitted")
    link.say("hang-up", call=call)
    await ada.wait_for("left")
    await ada.leave()
    await keeper.takes(len(relay.reports))
    keeper.feed.close()
    await link.close()
    rows = keeper.desk.all(CallRecord)
    assert len(rows) == (notice != "on-meet")
    for row in rows:
        filled = {name for name in values if getattr(row, name) is not None}
        assert filled == set(record)
        assert row.caller_number == "+4930123456"
        assert (row.started_at is not None, row.ended_at is not None) == (permits("call.times"),) * 2
        assert row.ended_on is not None
        (meeting,) = keeper.desk.all(MeetingRecord)
        assert row.record_id == meeting.id
    kinds = [person.access_kind for person in keeper.desk.all(Participation)]
    assert (
        kinds
        == {"easymeet24": ["browser", "telephone"], "3cx-webmeeting": [None, None], "on-meet": []}[notice]
    )


async def test_the_record_of_a_relay_that_died_is_ended(path: Path, keeper: Keeper) -> None:
    async with quiet_relay(path) as relay:
        await join(relay, keeper, "Ada", "host")
        await keeper.takes(2)
        relay.reports.acknowledge(2)
        relay.reports.put = lambda _report: None  # type: ignore[method-assign] # it dies without a word
    async with quiet_relay(path):
        await keeper.takes(1)
    assert keeper.desk.one(MeetingRecord).ended_on is not None
    assert keeper.desk.one(Participation).browser is None
