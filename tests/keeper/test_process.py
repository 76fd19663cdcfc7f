"""The keeper as a process: killed, doubled, asked to make way for another notice; nothing is lost or left."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, BinaryIO

import pytest
from sqlalchemy import ColumnDefault, Connection, column, select, table, text

from onmeet.accounts.models import Account
from onmeet.clock import now
from onmeet.config import Config, database_url
from onmeet.db import Base, Database, connect
from onmeet.meetings.models import Meeting
from onmeet.meetings.reports import hashed
from onmeet.migrations import tables as _tables  # noqa: F401 - fills the metadata
from onmeet.notices import reading
from onmeet.notices.store import open_database
from onmeet.signalling.ticket import Ticket
from tests.factories.held import everything_permitted
from tests.factories.house import MakeDatabase, empty_database, new_database
from tests.peers.signalling_client import SignallingClient
from tests.running import OnMeetServer, end_with_parent
from tests.waiting import until

__all__ = ["empty_database", "new_database"]


def insert(connection: Connection, name: str, *rows: dict[str, object]) -> None:
    """Without the columns' types, which would keep people's data out: what is not given has its default."""
    known = Base.metadata.tables[name].columns
    defaults = {
        each.name: each.default.arg
        for each in known
        if isinstance(each.default, ColumnDefault) and not each.default.is_callable
    }
    names = {*defaults, *rows[0]}
    plain = table(name, *(column(each) for each in names))
    connection.execute(plain.insert(), [{**defaults, **row} for row in rows])


@contextmanager
def writing(url: str) -> Iterator[Connection]:
    """A transaction past every gate and seal."""
    database = connect(database_url(url))
    try:
        with database.engine.begin() as connection:
            yield connection
    finally:
        database.close()


@pytest.fixture
def environment(tmp_path: Path, new_database: MakeDatabase) -> dict[str, str]:
    data = tmp_path / "var"
    data.mkdir()
    return {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": new_database(data),
        "ONMEET_DATA": str(data),
        "ONMEET_MEDIA_IP": "127.0.0.1",
        "ONMEET_NOTICE": "easymeet24",
    }


def fill(url: str, due: int, undue: int) -> None:
    """Records of meetings: some that ended years ago, some that ended today."""
    today = now().date()
    ended = [today - timedelta(days=1000) if number < due else today for number in range(due + undue)]
    with writing(url) as connection:
        insert(connection, "meeting_records", *(
            {
                "id": number // 5 + 1, "subject": f"m{number:031x}", "instance": f"{number:064x}",
                "title": f"Topic {number}", "ended_on": ended[number],
            }
            for number in range(0, due + undue, 5)
        ))  # fmt: skip
        insert(connection, "participations", *(
            {
                "subject": f"p{number:031x}", "record_id": number // 5 + 1, "seat": number,
                "name": f"Name {number}", "ip": "203.0.113.0", "ended_on": ended[number],
            }
            for number in range(due + undue)
        ))  # fmt: skip


def left(database: Database) -> tuple[int, int]:
    """How many participations there are, and how many of them still have a name."""
    with database.engine.connect() as connection:
        rows, names = connection.execute(text("SELECT count(*), count(name) FROM participations")).one()
    return rows, names


class KeeperProcess(subprocess.Popen[bytes]):
    """A keeper that writes its log to a file."""

    def __init__(self, environment: dict[str, str], log: BinaryIO) -> None:
        self.log = Path(log.name)
        command = [sys.executable, "-m", "onmeet.keeper"]
        super().__init__(command, env=environment, stderr=log, preexec_fn=end_with_parent)

    def up(self) -> bool:
        """Whether it takes signals: one that comes earlier ends it as it would any process."""
        return "the keeper is up" in self.log.read_text()


@contextmanager
def keeper(environment: dict[str, str]) -> Iterator[KeeperProcess]:
    with NamedTemporaryFile() as log:
        process = KeeperProcess(environment, log)  # type: ignore[arg-type]
        try:
            yield process
        finally:
            process.kill()
            process.wait()


DUE, UNDUE = 15_000, 500


@pytest.mark.timeout(900)  # PostgreSQL takes twice as long as SQLite for so many small transactions
@pytest.mark.promise("N1.15", "N3.3")
def test_a_keeper_that_is_killed_in_mid_sweep_again_and_again_leaves_nothing_due_and_deletes_nothing_else(
    environment: dict[str, str],
):
    """However often it is killed, the keeper deletes what is due, and nothing else."""
    subprocess.run(
        [sys.executable, "-m", "onmeet.cli", "db", "upgrade"],
        env=environment,
        check=True,
    )  # adopts the notice
    url = environment["DATABASE_URL"]
    database = connect(database_url(url))
    fill(url, DUE, UNDUE)
    chance = random.Random(20261122)
    seen = [DUE + UNDUE]
    for _ in range(4):
        with keeper(environment) as process:
            until(lambda: left(database)[0] < seen[-1], "the sweep to go on", within=120)
            time.sleep(chance.uniform(0, 0.15))  # a random moment is what is tested
            process.send_signal(signal.SIGKILL)
            process.wait()
        seen.append(left(database)[0])
    assert seen[-1] > UNDUE, "the sweep was over before it could be killed"
    with keeper(environment) as one, keeper(environment) as other:  # and now two at once
        until(lambda: left(database)[0] == UNDUE, "the end of the sweep", within=400)
        until(lambda: one.up() and other.up(), "both to have begun", within=120)
        for process in (one, other):
            process.terminate()
            assert process.wait(60) == 0
    assert left(database) == (UNDUE, UNDUE)
    database.close()
    with writing(url) as connection:
        found = connection.execute(text("SELECT category, sum(count) FROM sweep_counts GROUP BY category"))
        counted = dict(found.all())
        if connection.dialect.name == "sqlite":
            assert connection.execute(text("PRAGMA integrity_check")).scalar_one() == "ok"
    assert counted["meeting.participants"] == counted["meeting.ip"] == DUE


SERVED = pytest.mark.timeout(400)


@pytest.fixture
def server() -> Iterator[OnMeetServer]:
    with OnMeetServer(ONMEET_NOTICE="easymeet24") as running:
        until(lambda: running.keeper_pids(), "a keeper", within=60)
        yield running
        assert not running.complaints()


async def join(server: OnMeetServer, room: str) -> SignallingClient:
    """A guest enters a room, with a ticket that lets the relay report the name."""
    ticket = Ticket(
        room, "guest", "browser", 50, time.time() + 10, reports=("meeting.participants", "meeting.times")
    )
    client = await SignallingClient.over_unix(server.data / "run" / "relay.sock", ticket)
    await client.join("Ada Unique")
    return client


def url_of(server: OnMeetServer) -> str:
    return server.environment.get("DATABASE_URL") or f"sqlite:///{server.data}/onmeet.db"


def query(server: OnMeetServer, statement: str, **values: object) -> list[tuple[Any, ...]]:
    with writing(url_of(server)) as connection:
        done = connection.execute(text(statement), values)
        return [tuple(row) for row in done] if done.returns_rows else []


def receipt(server: OnMeetServer, client: SignallingClient) -> dict[str, Any]:
    """The receipt of the room that a client was in, as soon as there is one."""
    name = hashed(client.welcome["room"]["instance"])
    rows = until(
        lambda: query(server, "SELECT body FROM receipts WHERE id = :name", name=name), "a receipt", within=60
    )
    said: dict[str, Any] = json.loads(str(rows[0][0]))
    return said


@pytest.mark.promise("N1.2", "N3.5")
@SERVED
async def test_the_end_of_a_meeting_is_recorded_and_receipted_whatever_was_killed(server: OnMeetServer):
    """A meeting ends with its record and its receipt, whichever process was killed."""
    first = await join(server, "abc-defg-hij")
    await first.leave()
    body = await asyncio.to_thread(receipt, server, first)
    assert "meeting.participants" in [kept["category"] for kept in body["kept"]]
    assert "Ada" not in json.dumps(body)

    second = await join(server, "klm-nopq-rst")  # the keeper dies in mid-meeting
    (pid,) = server.keeper_pids()
    os.kill(pid, signal.SIGKILL)
    await second.leave()
    await asyncio.to_thread(receipt, server, second)

    third = await join(server, "uvw-xyza-bcd")  # and now the relay
    name = hashed(third.welcome["room"]["instance"])
    recorded = (
        "SELECT 1 FROM participations JOIN meeting_records r ON r.id = record_id WHERE r.instance = :name"
    )
    await asyncio.to_thread(until, lambda: query(server, recorded, name=name), "the record", within=60)
    server.kill_relay()
    await asyncio.to_thread(receipt, server, third)
    assert query(server, "SELECT count(*) FROM meeting_records WHERE ended_on IS NULL") == [(0,)]


@SERVED
async def test_after_the_meeting_a_pin_is_another_one_and_its_minutes_are_added_up(server: OnMeetServer):
    old = "012345678"
    database = open_database(Config.from_env(server.environment), everything_permitted())  # seals if it must
    with database.writing() as session:
        session.add(Account(id=7, email_mark="e"))
        session.flush()
        meeting = {"code_mark": "m", "code": "abc-defg-hjk", "owner_id": 7, "title": "T"}
        session.add(Meeting(**meeting, pin=old, pin_rotates=True))

    def another() -> str:
        with database.reading() as session:
            pin = session.scalars(select(Meeting.pin)).one()
        return pin if pin != old else ""

    path = server.data / "run" / "relay.sock"
    ticket = Ticket(
        "abc-defg-hjk",
        "host",
        "browser",
        50,
        time.time() + 10,
        phone=True,
        pin=old,
        pin_rotates=True,
        meter=7,
    )
    other = await SignallingClient.over_unix(path, ticket)
    await other.join("Ben")
    client = await SignallingClient.over_unix(path, ticket)
    assert (await client.join("Ada"))["room"]["pin"] == old
    await client.leave()
    await other.leave()
    assert len(await asyncio.to_thread(until, another, "another PIN", within=60)) == 9
    database.close()
    minutes = "SELECT 1 FROM used_months WHERE account_id = 7"
    await asyncio.to_thread(until, lambda: query(server, minutes), "minutes of the month", within=60)


@pytest.mark.promise("N1.19")
@SERVED
def test_a_notice_that_takes_effect_restarts_keeper_and_web_and_deletes_what_it_forbids(server: OnMeetServer):
    """When a changed notice takes effect, what it no longer permits is deleted."""
    relay, keeper_before = server.relay_pid(), server.keeper_pids()
    versions = Base.metadata.tables["notice_versions"]
    with writing(url_of(server)) as connection:
        soon = now() + timedelta(seconds=1)
        record = {"subject": "a", "instance": "b", "title": "Budget", "ended_on": now().date()}
        insert(connection, "meeting_records", record)
        connection.execute(versions.update().values(ended_at=soon))
        version = {"name": "on-meet", "version": "99", "source": reading.load("on-meet").source, "digest": ""}
        connection.execute(versions.insert().values(**version, published_at=soon, effective_at=soon))
    until(lambda: server.keeper_pids() not in ([], keeper_before), "another keeper", within=60)
    until(lambda: not query(server, "SELECT 1 FROM meeting_records"), "the clean-up", within=60)
    until(
        lambda: query(server, "SELECT 1 FROM notice_versions WHERE version = '99' AND cleaned"),
        "a note of it",
        within=60,
    )
    server.until_healthy(within=60)
    assert server.relay_pid() == relay
