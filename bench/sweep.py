"""The sweep over many due rows: longest lock, how long others wait, memory, rows a second.

The rows are participations of meetings that ended long ago. A child process sweeps them while this one
writes to the same database all the time and measures how long each write waits for the lock.
"""

from __future__ import annotations

import argparse
import json
import resource
import secrets
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import psycopg

from onmeet import migrations
from onmeet.config import Config
from onmeet.migrations import tables as _tables  # noqa: F401 - fills the metadata
from onmeet.notices import reading
from onmeet.notices.policy import Policy
from onmeet.notices.store import open_database
from onmeet.notices.sweep import Sweep

NOW = datetime(2028, 3, 15, tzinfo=UTC)
LONG_AGO = date(2026, 1, 10)
PER_MEETING = 10
CHUNK = 10_000

_RECORD = "INSERT INTO meeting_records (id, subject, instance, ended_on) VALUES ({})"
_PERSON = (
    "INSERT INTO participations (subject, record_id, seat, name, joined_at, left_at, ip, device, ended_on)"
    " VALUES ({})"
)


@dataclass(frozen=True)
class Figures:
    """What one run gave."""

    database: str
    rows: int
    seconds: float
    rows_per_s: float
    longest_lock_ms: float
    writes: int
    p99_wait_ms: float
    longest_wait_ms: float
    rss_start_mb: float
    rss_end_mb: float
    rss_peak_mb: float
    left: int


def arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `./dev bench sweep`."""
    parser.add_argument("--rows", type=int, default=1_000_000, help="due rows (1,000,000)")
    parser.add_argument("--postgres", metavar="URL", help="an empty PostgreSQL database, instead of SQLite")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures there")
    parser.add_argument("--sweeping", action="store_true", help=argparse.SUPPRESS)


def main(options: argparse.Namespace) -> int:
    """Fill, sweep, print."""
    if options.sweeping:
        print(json.dumps(_sweep(Config.from_env())))
        return 0
    with tempfile.TemporaryDirectory(prefix="onmeet-bench-") as folder:
        env = {"ONMEET_DATA": f"{folder}/var", "ONMEET_MEDIA_IP": "127.0.0.1"}
        if options.postgres:
            env["DATABASE_URL"] = options.postgres
        config = Config.from_env(env)
        migrations.upgrade(config)
        people = options.rows * PER_MEETING // (PER_MEETING + 1)
        _fill(config, options.postgres, people)
        figures = _measure(config, env, options.postgres)
    for name, value in asdict(figures).items():
        print(f"{name:>16}  {value}")
    if options.json:
        options.json.write_text(json.dumps(asdict(figures), indent=1) + "\n")
    return 1 if figures.left else 0


def _measure(config: Config, env: dict[str, str], postgres: str | None) -> Figures:
    stop = threading.Event()
    waits: list[float] = []
    write = _postgres_writer(postgres) if postgres else _sqlite_writer(config)
    writer = threading.Thread(target=_write_on, args=(write, stop, waits))
    writer.start()
    command = [sys.executable, "-m", "bench", "sweep", "--sweeping"]
    try:
        done = subprocess.run(command, env={**env, "PATH": ""}, check=True, capture_output=True, text=True)
    finally:
        stop.set()
        writer.join()
    swept = json.loads(done.stdout)
    waits.sort()
    return Figures(
        database="PostgreSQL" if postgres else "SQLite",
        writes=len(waits),
        p99_wait_ms=round(waits[int(len(waits) * 0.99)] * 1000, 1),
        longest_wait_ms=round(waits[-1] * 1000, 1),
        **swept,
    )


def _sweep(config: Config) -> dict[str, float]:
    """In the child process: everything is due, since `on-meet` permits no such records."""
    policy = Policy(reading.load("on-meet"))
    database = open_database(config, policy)
    sweep = Sweep(database, policy)
    start = _rss_mb()
    began = time.monotonic()
    swept = sweep.run(NOW)
    seconds = time.monotonic() - began
    left = sum(sweep.preview(NOW).values())
    return {
        "rows": swept.rows,
        "seconds": round(seconds, 2),
        "rows_per_s": round(swept.rows / seconds),
        "longest_lock_ms": round(sweep.batch.longest * 1000, 1),
        "rss_start_mb": start,
        "rss_end_mb": _rss_mb(),
        "rss_peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
        "left": left,
    }


def _rss_mb() -> float:
    status = Path("/proc/self/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return round(int(line.split()[1]) / 1024, 1)


# -- writing beside it -------------------------------------------------------------------------------


def _write_on(write: Callable[[], float], stop: threading.Event, waits: list[float]) -> None:
    while not stop.is_set():
        began = time.monotonic()
        waits.append(write() - began)
        stop.wait(0.003)


def _sqlite_writer(config: Config) -> Callable[[], float]:
    """Tries every half millisecond: SQLite's own waiting sleeps ever longer, and would measure itself."""
    file = config.data / "onmeet.db"
    connections: list[sqlite3.Connection] = []

    def write() -> float:
        if not connections:
            connections.append(sqlite3.connect(file, timeout=0, isolation_level=None))
        connection = connections[0]
        while True:
            try:
                connection.execute("BEGIN IMMEDIATE")
                break
            except sqlite3.OperationalError:
                time.sleep(0.0005)
        had = time.monotonic()
        connection.execute("UPDATE notice_versions SET cleaned = 1 WHERE id = 0")
        connection.execute("COMMIT")
        return had

    return write


def _postgres_writer(url: str) -> Callable[[], float]:
    connections: list[psycopg.Connection[tuple[object, ...]]] = []

    def write() -> float:
        if not connections:
            connections.append(psycopg.connect(url, autocommit=True))
        insert = "INSERT INTO meeting_records (subject, instance) VALUES (%s, %s)"
        connections[0].execute(insert, ("", secrets.token_hex(16)))
        return time.monotonic()

    return write


# -- filling -----------------------------------------------------------------------------------------


def _fill(config: Config, postgres: str | None, people: int) -> None:
    run = _into_postgres(postgres) if postgres else _into_sqlite(config)
    with run as put:
        for start in range(0, people, CHUNK):
            numbers = range(start, min(start + CHUNK, people))
            put(_RECORD, [_record(n // PER_MEETING) for n in numbers if n % PER_MEETING == 0])
            put(_PERSON, [_person(n) for n in numbers])


def _record(number: int) -> tuple[object, ...]:
    return (number + 1, f"m{number:031x}", secrets.token_hex(32), LONG_AGO)


def _person(number: int) -> tuple[object, ...]:
    at = datetime(2026, 1, 10, 9, number % 60, tzinfo=UTC).isoformat(" ")
    name, ip = f"Participant {number}", f"203.0.113.{number % 256}"
    record, seat = number // PER_MEETING + 1, number % PER_MEETING
    return (f"p{number:031x}", record, seat, name, at, at, ip, "Firefox 140 on Linux", LONG_AGO)


Put = Callable[[str, list[tuple[object, ...]]], None]


@contextmanager
def _into_sqlite(config: Config) -> Iterator[Put]:
    connection = sqlite3.connect(config.data / "onmeet.db")
    connection.execute("PRAGMA synchronous = OFF")

    def put(statement: str, rows: list[tuple[object, ...]]) -> None:
        plain = [tuple(v.isoformat() if isinstance(v, date) else v for v in row) for row in rows]
        if plain:
            connection.executemany(statement.format(", ".join("?" * len(plain[0]))), plain)

    yield put
    connection.commit()
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


@contextmanager
def _into_postgres(url: str) -> Iterator[Put]:
    with psycopg.connect(url) as connection, connection.cursor() as cursor:

        def put(statement: str, rows: list[tuple[object, ...]]) -> None:
            if rows:
                cursor.executemany(statement.format(", ".join(["%s"] * len(rows[0]))), rows)

        yield put
        cursor.execute("SELECT setval('meeting_records_id_seq', (SELECT max(id) FROM meeting_records))")
