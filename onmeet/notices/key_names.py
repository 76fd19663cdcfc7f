"""What keys are called: the names of all keys of a row begin with its subject.

<subject>            seals what a row holds at first
<subject>-<random>   seals what is in it after a change, when the key of before is destroyed
<subject>-backup     seals what goes into back-ups, for as long as the row lasts
backup-<time>-…      encrypts a whole back-up, and is nobody's
"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

__all__ = [
    "WHOLE_BACKUP", "all_names", "backup_key", "for_backups", "fresh_name", "of_whole_backup", "subject_of",
]  # fmt: skip

WHOLE_BACKUP = "backup-"


def backup_key(made: datetime) -> str:
    """A name for the key of a new back-up."""
    return f"{WHOLE_BACKUP}{made.astimezone(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"


def of_whole_backup(name: str) -> bool:
    """Whether a key is that of a back-up, and not of a row."""
    return name.startswith(WHOLE_BACKUP)


def subject_of(name: str) -> str:
    """Whose key it is."""
    return name.partition("-")[0]


def fresh_name(subject: str) -> str:
    """The name of another key for a subject."""
    return f"{subject}-{secrets.token_hex(6)}"


def for_backups(subject: str) -> str:
    """The name of the key under which a subject's text goes into back-ups.

    It lasts as long as the row: what was changed since can be restored, what was deleted cannot.
    """
    return f"{subject}-backup"


def all_names(subject: str) -> tuple[str, str, str]:
    """The subject, and what the names of its other keys lie between."""
    return subject, f"{subject}-", f"{subject}."  # '.' is what follows '-'
