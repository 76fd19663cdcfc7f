"""Every stored column says why it is stored, and the app does not start with one that does not.

    email: Mapped[str] = mapped_column(String(254), info=kept("account.email"))
    id: Mapped[int] = mapped_column(primary_key=True, info=technical("names the row"))

The declaration is what later derives the notice, the export, the erasure and the sweep.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import MetaData

from onmeet.errors import ConfigError

__all__ = ["CATEGORIES", "check_declared", "kept", "technical"]

_KEY = "onmeet.data"

CATEGORIES = frozenset(
    {
        "account.email",
        "account.name",
        "account.password",
        "meeting.link",
        "meeting.times",
        "meeting.topic",
    }
)
"""The closed vocabulary of personal data that some table may hold. There is no 'other'."""


def kept(category: str) -> dict[str, Any]:
    """Column info: this column holds personal data of `category`. ValueError for an unknown one."""
    if category not in CATEGORIES:
        raise ValueError(f"{category!r} is no category of data: add it to CATEGORIES or use another")
    return {_KEY: ("kept", category)}


def technical(reason: str) -> dict[str, Any]:
    """Column info: this column is about the machine, for the stated reason, and about nobody."""
    if not reason.strip():
        raise ValueError("a technical column needs a reason")
    return {_KEY: ("technical", reason)}


def check_declared(metadata: MetaData) -> None:
    """Refuse the start when a column of `metadata` says nothing about itself.

    Raises `ConfigError` that names the first such column and what to write.
    """
    for table in metadata.sorted_tables:
        for column in table.columns:
            if _KEY not in column.info:
                raise ConfigError(
                    f"column {table.name}.{column.name} does not say why it is stored: declare it with "
                    'info=kept("<category>") or info=technical("<reason>") from onmeet.notices.columns'
                )
