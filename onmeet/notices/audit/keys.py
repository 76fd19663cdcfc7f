"""The store of keys as an auditor sees it: no key without somebody whose data it opens."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice

from sqlalchemy import MetaData, select
from sqlalchemy.orm import Session

from onmeet.notices.audit.report import Finding
from onmeet.notices.columns import rows_of
from onmeet.notices.keys import KeyStore

__all__ = ["STORE", "look"]

STORE = "keys"

_AT_ONCE = 500


def look(keys: KeyStore, session: Session, metadata: MetaData, now: datetime) -> Iterator[Finding]:
    """Keys that open nothing any more. One of today may belong to a row that is being written."""
    old = keys.subjects(made_before=(now - timedelta(days=1)).date())
    unused = 0
    while batch := list(islice(old, _AT_ONCE)):
        unused += len(set(batch) - _in_use(session, metadata, batch))
    if unused:
        yield Finding(
            "key left over", STORE, "subjects", unused, "run `onmeet sweep`: it destroys keys without rows"
        )


def _in_use(session: Session, metadata: MetaData, subjects: list[str]) -> set[str]:
    found: set[str] = set()
    for table in metadata.sorted_tables:
        if (name := rows_of(table).subject) is not None:
            column = table.c[name]
            found.update(session.scalars(select(column).where(column.in_(subjects)).distinct()))
    return found
