"""The keys of data subjects, kept apart from the database: erasing somebody is destroying their key.

Each subject, that is, each row with text about somebody, has 32 random bytes of its own. In the store
they lie wrapped by a master key (AES-256-GCM), and the master key lies in a file of its own, as it is or
wrapped by a key service (`onmeet.notices.masters`). A row has more than one key (`onmeet.notices.key_names`).

What is deleted from the store's file is gone from it (`onmeet.notices.key_file`). `destroy` looks into the
raw bytes afterwards and raises `NotDestroyed` rather than claim what is not so.
"""

from __future__ import annotations

import secrets
import sqlite3
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from onmeet.clock import Clock, monotonic
from onmeet.config import Config
from onmeet.errors import ConfigError
from onmeet.notices.key_file import KeyFile
from onmeet.notices.key_names import WHOLE_BACKUP, all_names, for_backups, of_whole_backup, subject_of
from onmeet.notices.masters import Masters, wrapping

__all__ = [
    "CACHE_SECONDS", "FileKeyStore", "KeyStore", "NotDestroyed", "SubjectErased", "open_key_store",
]  # fmt: skip

CACHE_SECONDS = 5.0
"""How long a process may go on using a key that another one has destroyed."""

_CACHED = 2048
_BATCH = 200
_NONCE = 12
_REFUSED = timedelta(days=7)
"""How long the name of a destroyed key is refused: longer than any write can be under way."""


class SubjectErased(RuntimeError):
    """Something was to be written about a subject whose key has been destroyed. It must not come back."""


class NotDestroyed(RuntimeError):
    """A key is still to be found in a file after it was deleted."""


class KeyStore(Protocol):
    """Where the keys of data subjects are. Thread-safe; several processes use the same one at once."""

    def get(self, subject: str) -> bytes | None:
        """The key that seals for a subject now; None when it was destroyed or never made."""

    def older(self, subject: str) -> tuple[bytes, ...]:
        """Keys of before, newest first, while what they sealed is being sealed anew."""

    def ensure(self, subjects: Iterable[str]) -> dict[str, bytes]:
        """The keys of subjects, made where there is none. Raises `SubjectErased`."""

    def was_destroyed(self, subject: str) -> bool:
        """Whether the key of a subject has been destroyed in the last days."""

    def destroy(self, subjects: Iterable[str]) -> int:
        """Destroy every key of subjects, for good; the number of subjects that had one.

        Those whose names begin with a subject's go along.

        What other processes hold in memory ends after `CACHE_SECONDS`. Raises `NotDestroyed`.
        """

    def forget(self, names: Iterable[str]) -> None:
        """Destroy single keys, of whose subjects others stay."""

    def subjects(self, made_before: date | None = None) -> Iterator[str]:
        """Who has a key, or who had one before a day: a key is made before its first row is committed."""

    def names(self, made_before: date | None = None) -> Iterator[str]:
        """The names of the keys themselves, apart from those of back-ups."""

    def renew(self, subjects: Iterable[str]) -> None:
        """Give subjects another key; the old ones stay readable until `forget_older`."""

    def forget_older(self, subjects: Iterable[str]) -> None:
        """Destroy the keys of before: everything has been sealed under the newest."""

    def rotate_master(self) -> int:
        """Wrap every key under a new master key, then destroy the old one; the number of keys wrapped."""


class FileKeyStore:
    """Keys in `<folder>/subjects.db`, wrapped by a master key in `<folder>/master-<n>.key`."""

    def __init__(
        self,
        folder: Path,
        masters: Masters,
        *,
        wall: Callable[[], float] = time.time,
        clock: Clock = monotonic,
    ) -> None:
        self.path = folder / "subjects.db"
        self._masters = masters
        self._file = KeyFile(self.path, lambda: masters.make(after=0))
        self._wall = wall
        self._clock = clock
        self._lock = threading.RLock()
        self._cache: OrderedDict[str, tuple[float, bytes]] = OrderedDict()

    def get(self, subject: str) -> bytes | None:
        """See `KeyStore`."""
        with self._lock:
            if (found := self._remembered(subject)) is not None:
                return found
            try:
                key = next(self._read(subject), None)
            except ConfigError:  # the master key may just have been replaced: see what it says now
                key = next(self._read(subject), None)
            return None if key is None else self._remember(subject, key)

    def older(self, subject: str) -> tuple[bytes, ...]:
        """See `KeyStore`."""
        with self._lock:
            return tuple(self._read(subject))[1:]

    def ensure(self, subjects: Iterable[str]) -> dict[str, bytes]:
        """See `KeyStore`."""
        wanted = dict.fromkeys(subjects)
        found = {subject: key for subject in wanted if (key := self.get(subject)) is not None}
        missing = [subject for subject in wanted if subject not in found]
        if missing:
            with self._lock, self._file.writing() as connection:
                for subject in missing:
                    found[subject] = self._make(connection, subject)
            with self._lock:
                for subject in missing:
                    self._remember(subject, found[subject])
        return found

    def destroy(self, subjects: Iterable[str]) -> int:
        """See `KeyStore`."""
        return sum(self._destroy(batch) for batch in _batches(subjects))

    def subjects(self, made_before: date | None = None) -> Iterator[str]:
        """See `KeyStore`. The list is read at once; the keys of whole back-ups are not in it."""
        before = "9999" if made_before is None else made_before.isoformat()
        old = (name for name, made in self._made() if made < before and not of_whole_backup(name))
        return iter(dict.fromkeys(map(subject_of, old)))

    def names(self, made_before: date | None = None) -> Iterator[str]:
        """See `KeyStore`. The list is read at once."""
        before = "9999" if made_before is None else made_before.isoformat()
        return (
            name
            for name, made in self._made()
            if made < before and not of_whole_backup(name) and name != for_backups(subject_of(name))
        )

    def forget(self, names: Iterable[str]) -> None:
        """See `KeyStore`."""
        for batch in _batches(names):
            with self._lock:
                self._delete(batch, "", mark=False)

    def was_destroyed(self, subject: str) -> bool:
        """Whether the key of a subject has been destroyed in the last days."""
        with self._lock:
            query = "SELECT 1 FROM destroyed WHERE subject = ?"
            return self._file.reading().execute(query, (subject,)).fetchone() is not None

    def backups(self) -> dict[str, date]:
        """The back-ups that can still be read, by the names of their keys, and their days."""
        return {
            name: date.fromisoformat(made) for name, made in self._made(WHOLE_BACKUP) if of_whole_backup(name)
        }

    def renew(self, subjects: Iterable[str]) -> None:
        """See `KeyStore`."""
        for batch in _batches(subjects):
            with self._lock, self._file.writing() as connection:
                for subject in batch:
                    (newest,) = connection.execute(
                        "SELECT max(generation) FROM keys WHERE subject = ?", (subject,)
                    ).fetchone()
                    if newest is not None:
                        self._insert(connection, subject, newest + 1)
                    self._cache.pop(subject, None)

    def forget_older(self, subjects: Iterable[str]) -> None:
        """See `KeyStore`."""
        older = "generation < (SELECT max(generation) FROM keys AS k WHERE k.subject = keys.subject)"
        for batch in _batches(subjects):
            with self._lock:
                self._delete(batch, f" AND {older}", mark=False)

    def rotate_master(self) -> int:
        """See `KeyStore`. Killed at any point, the next call goes on where this one ended."""
        with self._masters.alone():
            with self._lock:
                current = self._current(self._file.reading())
            new = self._masters.make(after=current)
            with self._lock, self._file.writing() as connection:
                connection.execute("UPDATE current SET master = ?", (new,))
            count = 0
            while batch := self._rewrap(new):
                count += batch
            with self._lock:
                self._verify_gone([], sweep=True)
            self._masters.destroy_all_but(new)
        return count

    def protected_by(self) -> str:
        """The name of what protects the master key."""
        with self._lock:
            return self._masters.protected_by(self._current(self._file.reading()))

    def close(self) -> None:
        """Close the file and forget every key that was in memory."""
        with self._lock:
            self._file.close()
            self._cache.clear()

    def _made(self, start: str = "") -> list[tuple[str, str]]:
        """Every key whose name begins so, and the day of its newest generation."""
        query = "SELECT subject, max(made_on) FROM keys WHERE subject >= ? AND subject < ? GROUP BY subject"
        with self._lock:
            return self._file.reading().execute(query, (start, f"{start}~")).fetchall()

    # -- one key ------------------------------------------------------------------------------------

    def _read(self, subject: str) -> Iterator[bytes]:
        """The keys of a subject, the newest first."""
        rows = self._file.reading().execute(
            "SELECT generation, master, wrapped FROM keys WHERE subject = ? ORDER BY generation DESC",
            (subject,),
        )
        return (self._unwrap(subject, *row) for row in rows.fetchall())

    def _make(self, connection: sqlite3.Connection, subject: str) -> bytes:
        gone = "SELECT 1 FROM destroyed WHERE subject IN (?, ?)"
        if connection.execute(gone, (subject, subject_of(subject))).fetchone():
            raise SubjectErased("nothing may be written about somebody whose key has been destroyed")
        row = connection.execute(
            "SELECT generation, master, wrapped FROM keys WHERE subject = ? ORDER BY generation DESC LIMIT 1",
            (subject,),
        ).fetchone()
        return self._insert(connection, subject, 1) if row is None else self._unwrap(subject, *row)

    def _insert(self, connection: sqlite3.Connection, subject: str, generation: int) -> bytes:
        key, master = secrets.token_bytes(32), self._current(connection)
        connection.execute(
            "INSERT INTO keys VALUES (?, ?, ?, ?, ?)",
            (subject, generation, master, self._wrap(subject, generation, master, key), self._today()),
        )
        return key

    def _wrap(self, subject: str, generation: int, master: int, key: bytes) -> bytes:
        nonce = secrets.token_bytes(_NONCE)
        return nonce + AESGCM(self._masters.get(master)).encrypt(nonce, key, _about(subject, generation))

    def _unwrap(self, subject: str, generation: int, master: int, wrapped: bytes) -> bytes:
        cipher = AESGCM(self._masters.get(master))
        try:
            return cipher.decrypt(wrapped[:_NONCE], wrapped[_NONCE:], _about(subject, generation))
        except InvalidTag:
            raise ConfigError(
                "ONMEET_KEYS: a key in subjects.db does not fit the master key: both must come from the"
                " same copy of the folder"
            ) from None

    def _rewrap(self, master: int) -> int:
        """Bring some keys under another master key; their number, 0 when all are."""
        with self._lock, self._file.writing() as connection:
            rows = connection.execute(
                "SELECT subject, generation, master, wrapped FROM keys WHERE master <> ? LIMIT ?",
                (master, _BATCH),
            ).fetchall()
            for subject, generation, old, wrapped in rows:
                key = self._unwrap(subject, generation, old, wrapped)
                connection.execute(
                    "UPDATE keys SET master = ?, wrapped = ? WHERE subject = ? AND generation = ?",
                    (master, self._wrap(subject, generation, master, key), subject, generation),
                )
        return len(rows)

    def _current(self, connection: sqlite3.Connection) -> int:
        (master,) = connection.execute("SELECT master FROM current").fetchone()
        return int(master)

    # -- forgetting ---------------------------------------------------------------------------------

    def _destroy(self, subjects: Collection[str]) -> int:
        with self._lock:
            before = (datetime.fromtimestamp(self._wall(), UTC) - _REFUSED).date().isoformat()
            with self._file.writing() as connection:
                connection.execute("DELETE FROM destroyed WHERE on_day < ?", (before,))
            return self._delete(subjects, "", mark=True)

    def _delete(self, subjects: Collection[str], where: str, *, mark: bool) -> int:
        wrapped: list[bytes] = []
        with self._file.writing() as connection:
            count = 0
            for subject in subjects:
                these = f"subject = ?{where}"
                names: tuple[str, ...] = (subject,)
                if mark:
                    these, names = "subject = ? OR subject > ? AND subject < ?", all_names(subject)
                rows = connection.execute(
                    f"SELECT wrapped FROM keys WHERE {these}",  # noqa: S608 - constants above
                    names,
                ).fetchall()
                connection.execute(f"DELETE FROM keys WHERE {these}", names)  # noqa: S608
                if mark:
                    connection.execute(
                        "INSERT OR REPLACE INTO destroyed VALUES (?, ?)", (subject, self._today())
                    )
                wrapped += [row[0] for row in rows]
                count += bool(rows)
        ended = set(subjects)
        for name in [name for name in self._cache if name in ended or (mark and subject_of(name) in ended)]:
            del self._cache[name]
        self._verify_gone(wrapped)
        return count

    def _verify_gone(self, wrapped: list[bytes], *, sweep: bool = False) -> None:
        """Look for deleted keys in the raw files; what is found in unused space is compacted away."""
        if sweep or self._file.holds(wrapped):
            self._file.compact()
        if self._file.holds(wrapped):
            raise NotDestroyed("a destroyed key is still to be read in the key store's files")

    # -- memory -------------------------------------------------------------------------------------

    def _remembered(self, subject: str) -> bytes | None:
        until, key = self._cache.get(subject, (0.0, b""))
        return key if until > self._clock() else None

    def _remember(self, subject: str, key: bytes) -> bytes:
        now = self._clock()
        self._cache[subject] = (now + CACHE_SECONDS, key)
        self._cache.move_to_end(subject)
        while len(self._cache) > _CACHED or (self._cache and next(iter(self._cache.values()))[0] <= now):
            self._cache.popitem(last=False)
        return key

    def _today(self) -> str:
        return datetime.fromtimestamp(self._wall(), UTC).date().isoformat()


def open_key_store(config: Config) -> FileKeyStore:
    """The store of an instance. Raises `ConfigError` when it is used and cannot be."""
    return FileKeyStore(config.keys, Masters(config.keys, wrapping(config.kms_command)))


def _about(subject: str, generation: int) -> bytes:
    """What a wrapped key is bound to: it opens in its own row only."""
    return f"{subject}/{generation}".encode()


def _batches(subjects: Iterable[str]) -> Iterator[list[str]]:
    rest = list(dict.fromkeys(subjects))
    for start in range(0, len(rest), _BATCH):
        yield rest[start : start + _BATCH]
