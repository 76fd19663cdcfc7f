"""What a notice must not say, although every single value of it can be read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from onmeet.notices.categories import CATEGORIES
from onmeet.notices.countries import EEA
from onmeet.notices.notice import PLACEHOLDERS, Term
from onmeet.notices.sheet import Row, Sheet
from onmeet.notices.terms import TRANSIENT, write_term

__all__ = ["NOTICE_DAYS", "check"]

NOTICE_DAYS = 14
"""A notice takes effect so many days after it was published, at the earliest (N1.19)."""

Trouble = tuple[str, str, str]
"""Key, what is wrong, what to do."""


def check(sheet: Sheet) -> None:
    """Report everything in `sheet` that contradicts itself, the vocabulary or the rest of the notice."""
    for row in sheet.rows:
        for rule in _RULES.get(row.table, ()):
            for key, message, remedy in rule(row, sheet):
                sheet.report(row, key, message, remedy)
    for table, key in _UNIQUE.items():
        _refuse_twice(sheet, table, key)
    if not sheet.of("controller") and "controller" not in sheet.named:
        sheet.report(sheet.top, "", "controller is missing", 'add [controller] with name = "{operator}"')
    if not sheet.of("location"):
        sheet.report(
            sheet.top, "", "no location is named", "add [[location]] with the country of the servers"
        )


def _refuse_twice(sheet: Sheet, table: str, key: str) -> None:
    seen: dict[str, Row] = {}
    for row in sheet.of(table):
        value = row.get(key)
        if value is not None and value in seen:
            first = sheet.lines.line(table, seen[value].index)
            sheet.report(row, key, f"{value!r} stands in line {first} already", "keep one of the two")
        seen.setdefault(value, row)


def _dates(row: Row, _sheet: Sheet) -> Iterator[Trouble]:
    published, effective = row.get("published"), row.get("effective")
    if published and effective and effective < published + timedelta(days=NOTICE_DAYS):
        earliest = published + timedelta(days=NOTICE_DAYS)
        yield (
            "effective",
            f"is less than {NOTICE_DAYS} days after published ({published})",
            f"write {earliest} or later",
        )


def _languages(row: Row, _sheet: Sheet) -> Iterator[Trouble]:
    if row.get("languages") == ():
        yield "languages", "names none", 'write at least one of "de", "en", "fr"'


def _placeholders(row: Row, _sheet: Sheet) -> Iterator[Trouble]:
    for key, value in row.values.items():
        bare = str(value)
        for name in PLACEHOLDERS:
            bare = bare.replace("{" + name + "}", "")
        if "{" in bare or "}" in bare:
            known = ", ".join("{" + name + "}" for name in PLACEHOLDERS)
            yield key, f"{value!r} has an unknown placeholder", f"use {known}, or write the text itself"


def _form(row: Row, _sheet: Sheet) -> Iterator[Trouble]:
    form, category = row.get("form", "as-is"), CATEGORIES.get(row.get("category", ""))
    if category and form == "truncated" and category.shape not in ("ip", "number"):
        yield (
            "form",
            "truncated is impossible here: only addresses (ip) and telephone numbers can be cut",
            "write as-is, pseudonymised or aggregate",
        )
    if category and form == "pseudonymised" and category.shape in ("file", "time", "count"):
        yield "form", f"pseudonymised is impossible for a {category.shape}", "write as-is or aggregate"
    if any(row.wrote(key) and key not in row.values for key in ("form", "rotate_days")):
        return  # reported already
    if form == "pseudonymised" and not row.get("rotate_days"):
        yield (
            "form",
            "pseudonymised needs rotate_days, the days after which another key is taken",
            "add for example rotate_days = 30",
        )
    if form != "pseudonymised" and row.get("rotate_days"):
        yield "rotate_days", "is for pseudonymised data only", 'remove it, or write form = "pseudonymised"'


def _terms(row: Row, _sheet: Sheet) -> Iterator[Trouble]:
    terms, category = row.get("retention", ()), CATEGORIES.get(row.get("category", ""))
    if terms == TRANSIENT or not terms:
        return
    for term in terms:
        if category and term.event not in category.events:
            possible = ", ".join(category.events)
            yield (
                "retention",
                f"{write_term(term)!r}: {category.name} knows no {term.event}",
                f"count from one of {possible}",
            )
        yield from _warning(term)
    when = [(term.event, term.country) for term in terms]
    if len(set(when)) != len(when):
        yield "retention", "counts from the same event twice", "keep the shorter of the two"
    if all(term.country for term in terms):
        yield (
            "retention",
            "says nothing for people elsewhere: every term has a country",
            "add a term without one, which holds for all others",
        )


def _warning(term: Term) -> Iterator[Trouble]:
    if term.warn_days and term.event != "last_activity":
        yield "retention", f"a warning before {term.event} is not possible", "warn for last_activity only"
    elif term.warn_days and term.warn_days >= term.years * 365 + term.months * 28 + term.days:
        yield "retention", "warns before the time has begun", "warn later, or keep it for longer"


def _duty(row: Row, _sheet: Sheet) -> Iterator[Trouble]:
    basis = row.get("legal_basis")
    if row.get("legal_duty") and basis is not None and basis != "LegalObligation":
        yield (
            "legal_duty",
            f"cannot rest on {basis}",
            'write legal_basis = "LegalObligation", or remove legal_duty',
        )
    if row.get("legal_duty") and row.get("retention") == TRANSIENT:
        yield "legal_duty", "cannot keep what is transient", "say how long the law wants it kept"


def _recipients(row: Row, sheet: Sheet) -> Iterator[Trouble]:
    listed = {recipient.get("name") for recipient in sheet.of("recipient")}
    for name in row.get("recipients", ()):
        if name not in listed:
            yield "recipients", f"{name!r} is not listed", f'add [[recipient]] with name = "{name}"'


def _asks(row: Row, sheet: Sheet) -> Iterator[Trouble]:
    if row.get("legal_basis") == "Consent" and not sheet.of("consent"):
        yield "legal_basis", "is consent, but nobody is asked for any", "add a [[consent]] that asks for it"


def _place(row: Row, sheet: Sheet) -> Iterator[Trouble]:
    country = row.get("country")
    if country and sheet.top.get("eea_only") and country not in EEA:
        yield (
            "country",
            f"{country} is outside the EU and the EEA, which eea_only promises",
            "choose another provider or place, or remove eea_only",
        )


def _cookie(row: Row, sheet: Sheet) -> Iterator[Trouble]:
    consents = {consent.get("name") for consent in sheet.of("consent")}
    consent, essential = row.get("consent", ""), row.get("essential", True)
    if not essential and not row.wrote("consent"):
        yield (
            "essential",
            "is false, and no consent allows it",
            'add consent = "…", or remove the cookie',
        )
    elif not essential and consent and consent not in consents:
        yield "consent", f"{consent!r} is not listed", f'add [[consent]] with name = "{consent}"'
    elif essential and consent:
        yield "consent", "is not asked for a cookie that the page needs", "remove it, or essential = false"


def _consent(row: Row, sheet: Sheet) -> Iterator[Trouble]:
    record: Any = next((r for r in sheet.of("item") if r.raw.get("category") == "consent.record"), None)
    if row.get("recorded") and (record is None or record.get("retention") == TRANSIENT):
        yield (
            "recorded",
            "is true, but the notice permits no stored consent.record",
            'add [[item]] with category = "consent.record", or remove recorded',
        )


_RULES = {
    "": (_dates, _languages),
    "controller": (_placeholders,),
    "officer": (_placeholders,),
    "authority": (_placeholders,),
    "item": (_form, _terms, _duty, _recipients, _asks),
    "recipient": (_place,),
    "location": (_place,),
    "cookie": (_cookie,),
    "consent": (_consent,),
}

_UNIQUE = {"item": "category", "recipient": "name", "cookie": "name", "consent": "name"}
"""What may stand in one row of a table only."""
