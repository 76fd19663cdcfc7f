"""What each language has to have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["EventWords", "Terms", "Words"]


@dataclass(frozen=True, slots=True)
class EventWords:
    """An event in three constructions: 'until …' itself, 'two months after …', 'at the end of the year …'."""

    at: str
    after: str
    of: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How long something is kept, as sentences with holes.

    numbers: 0 to 12 in words. years, months, days: for one and for several. events: by name; `meeting_end`
    is the end of a meeting where `call_end` is that of a telephone call.
    """

    numbers: tuple[str, ...]
    years: tuple[str, str]
    months: tuple[str, str]
    days: tuple[str, str]
    and_: str
    events: Mapping[str, EventWords]
    for_span: str
    after_event: str
    full_months: str
    month_of: str
    month_after: str
    year_of: str
    year_next: str
    years_from: str
    year_after: str
    whichever: str
    or_: str
    then: str
    in_country: str
    elsewhere: str
    warned: str
    no_term: str
    in_memory: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Everything that a notice needs to be said in one language.

    categories: name of the data, and what exactly it is. purposes: by term of the Data Privacy Vocabulary.
    bases: legal basis, and the article where there is one. recipients: those whom a notice need not call by
    name. consents: a title, and what is done with the consent. phrases: the sentences of the pages.
    """

    categories: Mapping[str, tuple[str, str]]
    purposes: Mapping[str, str]
    bases: Mapping[str, tuple[str, str]]
    forms: Mapping[str, str]
    readers: Mapping[str, str]
    terms: Terms
    recipients: Mapping[str, str]
    consents: Mapping[str, tuple[str, str]]
    phrases: Mapping[str, str]
