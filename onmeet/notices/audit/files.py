"""The data folder and whatever else lies in files: what is it, and does it hold what must be gone?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from onmeet.notices import backup, outlets
from onmeet.notices.audit.canary import Canaries
from onmeet.notices.audit.report import Finding, Sighting

__all__ = ["STORE", "look"]

STORE = "files"

_LATE = timedelta(hours=2)
"""What is deleted each hour may be that late."""


def look(
    data: Path, also: Iterable[Path], canaries: Canaries, permitted: frozenset[str]
) -> Iterator[Finding | Sighting]:
    """Every file of the data folder, and of other folders (logs, a mail spool) that the operator names.

    permitted: strings that the database may hold: they lie in its own files as well, and in letters.
    """
    for path in outlets.unknown_files(data):
        remedy = "nobody says why this file is here: delete it, or declare it in onmeet.notices.outlets"
        yield Finding("not declared", STORE, _name(path, data), 1, remedy)
    for path in _files(data):
        yield from _sightings(
            path, _name(path, data), canaries, permitted if _may_hold_stored(path, data) else frozenset()
        )
    for root in also:
        for path in _files(root):
            yield from _sightings(path, str(path), canaries, frozenset())


def overdue(data: Path, backup_days: int, now: datetime) -> Iterator[Finding]:
    """Files that should have gone: back-ups by the notice, others by their declaration."""
    for path in _files(data):
        stays = outlets.stays(path, data)
        made = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        remedy = "the keeper deletes it each minute: see in the log why it does not run"
        if path.parent == data / "backups":
            made, stays = backup.made_at(path) or made, backup_days + 1  # they go by whole days
            remedy = f"the notice lets a back-up stay {backup_days} days; the keeper deletes it each hour"
        if stays is not None and now - made > timedelta(days=stays) + _LATE:
            yield Finding("overdue", STORE, _name(path, data), 1, remedy)


def _sightings(
    path: Path, place: str, canaries: Canaries, permitted: frozenset[str]
) -> Iterator[Finding | Sighting]:
    if not canaries.texts:
        return
    try:
        found = canaries.in_file(path)
    except OSError as error:
        remedy = f"run the audit as a user who may read it ({error.strerror or 'unknown reason'})"
        yield Finding("not readable", STORE, place, 1, remedy)
        return
    for text in sorted(found | canaries.in_text(path.name)):
        yield Sighting(text, STORE, place, permitted=text in permitted)


def _files(root: Path) -> list[Path]:
    """The regular files below a folder, or the file itself; sockets and links hold nothing of their own."""
    found = [root] if root.is_file() else sorted(root.rglob("*"))
    return [path for path in found if path.is_file() and not path.is_symlink()]


def _may_hold_stored(path: Path, data: Path) -> bool:
    """The database's own files; and without a mail server the outbox, for a day: letters to those in it."""
    return path.name.startswith("onmeet.db") or path.parent == data / "outbox"


def _name(path: Path, data: Path) -> str:
    return path.relative_to(data).as_posix()
