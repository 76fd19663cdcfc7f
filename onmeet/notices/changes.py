"""What differs between two notices, and whether it is looser or tighter for the people concerned.

for change in changes(old, new):
    print(change.about, change.name, change.kind, change.direction)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from functools import lru_cache
from typing import Any, Literal

from onmeet.notices.notice import Consent, Item, Notice, Term
from onmeet.notices.retention import due_at, terms_for

__all__ = ["Change", "Direction", "FieldChange", "changes", "loosened", "tighter"]

Direction = Literal["looser", "tighter", "neither"]
"""looser: the new notice permits more than the old one. neither: another, or not to be compared."""

About = Literal["notice", "item", "recipient", "location", "cookie", "consent"]


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One property that has changed: its name in the dataclass, its value before and after."""

    name: str
    before: Any
    after: Any
    direction: Direction


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. name: the category, the name of the row, or the key at the top of the notice.

    before, after: the rows themselves (`Item`, `Recipient`, …), or the value of a key of the notice; None
    where there is none. fields: what has changed within a row that stands in both.
    """

    about: About
    name: str
    kind: Literal["added", "removed", "changed"]
    direction: Direction
    before: Any
    after: Any
    fields: tuple[FieldChange, ...] = ()

    def words(self) -> str:
        """For messages to operators, after the key that is wrong: `is added`."""
        return "permits more, or something else" if self.kind == "changed" else f"is {self.kind}"


def changes(old: Notice, new: Notice) -> tuple[Change, ...]:
    """Everything in which `new` differs from `old`; the file's text and its line numbers do not count."""
    found = [*_top(old, new)]
    for about, plural, key in _TABLES:
        found += _rows(about, getattr(old, plural), getattr(new, plural), key, new)
    return tuple(found)


def loosened(base: Notice, new: Notice) -> tuple[Change, ...]:
    """The changes by which `new` permits something that `base` does not, or something else.

    Who the operator is, where its servers stand and whom it has contracted are facts, not permissions.
    """
    return tuple(c for c in changes(base, new) if c.direction != "tighter" and (c.about, c.name) not in _FACTS
                 and c.about not in ("recipient", "location"))  # fmt: skip


def tighter(one: Notice, other: Notice) -> bool:
    """Whether `one` permits nothing that `other` does not permit as well; true for equals."""
    return not loosened(other, one)


_TABLES: tuple[tuple[About, str, str], ...] = (
    ("item", "items", "category"),
    ("recipient", "recipients", "name"),
    ("location", "locations", ""),
    ("cookie", "cookies", "name"),
    ("consent", "consents", "name"),
)

_FACTS = frozenset(
    ("notice", name)
    for name in ("name", "version", "published", "effective", "languages", "controller", "officer",
                 "authority", "promises")
)  # fmt: skip

Judge = Callable[[Any, Any], Direction]


def _fewer(before: Any, after: Any) -> Direction:
    """For numbers, flags and sets: less is tighter."""
    if isinstance(before, tuple):
        before, after = set(before), set(after)
    return "tighter" if after <= before else "looser" if before <= after else "neither"


def _more(before: Any, after: Any) -> Direction:
    return _fewer(after, before)


def _other(_before: Any, _after: Any) -> Direction:
    return "neither"


def _backups(before: int, after: int) -> Direction:
    """0 says nothing about back-ups at all."""
    return "neither" if 0 in (before, after) else _fewer(before, after)


_FORMS = {"aggregate": 1, "truncated": 2, "pseudonymised": 2, "as-is": 3}


def _form(before: str, after: str) -> Direction:
    if _FORMS[before] == _FORMS[after]:
        return "neither"
    return _fewer(_FORMS[before], _FORMS[after])


def _terms(before: tuple[Term, ...], after: tuple[Term, ...]) -> Direction:
    if not before or not after:  # no terms: transient
        return "tighter" if before else "looser"
    if _never_later(after, before):
        return "neither" if _warns_less(before, after) else "tighter"
    return "looser" if _never_later(before, after) else "neither"


def _warns_less(before: tuple[Term, ...], after: tuple[Term, ...]) -> bool:
    warnings = {(term.event, term.country): term.warn_days for term in after}
    return any(warnings.get((term.event, term.country), term.warn_days) < term.warn_days for term in before)


def _readers(before: tuple[str, ...], after: tuple[str, ...]) -> Direction:
    """That people may see their own data is no loosening."""
    return _fewer(tuple(set(before) - {"self"}), tuple(set(after) - {"self"}))


_JUDGES: dict[tuple[str, str], Judge] = {
    ("notice", "backup_days"): _backups,
    ("notice", "minimum_age"): _more,
    ("notice", "eea_only"): _more,
    ("item", "form"): _form,
    ("item", "transient"): _more,
    ("item", "terms"): _terms,
    ("item", "rotate_days"): _fewer,
    ("item", "legal_duty"): _fewer,
    ("item", "readers"): _readers,
    ("item", "recipients"): _fewer,
    ("cookie", "essential"): _other,
    ("cookie", "days"): _fewer,
    ("consent", "asked"): _more,
}
"""How a change of a property is judged; any other is neither looser nor tighter."""

_SILENT = {("item", "line"), ("item", "promises"), ("consent", "promises"), ("consent", "recorded")}
"""What changes nothing for anybody."""


def _top(old: Notice, new: Notice) -> Iterator[Change]:
    for name in (f.name for f in fields(Notice)):
        if name == "source" or name in {plural for _, plural, _ in _TABLES}:
            continue
        before, after = getattr(old, name), getattr(new, name)
        if before != after and not _same_set(before, after):
            direction = _JUDGES.get(("notice", name), _other)(before, after)
            yield Change("notice", name, "changed", direction, before, after)


def _rows(about: About, old: Sequence[Any], new: Sequence[Any], key: str, notice: Notice) -> Iterator[Change]:
    def name(row: Any) -> str:
        return str(getattr(row, key)) if key else "-".join(filter(None, (row.country, row.region)))

    before, after = {name(row): row for row in old}, {name(row): row for row in new}
    for gone in (name for name in before if name not in after):
        yield Change(about, gone, "removed", _when_removed(before[gone], notice), before[gone], None)
    for here in after:
        if here not in before:
            yield Change(about, here, "added", _when_added(about, after[here]), None, after[here])
        elif found := tuple(_fields(about, before[here], after[here])):
            yield Change(about, here, "changed", _overall(found), before[here], after[here], found)


def _when_removed(row: Any, notice: Notice) -> Direction:
    """A consent that is no longer asked for is looser, unless nothing is left that it was for."""
    purposes = {item.purpose for item in notice.items} | {cookie.purpose for cookie in notice.cookies}
    return "looser" if isinstance(row, Consent) and row.purpose in purposes else "tighter"


def _when_added(about: About, row: Any) -> Direction:
    if about == "consent":
        return "tighter"
    return "neither" if about == "cookie" and row.essential else "looser"


def _fields(about: About, before: Any, after: Any) -> Iterator[FieldChange]:
    for name in (f.name for f in fields(before)):
        old, new = getattr(before, name), getattr(after, name)
        if old == new or (about, name) in _SILENT or _same_set(old, new):
            continue
        if isinstance(before, Item) and name == "rotate_days" and before.form != after.form:
            continue  # goes with the form
        yield FieldChange(name, old, new, _JUDGES.get((about, name), _other)(old, new))


def _same_set(old: Any, new: Any) -> bool:
    return isinstance(old, tuple) and isinstance(new, tuple) and set(old) == set(new)


def _overall(found: Sequence[FieldChange]) -> Direction:
    directions = {one.direction for one in found}
    return directions.pop() if len(directions) == 1 else "neither"


_BEFORE_ALL = frozenset(("call_end", "contract_end", "account_close", "request_closed", "consent_withdrawn"))
"""Events that never come before the data was collected."""


def _never_later(sooner: tuple[Term, ...], later: tuple[Term, ...]) -> bool:
    """Whether everybody's data goes under the terms `sooner` no later than under `later`."""
    countries = {term.country for term in (*sooner, *later)} | {""}
    return all(
        any(_ends_first(one, other) for one in _holding(sooner, country))
        for country in countries
        for other in _holding(later, country)
    )


def _holding(terms: tuple[Term, ...], country: str) -> tuple[Term, ...]:
    return terms_for(Item("", "", "", terms=terms), country)


def _ends_first(one: Term, other: Term) -> bool:
    same = one.event == other.event or (one.event == "collected" and other.event in _BEFORE_ALL)
    return same and _span_never_longer(_span(one), _span(other))


def _span(term: Term) -> Term:
    """How long, whatever it counts from."""
    return replace(term, event="collected", country="", warn_days=0)


@lru_cache(maxsize=256)
def _span_never_longer(one: Term, other: Term) -> bool:
    """Tried on every day of eight years around a turn of the century without a leap day."""
    first = date(2096, 1, 1)
    days = (first + timedelta(days=n) for n in range(8 * 365 + 1))
    return one == other or all(due_at(one, day) <= due_at(other, day) for day in days)
