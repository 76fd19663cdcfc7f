"""Retention as people write it: `12 months after call_end, to the end of the month`, and back to text.

until account_close
30 days after collected
1 year after contract_end, to the end of the year
10 years after invoice_date, to the end of the year, in DE
24 months after last_activity, warning 30 days before
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import get_close_matches
from typing import cast

from onmeet.notices.categories import EVENTS, Event
from onmeet.notices.countries import COUNTRIES
from onmeet.notices.notice import Round, Term

__all__ = ["TRANSIENT", "close_to", "read_term", "write_term"]

TRANSIENT = "transient"
"""In place of all terms: held in memory only."""

_LONGEST = 36_600
"""Days, months or years: nothing is kept for longer than a century, and dates must not overflow."""

_START = re.compile(r"(?:until|(?P<span>.+?) after) (?P<event>[\w-]+)")
_SPAN = re.compile(r"(\d{1,6}) (year|month|day)s?(?: (?:and )?|$)")
_ROUND = re.compile(r"to the end of the (month|year)")
_COUNTRY = re.compile(r"in ([A-Za-z]+)")
_WARNING = re.compile(r"warning (\d{1,4}) days? before")


def read_term(text: str) -> Term:
    """One term from its text. ValueError with a sentence that says what is wrong and what to write."""
    start, *rest = (" ".join(part.split()) for part in text.split(","))
    found = _START.fullmatch(start)
    if found is None:
        raise ValueError(
            f"{text!r} is no term: write 'until EVENT' or 'N days after EVENT' (days, months or years)"
        )
    years, months, days = _read_span(found["span"])
    extras = _read_extras(text, rest)
    return Term(_event(found["event"]), years, months, days, *extras)


def _event(name: str) -> Event:
    if name not in EVENTS:
        raise ValueError(f"{name!r} is no event{close_to(name, EVENTS)}: write one of {', '.join(EVENTS)}")
    return name


def _read_span(text: str | None) -> tuple[int, int, int]:
    if text is None:
        return 0, 0, 0
    parts = _SPAN.findall(text)
    units = [unit for _, unit in parts]
    if _SPAN.sub("", text) or len(set(units)) != len(units):
        raise ValueError(f"{text!r} is no length of time: write for example '1 year 6 months' or '30 days'")
    spans = {unit: int(count) for count, unit in parts}
    years, months, days = (spans.get(unit, 0) for unit in ("year", "month", "day"))
    if years * 366 + months * 31 + days > _LONGEST:
        raise ValueError(f"{text!r} is more than a hundred years: write a shorter time")
    if not years + months + days:
        raise ValueError(f"{text!r} is no time at all: write 'until EVENT'")
    return years, months, days


def _read_extras(text: str, parts: Sequence[str]) -> tuple[Round, str, int]:
    round_up, country, warn_days = "", "", 0
    for part in parts:
        if (found := _ROUND.fullmatch(part)) and not round_up:
            round_up = found[1]
        elif (found := _COUNTRY.fullmatch(part)) and not country:
            country = found[1]
            if country not in COUNTRIES:
                raise ValueError(f"{country!r} is no country: write its two letters, such as DE or US")
        elif (found := _WARNING.fullmatch(part)) and not warn_days:
            warn_days = int(found[1])
        else:
            raise ValueError(
                f"{part!r} in {text!r} is not understood: write after the comma 'to the end of the month', "
                "'to the end of the year', 'in DE' or 'warning 30 days before'"
            )
    return cast(Round, round_up), country, warn_days


def write_term(term: Term) -> str:
    """The text that reads back as `term`."""
    spans = ((term.years, "year"), (term.months, "month"), (term.days, "day"))
    span = " ".join(f"{count} {unit}{'' if count == 1 else 's'}" for count, unit in spans if count)
    parts = [f"{span} after {term.event}" if span else f"until {term.event}"]
    if term.round_up:
        parts.append(f"to the end of the {term.round_up}")
    if term.country:
        parts.append(f"in {term.country}")
    if term.warn_days:
        parts.append(f"warning {term.warn_days} days before")
    return ", ".join(parts)


def close_to(word: str, known: Sequence[str]) -> str:
    """' (did you mean …?)' when something known looks like `word`, else nothing."""
    near = get_close_matches(word, known, n=1)
    return f" (did you mean {near[0]!r}?)" if near else ""
