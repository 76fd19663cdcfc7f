"""The keeper as a process: killed, doubled, asked to make way for another notice; nothing is lost or left."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from onmeet import migrations
from onmeet.clock import now
from onmeet.config import Config
from onmeet.meetings.reports import hashed
from onmeet.notices import reading
from onmeet.signalling.ticket import Ticket
from tests.peers.signalling_client import SignallingClient
from tests.running import OnMeetServer, end_with_parent
from tests.waiting import until


def insert(database: sqlite3.Connection, table: str, **values: object) -> None:
    names = ", ".join(values)
    database.execute(
        f"INSERT INTO {table} ({names}) VALUES ({', '.join('?' * len(values))})", list(values.values())
    )


@pytest.fixture
def config(tmp_path: Path) -> Config:
    made = Config.from_env(environment(tmp_path))
    migrations.upgrade(made)
    return made


def environment(tmp_path: Path) -> dict[str, str]:
    return {
        "ONMEET_DATA": str(tmp_path / "var"),
        "ONMEET_MEDIA_IP": "127.0.0.1",
        "ONMEET_NOTICE": "easymeet24",
    }


def fill(config: Config, due: int, undue: int) -> None:
    """Records of meetings: some that ended years ago, some that ended today."""
    today = now().date()
    with sqlite3.connect(config.data / "onmeet.db") as database:
        for number in range(due + undue):
            ended = today - timedelta(days=1000) if number < due else today
            record = number // 5 + 1
            insert_record = number % 5 == 0
            if insert_record:
                insert(
                    database, "meeting_records", id=record, subject=f"m{number:031x}",
                    instance=f"{number:064x}", title=f"Topic {number}", ended_on=ended.isoformat(),
                )  # fmt: skip
            insert(
                database, "participations", subject=f"p{number:031x}", record_id=record, seat=number,
                name=f"Name {number}", ip="203.0.113.0", ended_on=ended.isoformat(),
            )  # fmt: skip
    database.close()


def left(config: Config) -> tuple[int, int]:
    """How many participations there are, and how many of them still have a name."""
    with sqlite3.connect(config.data / "onmeet.db") as database:
        found: tuple[int, int] = database.execute(
            "SELECT count(*), count(name) FROM participations"
        ).fetchone()
    database.close()
    return found


@contextmanager
def keeper(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "onmeet.keeper"],
        env={"PATH": os.environ["PATH"], **environment(tmp_path)},
        stderr=subprocess.PIPE,
        preexec_fn=end_with_parent,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


DUE, UNDUE = 15_000, 500


@pytest.mark.promise("N1.15", "N3.3")
def test_a_keeper_that_is_killed_in_mid_sweep_again_and_again_leaves_nothing_due_and_deletes_nothing_else(
    config: Config, tmp_path: Path
):
    """However often it is killed, the keeper deletes what is due, and nothing else."""
    subprocess.run(
        [sys.executable, "-m", "onmeet.cli", "db", "upgrade"],
        env={"PATH": os.environ["PATH"], **environment(tmp_path)},
        check=True,
    )  # adopts the notice
    fill(config, DUE, UNDUE)
    chance = random.Random(20261122)
    seen = [DUE + UNDUE]
    for _ in range(4):
        with keeper(tmp_path) as process:
            until(lambda: left(config)[0] < seen[-1], "the sweep to go on", within=30)
            time.sleep(chance.uniform(0, 0.15))  # a random moment is what is tested
            process.send_signal(signal.SIGKILL)
            process.wait()
        seen.append(left(config)[0])
    assert seen[-1] > UNDUE, "the sweep was over before it could be killed"
    with keeper(tmp_path) as one, keeper(tmp_path) as other:  # and now two at once
        until(lambda: left(config)[0] == UNDUE, "the end of the sweep", within=60)
        for process in (one, other):
            process.terminate()
            assert process.wait(20) == 0
    assert left(config) == (UNDUE, UNDUE)
    with sqlite3.connect(config.data / "onmeet.db") as database:
        counted = dict(database.execute("SELECT category, sum(count) FROM sweep_counts GROUP BY category"))
        integrity = database.execute("PRAGMA integrity_check").fetchone()
    database.close()
    assert counted["meeting.participants"] == counted["meeting.ip"] == DUE
    assert integrity == ("ok",)


@pytest.fixture
def server() -> Iterator[OnMeetServer]:
    with OnMeetServer(ONMEET_NOTICE="easymeet24") as running:
        until(lambda: running.keeper_pids(), "a keeper")
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


def query(server: OnMeetServer, statement: str, *values: object) -> list[tuple[object, ...]]:
    database = sqlite3.connect(server.data / "onmeet.db", timeout=10)
    try:
        with database:
            return database.execute(statement, values).fetchall()
    finally:
        database.close()


def receipt(server: OnMeetServer, client: SignallingClient) -> dict[str, Any]:
    """The receipt of the room that a client was in, as soon as there is one."""
    name = hashed(client.welcome["room"]["instance"])
    rows = until(
        lambda: query(server, "SELECT body FROM receipts WHERE id = ?", name), "a receipt", within=15
    )
    said: dict[str, Any] = json.loads(str(rows[0][0]))
    return said


@pytest.mark.promise("N1.2", "N3.5")
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
    recorded = "SELECT 1 FROM participations JOIN meeting_records r ON r.id = record_id WHERE r.instance = ?"
    await asyncio.to_thread(until, lambda: query(server, recorded, name), "the record")
    server.kill_relay()
    await asyncio.to_thread(receipt, server, third)
    assert query(server, "SELECT count(*) FROM meeting_records WHERE ended_on IS NULL") == [(0,)]


async def test_after_the_meeting_a_pin_is_another_one_and_its_minutes_are_added_up(server: OnMeetServer):
    old = "012345678"
    query(
        server,
        "INSERT INTO accounts (id, subject, email_mark, restricted, objected, erasing, proven, notice,"
        " new_email_mark, new_email_agreed, totp_step, role)"
        " VALUES (7, 'p', 'e', 0, 0, 0, '', '', '', '', 0, '')",
    )
    insert_it = (
        "INSERT INTO meetings (subject, code_mark, code, owner_id, title, pin, pin_rotates, uid, sequence,"
        " cancelled, admission, personal, hosting)"
        " VALUES ('s', 'm', 'abc-defg-hjk', 1, 'T', ?, 1, '', 0, 0, 'open', 0, '')"
    )
    query(server, insert_it, old)
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
    rows = await asyncio.to_thread(
        until, lambda: query(server, "SELECT pin FROM meetings WHERE pin <> ?", old), "another PIN"
    )
    assert len(str(rows[0][0])) == 9
    await asyncio.to_thread(
        until, lambda: query(server, "SELECT 1 FROM used_months WHERE account_id = 7"), "minutes of the month"
    )


@pytest.mark.promise("N1.19")
def test_a_notice_that_takes_effect_restarts_keeper_and_web_and_deletes_what_it_forbids(server: OnMeetServer):
    """When a changed notice takes effect, what it no longer permits is deleted."""
    today = now().date().isoformat()
    query(
        server,
        "INSERT INTO meeting_records (subject, instance, title, ended_on) VALUES ('a', 'b', 'Budget', ?)",
        today,
    )
    relay, keeper_before = server.relay_pid(), server.keeper_pids()
    takes_effect = (now() + timedelta(seconds=1)).replace(tzinfo=None).isoformat(" ")
    source = reading.load("on-meet").source
    query(server, "UPDATE notice_versions SET ended_at = ?", takes_effect)
    query(
        server,
        "INSERT INTO notice_versions (name, version, source, digest, published_at, effective_at, cleaned)"
        " VALUES ('on-meet', '99', ?, '', ?, ?, 0)",
        source, takes_effect, takes_effect,
    )  # fmt: skip
    until(lambda: server.keeper_pids() not in ([], keeper_before), "another keeper", within=30)
    until(lambda: not query(server, "SELECT 1 FROM meeting_records"), "the clean-up", within=30)
    until(
        lambda: query(server, "SELECT 1 FROM notice_versions WHERE version = '99' AND cleaned"),
        "a note of it",
    )
    server.until_healthy()
    assert server.relay_pid() == relay
