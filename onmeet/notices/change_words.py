"""What differs between two notices, in words. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from onmeet.notices import wording
from onmeet.notices.changes import Change, Direction, changes
from onmeet.notices.document import Line, consent_text, cookie_text, line_of, recipient_text
from onmeet.notices.notice import Consent, Contact, Cookie, Location, Notice, Recipient
from onmeet.notices.wording import phrase

__all__ = ["ChangeText", "told"]


@dataclass(frozen=True, slots=True)
class ChangeText:
    """One difference. fields: what of it, before, after; '' where there was or is nothing."""

    title: str
    kind: str
    direction: Direction
    fields: tuple[tuple[str, str, str], ...]


_FIELDS = ("why", "basis", "form", "until", "readers", "recipients")
"""What is told of an item, in this order; each is the name of its heading, too."""


def told(old: Notice, new: Notice, language: str) -> tuple[ChangeText, ...]:
    """Everything in which `new` differs from `old`, for people: items first."""
    found = [change for change in changes(old, new) if change.name not in _UNTOLD]
    return tuple(_told(change, old, new, language) for change in found)


_UNTOLD = frozenset(("name", "version", "published", "effective", "promises"))
"""What the page says already, or what says nothing to people."""


def _told(change: Change, old: Notice, new: Notice, language: str) -> ChangeText:
    return ChangeText(
        title=_title(change, language),
        kind=change.kind,
        direction=change.direction,
        fields=tuple(field for field in _fields(change, old, new, language) if field[1] != field[2]),
    )


def _title(change: Change, language: str) -> str:
    said = {
        "item": lambda: wording.category(change.name, language),
        "recipient": lambda: wording.recipient(change.name, language),
        "location": lambda: wording.country((change.before or change.after).country, language),
        "consent": lambda: (wording.consent(change.name, language) or (change.name, ""))[0],
        "notice": lambda: phrase(_TOP[change.name], language) if change.name in _TOP else change.name,
    }
    return said[change.about]() if change.about in said else change.name


_TOP = {
    "controller": "controller", "officer": "officer", "authority": "authority", "backup_days": "backups",
    "minimum_age": "children", "eea_only": "places",
}  # fmt: skip
"""Headings of the notice's own properties."""


def _fields(change: Change, old: Notice, new: Notice, language: str) -> Iterator[tuple[str, str, str]]:
    if change.about == "item":
        before = None if change.before is None else line_of(change.before, language)
        after = None if change.after is None else line_of(change.after, language)
        for name in _FIELDS:
            yield phrase(name, language), _of(before, name, language), _of(after, name, language)
    else:
        yield "", _whole(change.before, old, language), _whole(change.after, new, language)


def _whole(value: Any, notice: Notice, language: str) -> str:
    """A row of the notice, or a property of its own, in one line."""
    if isinstance(value, Recipient):
        said = recipient_text(notice, value, language)
        parts = [said.role, said.why, said.country, said.contract]
    elif isinstance(value, Cookie):
        cookie = cookie_text(value, language)
        parts = [cookie.why, cookie.until, cookie.leave]
    elif isinstance(value, Consent):
        consent = consent_text(value, language)
        parts = [consent.why, consent.when, consent.how]
    elif isinstance(value, Location):
        parts = [wording.country(value.country, language), value.region]
    else:
        return _plain(value, language)
    return ", ".join(part for part in parts if part)


def _of(line: Line | None, name: str, language: str) -> str:
    if line is None:
        return ""
    if name == "basis":
        return f"{line.basis}, {line.article}"
    if name == "form":
        return line.form or phrase("form.whole", language)
    return str(getattr(line, name))


def _plain(value: Any, language: str) -> str:
    """A value of the notice itself, as plainly as can be."""
    if isinstance(value, Contact):
        parts = (value.name, value.address, value.email, value.phone, value.web)
        return ", ".join(part for part in parts if part)
    if isinstance(value, tuple):
        return wording.listing([str(part) for part in value], language)
    if isinstance(value, bool):
        return phrase("yes" if value else "no", language)
    return "" if value is None else str(value)
