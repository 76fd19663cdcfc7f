"""`python -m bench gate`: what the gate costs on a bulk insert of records about participations.

The same rows are inserted with and without the gate, in turn, in one process, on SQLite and on a PostgreSQL
of its own. 'none' is the same SQLAlchemy insert with the columns' plain types on an engine without a gate.
The time is that of the statement alone: a commit would make the share of the gate look smaller.
Sealing, which PostgreSQL adds in production, is measured apart: it is encryption, not the gate.
"""

from __future__ import annotations

import argparse
import gc
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, MetaData, Table, insert

from onmeet import migrations
from onmeet.config import Config, database_url
from onmeet.db import Base, connect
from onmeet.meetings.models import MeetingRecord, Participation
from onmeet.notices import gate, owning, reading, sealing
from onmeet.notices.kept import Gate, Kept
from onmeet.notices.keys import open_key_store
from onmeet.notices.notice import Item
from onmeet.notices.policy import Policy
from onmeet.notices.rotating import RotatingKeys
from tests.factories.postgres import missing, running_cluster

ROWS = 10_000
ROUNDS = 15
TARGET_PCT = 5.0
_PARENT = {"id": 1, "subject": "s", "instance": "i"}
_NOW = datetime(2026, 3, 1, 10, 0, tzinfo=UTC)

Insert = Callable[[], float]


@dataclass(frozen=True)
class Row:
    """One line of the table; the JSON report holds exactly these fields."""

    database: str
    gate: str
    median_ms: float
    overhead_pct: float
    low_pct: float
    high_pct: float


def arguments(parser: argparse.ArgumentParser) -> None:
    """The subcommand's options."""
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--json", type=Path)


def main(options: argparse.Namespace) -> int:
    """Run and report; fails when the gate under easymeet24 costs more than the target."""
    rows: list[Row] = []
    with places() as configs:
        for name, config in configs:
            rows += measure(name, config, options.rounds)
    print("| database | gate | median ms | overhead | middle half of rounds |")
    print("|---|---|---|---|---|")
    for row in rows:
        spread = f"{row.low_pct:+.1f} … {row.high_pct:+.1f} %" if row.gate != "none" else ""
        overhead = f"{row.overhead_pct:+.1f} %" if row.gate != "none" else ""
        print(f"| {row.database} | {row.gate} | {row.median_ms:.1f} | {overhead} | {spread} |")
    if options.json:
        options.json.write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n")
    return max(int(row.gate == "easymeet24" and row.overhead_pct > TARGET_PCT) for row in rows)


@contextmanager
def places() -> Iterator[list[tuple[str, Config]]]:
    """SQLite in a temporary folder, and PostgreSQL where it is installed."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="onmeet-bench-")))
        settings = {"ONMEET_DATA": str(folder / "sqlite"), "ONMEET_MEDIA_IP": "127.0.0.1"}
        configs = [("SQLite", Config.from_env(settings))]
        if (why := missing()) is None:
            url = database_url(stack.enter_context(running_cluster()).new_database())
            data = {**settings, "ONMEET_DATA": str(folder / "postgresql")}
            configs.append(("PostgreSQL", replace(Config.from_env(data), database_url=url)))
        else:
            print(f"without PostgreSQL: {why}")
        for _, config in configs:
            migrations.upgrade(config)
        yield configs


def measure(name: str, config: Config, rounds: int) -> list[Row]:
    """Every gate in turn, round by round; the overhead is the median of the rounds' own ratios."""
    seconds: dict[str, list[float]] = {}
    with ExitStack() as stack:
        inserts = {gated: stack.enter_context(timed(config, gated)) for gated in GATES}
        for one in inserts.values():
            one()  # compiles, and lets the caches and files reach their size
        for number in range(rounds):
            order = list(inserts.items())
            for gated, one in order[number % len(order) :] + order[: number % len(order)]:
                seconds.setdefault(gated, []).append(one())
    return [_row(name, gated, seconds[gated], seconds["none"]) for gated in GATES]


def _row(name: str, gated: str, taken: list[float], plain: list[float]) -> Row:
    ratios = [100 * (one / bare - 1) for one, bare in zip(taken, plain, strict=True)]
    low, middle, high = statistics.quantiles(ratios, n=4)
    return Row(
        name,
        gated,
        round(1000 * statistics.median(taken), 1),
        round(middle, 2),
        round(low, 2),
        round(high, 2),
    )


@contextmanager
def timed(config: Config, gated: str) -> Iterator[Insert]:
    """Seconds that an insert of all rows takes; it is undone afterwards."""
    database = connect(config.database_url)
    table = GATES[gated](database.engine, config)
    values = participations()

    def once() -> float:
        with database.engine.begin() as connection:
            connection.execute(insert(MeetingRecord), _PARENT)
            gc.collect()
            gc.disable()
            start = time.perf_counter()
            connection.execute(insert(table), values)
            taken = time.perf_counter() - start
            gc.enable()
            connection.rollback()
        return taken

    yield once
    database.close()


def participations() -> list[dict[str, Any]]:
    """Records of participations as the relay's events make them."""
    return [
        {
            "subject": f"{number:032x}",
            "record_id": 1,
            "account_id": None,
            "seat": number,
            "browser": f"{number:064x}",
            "name": f"Participant {number}",
            "joined_at": _NOW,
            "left_at": _NOW,
            "access_kind": "browser",
            "ip": f"203.0.{number >> 8 & 255}.{number & 255}",
            "device": "Firefox 140 on Linux",
            "quality": "good",
            "ended_on": date(2026, 3, 1),
        }
        for number in range(ROWS)
    ]


def _plain(_engine: Engine, _config: Config) -> Table:
    """The tables with plain types: as they would be without a gate."""
    metadata = MetaData()
    for table in Base.metadata.sorted_tables:
        for column in table.to_metadata(metadata).columns:
            if isinstance(column.type, Kept):
                column.type = column.type.inner
    return metadata.tables[Participation.__tablename__]


def _under(policy: Policy, *, sealed: bool = False) -> Callable[[Engine, Config], Table]:
    def fit(engine: Engine, config: Config) -> Table:
        sealer = sealing.Sealer(open_key_store(config)) if sealed else None
        keys = RotatingKeys(config.keys / "rotating")
        gate.fit(engine, Gate(policy, keys, sealer), Base.metadata)
        if sealed:
            owning.fit(engine, Base.metadata)
        return Base.metadata.tables[Participation.__tablename__]

    return fit


def _shaping() -> Policy:
    """easymeet24 with addresses cut and names and devices hashed."""
    notice = reading.load("easymeet24")
    changed = {
        "meeting.ip": "truncated",
        "meeting.participants": "pseudonymised",
        "meeting.device": "pseudonymised",
    }

    def item(one: Item) -> Item:
        form: Any = changed.get(one.category)
        return replace(one, form=form, rotate_days=30) if form else one

    return Policy(replace(notice, items=tuple(item(one) for one in notice.items)))


GATES: dict[str, Callable[[Engine, Config], Table]] = {
    "none": _plain,
    "easymeet24": _under(Policy(reading.load("easymeet24"))),
    "on-meet (all of it dropped)": _under(Policy(reading.load("on-meet"))),
    "addresses cut, names and devices hashed": _under(_shaping()),
    "easymeet24, text sealed": _under(Policy(reading.load("easymeet24")), sealed=True),
}
"""What stands between the insert and the driver."""
