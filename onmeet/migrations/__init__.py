"""The tables and their history (Alembic). `upgrade` brings a database up to date.

A new revision is a file in `versions/`; `HEAD` names the newest, so that a start which has nothing to do
need load neither Alembic nor SQLAlchemy. Tests compare it with the files, and the tables with the models.
"""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

from onmeet.config import Config

__all__ = ["HEAD", "upgrade"]

HEAD = "0005"


def upgrade(config: Config) -> None:
    """Create or change the tables of `config.database_url` as needed.

    Processes may call this at the same time: one does the work, the others wait and find it done.
    """
    if _sqlite_is_current(config.database_url):
        return
    from onmeet.migrations.running import migrate  # a second of imports that most starts need not pay

    if migrate(config.database_url, HEAD, marks_key=config.marks_key):
        _seal(config)


def _seal(config: Config) -> None:
    """Text from before it was sealed."""
    from onmeet.migrations import tables as _tables  # noqa: F401 - fills the metadata
    from onmeet.notices.keys import open_key_store
    from onmeet.notices.sealing import Sealer, wanted
    from onmeet.notices.stored import seal_all

    if wanted(config):
        keys = open_key_store(config)
        seal_all(config, Sealer(keys))
        keys.close()


def _sqlite_is_current(url: str) -> bool:
    path = Path(url.removeprefix("sqlite:///"))
    if not url.startswith("sqlite:///") or not path.is_file():
        return False
    with contextlib.closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
        try:
            return connection.execute("SELECT version_num FROM alembic_version").fetchall() == [(HEAD,)]
        except sqlite3.Error:
            return False  # no such table yet, or busy: the thorough way decides
