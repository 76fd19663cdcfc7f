"""The SQLite file that keys lie in, opened so that what is deleted from it is gone from it.

It has no write-ahead log, and the space of what is deleted is overwritten (`secure_delete`).
"""

from __future__ import annotations

import mmap
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from onmeet.errors import ConfigError

__all__ = ["KeyFile"]

_SEARCHED = 256 * 1024 * 1024
"""Bytes that a check after destroying may read: many keys in a large file are checked by sample."""

_TABLES = """
CREATE TABLE IF NOT EXISTS keys (
    subject TEXT NOT NULL, generation INTEGER NOT NULL, master INTEGER NOT NULL, wrapped BLOB NOT NULL,
    made_on TEXT NOT NULL, PRIMARY KEY (subject, generation)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS keys_by_master ON keys (master);
CREATE TABLE IF NOT EXISTS destroyed (subject TEXT PRIMARY KEY, on_day TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS current (id INTEGER PRIMARY KEY CHECK (id = 1), master INTEGER NOT NULL);
"""

_PRAGMAS = (
    "busy_timeout = 40000",  # whoever is first asks the key service meanwhile
    "journal_mode = DELETE",  # a write-ahead log would keep a second copy of what is deleted
    "synchronous = EXTRA",  # a power failure must not bring a destroyed key back
    "secure_delete = ON",
    "temp_store = MEMORY",
)


class KeyFile:
    """The file, with one connection for each process. Not thread-safe by itself."""

    def __init__(self, path: Path, first_master: Callable[[], int]) -> None:
        """first_master: makes the first master key, when the file is new, and gives its number."""
        self.path = path
        self._first_master = first_master
        self._connection: tuple[int, sqlite3.Connection] | None = None

    def reading(self) -> sqlite3.Connection:
        """This process's connection; one that was inherited over a fork is left alone."""
        if self._connection is None or self._connection[0] != os.getpid():
            self._connection = (os.getpid(), self._open())
        return self._connection[1]

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction that no other process shares."""
        connection = self.reading()
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")

    def compact(self) -> None:
        """Write the file anew, without unused space."""
        self.reading().execute("VACUUM")

    def holds(self, wrapped: list[bytes]) -> bool:
        """Whether any of some byte strings is to be found in the raw file, or in its journal."""
        for file in (self.path, self.path.with_name(f"{self.path.name}-journal")):
            try:
                size = file.stat().st_size
                if not size or not wrapped:
                    continue
                every = max(1, len(wrapped) * size // _SEARCHED)
                with (
                    file.open("rb") as handle,
                    mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ) as raw,
                ):
                    if any(raw.find(key) >= 0 for key in wrapped[::every]):
                        return True
            except FileNotFoundError:
                continue
        return False

    def _open(self) -> sqlite3.Connection:
        try:
            os.close(os.open(self.path, os.O_WRONLY | os.O_CREAT, 0o600))
            connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
        except (OSError, sqlite3.Error) as error:
            raise self._unusable(error) from None
        try:
            for pragma in _PRAGMAS:
                connection.execute(f"PRAGMA {pragma}")
            self._prepare(connection)
        except sqlite3.Error as error:
            connection.close()
            raise self._unusable(error) from None
        except BaseException:
            connection.close()  # and with it the lock that others wait for
            raise
        return connection

    def _unusable(self, error: Exception) -> ConfigError:
        return ConfigError(f"ONMEET_KEYS: the key store {self.path} cannot be opened ({error})")

    def _prepare(self, connection: sqlite3.Connection) -> None:
        """Make the tables, and the first master key, once."""
        connection.execute("BEGIN IMMEDIATE")
        for statement in _TABLES.split(";"):
            connection.execute(statement)
        if connection.execute("SELECT 1 FROM current").fetchone() is None:
            connection.execute("INSERT INTO current VALUES (1, ?)", (self._first_master(),))
        connection.execute("COMMIT")

    def close(self) -> None:
        """Close this process's connection."""
        if self._connection is not None and self._connection[0] == os.getpid():
            self._connection[1].close()
        self._connection = None
