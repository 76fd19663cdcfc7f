"""One audit of a whole instance, store by store."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

from sqlalchemy import MetaData

from onmeet.config import Config
from onmeet.db import Base, Database
from onmeet.notices import due, requests, sealing
from onmeet.notices.audit import database as of_database
from onmeet.notices.audit import files, keys, redis
from onmeet.notices.audit.canary import Canaries
from onmeet.notices.audit.report import Report, Sighting
from onmeet.notices.holds import Holds
from onmeet.notices.keys import open_key_store
from onmeet.notices.policy import Policy

__all__ = ["audit"]


def audit(
    config: Config,
    database: Database,
    policy: Policy,
    now: datetime,
    *,
    canaries: Canaries | None = None,
    also: Iterable[Path] = (),
    metadata: MetaData | None = None,
) -> Report:
    """Look at every store that the instance has. also: files and folders elsewhere, such as logs."""
    wanted = canaries or Canaries(())
    tables = metadata or Base.metadata
    report = Report(now, policy.notice.name, policy.notice.version)
    report.stores = [of_database.STORE, files.STORE, keys.STORE]
    report.add(of_database.look(database, tables, policy, now, wanted))
    with database.reading() as session:
        report.add(keys.look(open_key_store(config), session, tables, now))
    report.add(files.look(config.data, also, wanted, _permitted(report)))
    report.add(files.overdue(config.data, policy.notice.backup_days, now))
    if config.redis_url:
        report.stores.append(redis.STORE)
        report.add(redis.look(config.redis_url, wanted))
    report.holds = [
        f"since {hold.since:%Y-%m-%d}: {hold.category or 'everything'} of "
        f"{'everybody' if hold.account_id is None else f'account {hold.account_id}'} ({hold.reason})"
        for hold in Holds(database).all(now)
    ]
    report.notes = [*_requests(database, now), *_endless(tables, policy), *_notes(config)]
    return report


def _permitted(report: Report) -> frozenset[str]:
    """Strings that stand in the database as the notice permits: its own files hold them too."""
    seen: dict[str, bool] = {}
    for sighting in report.sightings:
        if isinstance(sighting, Sighting):
            seen[sighting.text] = seen.get(sighting.text, True) and sighting.permitted
    return frozenset(text for text, permitted in seen.items() if permitted)


def _requests(database: Database, now: datetime) -> Iterator[str]:
    """Deadlines of data subjects: nothing that must not be there, but something to be done."""
    with database.reading() as session:
        near, late = requests.near_deadline(session, now), requests.overdue(session, now)
    if near or late:
        yield (
            f"{near} requests of data subjects wait for an answer that is due within a week,"
            f" of which overdue: {late}. See `onmeet requests list`."
        )


def _endless(metadata: MetaData, policy: Policy) -> Iterator[str]:
    """What the notice lets stay for ever: its terms count from events that a table does not have."""
    for table, category in due.never_due(metadata, policy):
        yield f"No term of the notice ever ends {category} in {table}: give its item another term."


def _notes(config: Config) -> list[str]:
    """What an audit from here cannot see."""
    notes = ["Logs go to standard error: name the files that they end up in with --also."]
    if not sealing.wanted(config):
        notes.append("Personal columns are not encrypted (SQLite): deleting overwrites them.")
    else:
        notes.append(
            "Personal columns are encrypted with a key for each row: without the key nothing is left."
        )
    return notes
