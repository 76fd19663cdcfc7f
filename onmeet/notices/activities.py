"""The record of processing activities (GDPR Art. 30) as texts, made from the items of a notice. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from onmeet.notices import wording
from onmeet.notices.categories import CATEGORIES
from onmeet.notices.countries import EEA
from onmeet.notices.document import Kept, Line, by_end, in_order, line_of
from onmeet.notices.notice import Item, Notice
from onmeet.notices.wording import phrase

__all__ = ["Activity", "activities", "measures", "transfers"]

_ADEQUATE = frozenset(["AD", "AR", "CA", "CH", "FO", "GB", "GG", "IL", "IM", "JE", "JP", "KR", "NZ", "UY"])
"""Countries of which the European Commission has decided that they protect data well enough (Art. 45)."""


@dataclass(frozen=True, slots=True)
class Activity:
    """One row of the record of processing activities: everything that is done for one purpose."""

    why: str
    basis: str
    subjects: tuple[str, ...]
    data: tuple[Line, ...]
    recipients: tuple[str, ...]
    times: tuple[Kept, ...]


def activities(notice: Notice, language: str) -> tuple[Activity, ...]:
    """The processing activities of GDPR Art. 30 (1), by purpose and legal basis."""
    together: dict[tuple[str, str], list[Item]] = {}
    for item in in_order(notice):
        together.setdefault((item.purpose, item.legal_basis), []).append(item)
    return tuple(_activity(purpose, basis, items, language) for (purpose, basis), items in together.items())


def _activity(purpose: str, basis: str, items: list[Item], language: str) -> Activity:
    lines = [line_of(item, language) for item in items]
    subjects = dict.fromkeys(phrase(f"subject.{CATEGORIES[item.category].about}", language) for item in items)
    recipients = dict.fromkeys(
        wording.recipient(name, language) for item in items for name in item.recipients
    )
    return Activity(
        why=wording.purpose(purpose, language),
        basis=f"{wording.basis(basis, language)}, {wording.article(basis, language)}",
        subjects=tuple(subjects),
        data=tuple(lines),
        recipients=tuple(recipients),
        times=by_end(lines),
    )


def transfers(notice: Notice, language: str) -> tuple[str, ...]:
    """Where data leaves the European Economic Area, with the safeguard that the notice names."""
    adequate, lacking = phrase("record.adequate", language), phrase("record.no-contract", language)
    to = [
        (wording.recipient(r.name, language), r.country, wording.safeguard(r.contract, language))
        for r in notice.recipients
    ]
    to += [(phrase("record.servers", language), place.country, "") for place in notice.locations]
    return tuple(
        phrase(
            "record.transfer", language, name=name, country=wording.country(country, language),
            contract=contract or (adequate if country in _ADEQUATE else lacking),
        )
        for name, country, contract in to
        if country not in EEA
    )  # fmt: skip


def measures(language: str) -> tuple[str, ...]:
    """What this software does to protect data (Art. 32), a sentence each."""
    names = ("e2ee", "gate", "sweep", "keys", "passwords", "logs", "pages", "audit", "receipts")
    return tuple(phrase(f"measure.{name}", language) for name in names)
