"""Opens the database for a command: brought up to date, behind the gate of the notice in force."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from onmeet import clock
from onmeet.config import Config

if TYPE_CHECKING:
    from onmeet.db import Database
    from onmeet.notices.policy import Policy

__all__ = ["opened"]


@contextmanager
def opened(config: Config) -> Iterator[tuple[Database, Policy]]:
    """The database, with every table declared, and what the notice in force permits."""
    from onmeet import migrations  # these imports are slow, and `onmeet --help` needs none of them
    from onmeet.migrations import tables as _tables  # noqa: F401 - fills the metadata
    from onmeet.notices.store import open_database
    from onmeet.notices.versions import policy_of

    migrations.upgrade(config)
    policy = policy_of(config, clock.now())
    database = open_database(config, policy)
    try:
        yield database, policy
    finally:
        database.close()
