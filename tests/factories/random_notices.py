"""Any notice that the reader accepts, for property-based tests."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

from onmeet.notices.categories import CATEGORIES, Category
from onmeet.notices.countries import COUNTRIES
from onmeet.notices.dpv import LEGAL_BASES, PURPOSES
from onmeet.notices.notice import Consent, Contact, Cookie, Item, Location, Notice, Recipient, Term

PURPOSE = st.sampled_from(PURPOSES)
COUNTRY = st.sampled_from(sorted(COUNTRIES))
WORDS = st.text(
    st.characters(categories=("L", "N", "P", "S", "Zs"), exclude_characters="{}"), max_size=20
).filter(str.isprintable)
ROLE = st.sampled_from(("processor", "recipient"))
RECIPIENTS = ("rack", "mail", "bank")
READERS = ("self", "operator", "host", "participants", "link-holders", "group", "security")


@st.composite
def terms(draw: st.DrawFn, category: Category) -> tuple[Term, ...]:
    """One to three terms from different events, one of them for people of some country only."""
    events = draw(st.lists(st.sampled_from(category.events), min_size=1, max_size=3, unique=True))
    found = [
        Term(
            event,
            years=draw(st.integers(0, 10)),
            months=draw(st.integers(0, 24)),
            days=draw(st.integers(2, 60)),
            round_up=draw(st.sampled_from(("", "month", "year"))),
            warn_days=draw(st.integers(0, 1)) if event == "last_activity" else 0,
        )
        for event in events
    ]
    if draw(st.booleans()):
        found.append(Term(events[0], days=draw(st.integers(1, 60)), country=draw(COUNTRY)))
    return tuple(found)


@st.composite
def items(draw: st.DrawFn, category: Category) -> Item:
    """An item of a category with any form, terms, readers and recipients that the reader accepts."""
    forms = ["as-is", "aggregate"]
    forms += ["truncated"] if category.shape in ("ip", "number") else []
    forms += ["pseudonymised"] if category.shape in ("text", "ip", "number") else []
    values: dict[str, Any] = {"form": draw(st.sampled_from(forms)), "transient": draw(st.booleans())}
    if values["form"] == "pseudonymised":
        values["rotate_days"] = draw(st.integers(1, 90))
    if not values["transient"]:
        values["terms"] = draw(terms(category))
    basis = draw(st.sampled_from(sorted(LEGAL_BASES)))
    if basis == "LegalObligation" and not values["transient"]:
        values["legal_duty"] = draw(st.booleans())
    return Item(
        category.name,
        draw(PURPOSE),
        basis,
        readers=tuple(draw(st.lists(st.sampled_from(READERS), unique=True, max_size=3))),
        recipients=tuple(draw(st.lists(st.sampled_from(RECIPIENTS), unique=True, max_size=2))),
        promises=tuple(draw(st.lists(st.sampled_from(("N1.2", "X7")), unique=True))),
        **values,
    )


@st.composite
def notices(draw: st.DrawFn) -> Notice:
    """A whole notice with up to ten items."""
    names = draw(st.lists(st.sampled_from(sorted(CATEGORIES)), unique=True, max_size=10))
    published = draw(st.dates(date(2020, 1, 1), date(2030, 1, 1)))
    return Notice(
        name=draw(st.from_regex(r"[a-z0-9][a-z0-9-]{0,10}", fullmatch=True)),
        version=draw(st.from_regex(r"[0-9]\.[0-9]", fullmatch=True)),
        published=published,
        effective=published + timedelta(days=draw(st.integers(14, 400))),
        languages=tuple(draw(st.lists(st.sampled_from(("de", "en", "fr")), unique=True, min_size=1))),
        controller=Contact(name="{operator}", address=draw(WORDS), email="{email}"),
        officer=Contact(name=draw(WORDS)),
        items=tuple(draw(items(CATEGORIES[name])) for name in names),
        recipients=tuple(
            Recipient(name, draw(ROLE), draw(PURPOSE), draw(COUNTRY), contract=draw(WORDS))
            for name in RECIPIENTS
        ),
        locations=(Location(draw(COUNTRY), draw(WORDS)),),
        cookies=(Cookie("counter", draw(PURPOSE), essential=False, days=7, consent="statistics"),),
        consents=(Consent("statistics", draw(PURPOSE), asked=draw(st.booleans())),),
        backup_days=draw(st.integers(0, 90)),
        minimum_age=draw(st.integers(0, 18)),
    )
