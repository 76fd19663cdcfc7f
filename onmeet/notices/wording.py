"""A notice's single values in words: what, why, on which basis, in which form, until when, seen by whom.

Pure: languages are `de`, `en` and `fr` (any other reads English). `document` puts the whole notice together.
"""

from __future__ import annotations

import re
from datetime import date

from babel import Locale
from babel.dates import format_date

from onmeet.notices.categories import CATEGORIES
from onmeet.notices.notice import Item, Reader, Term
from onmeet.notices.words import LANGUAGES, words

__all__ = [
    "LANGUAGES", "article", "basis", "category", "consent", "country", "day", "detail", "for_days", "form",
    "in_turn", "listing", "phrase", "purpose", "reader", "recipient", "safeguard", "span",
    "until",
]  # fmt: skip

_ROOMS = frozenset({"meeting", "chat", "notes", "recording"})
"""First halves of the categories whose call is a meeting."""

_PLACES = dict.fromkeys(_ROOMS, "meeting") | {
    "call": "call", "security": "security", "visitor": "request", "usage": "request",
}  # fmt: skip
"""How long something that is only in memory stays there, by the first half of its category."""


def category(name: str, language: str) -> str:
    """What a category is called: `E-mail address`."""
    return words(language).categories[name][0]


def detail(name: str, language: str) -> str:
    """What exactly it is, in half a sentence."""
    return words(language).categories[name][1]


def purpose(name: str, language: str) -> str:
    """Why something is held; `name` is a term of the Data Privacy Vocabulary: `to run the service`."""
    return words(language).purposes[name]


def basis(name: str, language: str) -> str:
    """The legal basis by name: `contract`."""
    return words(language).bases[name][0]


def article(name: str, language: str) -> str:
    """Where the legal basis stands in the law: `Art. 6 (1)(b) GDPR`."""
    return words(language).bases[name][1]


def safeguard(contract: str, language: str) -> str:
    """A `contract` of a recipient: `GDPR Art. 28 and 46` as each language cites it; others as they are."""
    cited = re.fullmatch(r"GDPR Art\. (\d+)(?: and (\d+))?", contract)
    if cited is None:
        return contract
    articles = words(language).terms.and_.join(number for number in cited.groups() if number)
    return words(language).phrases["law.article"].format(articles=articles)


def reader(name: Reader, language: str) -> str:
    """Who can see something here."""
    return words(language).readers[name]


def recipient(name: str, language: str) -> str:
    """Who gets something: a kind of company in words, or its name as the notice has it."""
    return words(language).recipients.get(name, name)


def consent(name: str, language: str) -> tuple[str, str] | None:
    """A title for a consent and what it is for; None for one that only an operator's own notice knows."""
    return words(language).consents.get(name)


def phrase(name: str, language: str, /, **values: str) -> str:
    """A sentence of the notice's pages, its holes filled."""
    return words(language).phrases[name].format(**values)


def country(code: str, language: str) -> str:
    """A country's name; its code where it has none."""
    return str(Locale.parse(_spoken(language)).territories.get(code.upper(), code))


def day(when: date, language: str) -> str:
    """A date as one writes it: `1 March 2026`."""
    locale = {"en": "en_GB"}.get(_spoken(language), language)
    return format_date(when, "long", locale=locale)


def listing(parts: list[str], language: str) -> str:
    """`a, b and c`."""
    if len(parts) < 2:
        return "".join(parts)
    return ", ".join(parts[:-1]) + words(language).terms.and_ + parts[-1]


def in_turn(parts: list[str], language: str) -> str:
    """`a; b; c`, for parts that have commas of their own."""
    return words(language).terms.then.join(parts)


def form(item: Item, language: str) -> str:
    """The form in which it is held."""
    said = words(language).forms
    if item.form == "truncated":
        shape = CATEGORIES[item.category].shape
        return said[f"truncated.{shape}"] if f"truncated.{shape}" in said else said["truncated.text"]
    if item.form == "pseudonymised" and item.rotate_days:
        return said["pseudonymised"] + said["rotating"].format(days=span(language, days=item.rotate_days))
    return said[item.form]


def span(language: str, years: int = 0, months: int = 0, days: int = 0) -> str:
    """A length of time in words: `twelve months`, `90 days`."""
    terms = words(language).terms
    if months > 12 and not years:  # nobody says 24 months
        years, months = divmod(months, 12)
    parts = []
    for count, (one, many) in ((years, terms.years), (months, terms.months), (days, terms.days)):
        if count:
            parts.append(one if count == 1 else many.format(n=_number(count, language)))
    return terms.and_.join(parts)


def for_days(days: int, language: str) -> str:
    """`for 90 days`, `for one year`."""
    length = span(language, years=days // 365) if days and days % 365 == 0 else span(language, days=days)
    return words(language).terms.for_span.format(span=length)


def until(item: Item, language: str) -> str:
    """How long it is held, as a phrase: `until three months after the contract ended`."""
    terms = words(language).terms
    room = item.category.partition(".")[0]
    if item.transient:
        return terms.in_memory[_PLACES.get(room, "other")]
    if not item.terms:
        return terms.no_term
    general = [term for term in item.terms if not term.country]
    by_country: dict[str, list[Term]] = {}
    for term in item.terms:
        if term.country:
            by_country.setdefault(term.country, []).append(term)
    parts = [
        terms.in_country.format(country=country(code, language), terms=_first_of(some, room, language))
        for code, some in by_country.items()
    ]
    if general:
        said = _first_of(general, room, language)
        parts.append(terms.elsewhere.format(terms=said) if parts else said)
    return in_turn(parts, language)


def _first_of(some: list[Term], room: str, language: str) -> str:
    terms = words(language).terms
    said = [_term(term, room, language) for term in some]
    whole = said[0] if len(said) == 1 else terms.whichever.format(terms=terms.or_.join(said))
    warned = max(term.warn_days for term in some)
    if not warned:
        return whole
    return whole + terms.then + terms.warned.format(span=span(language, days=warned))


def _term(term: Term, room: str, language: str) -> str:
    terms = words(language).terms
    name = "meeting_end" if term.event == "call_end" and room in _ROOMS else term.event
    event = terms.events[name]
    length = span(language, term.years, term.months, term.days)
    values = {"span": length, "after": event.after, "of": event.of}
    if term.round_up == "year":
        whole_years = bool(term.years) and not (term.months or term.days)
        pattern = terms.years_from if whole_years else terms.year_after
        pattern = terms.year_of if not length else terms.year_next if length == terms.years[0] else pattern
        return pattern.format(**values)
    if term.round_up == "month":
        counts_back = (
            term.event in ("collected", "call_end") and term.months and not (term.years or term.days)
        )
        if counts_back:
            return terms.full_months.format(n=_number(term.months, language))
        return (terms.month_after if length else terms.month_of).format(**values)
    if not length:
        return event.at
    return (terms.for_span if term.event == "collected" else terms.after_event).format(**values)


def _number(count: int, language: str) -> str:
    numbers = words(language).terms.numbers
    return numbers[count] if count < len(numbers) else str(count)


def _spoken(language: str) -> str:
    return language if language in LANGUAGES else "en"
