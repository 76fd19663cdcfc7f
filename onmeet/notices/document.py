"""A whole notice as texts: what `/privacy` shows, made from the items and from nothing else.

Pure. A category that the notice does not permit is never mentioned as held.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from onmeet.notices import wording
from onmeet.notices.categories import CATEGORIES
from onmeet.notices.notice import Consent, Contact, Cookie, Item, Notice, Recipient
from onmeet.notices.wording import phrase

__all__ = [
    "ConsentText",
    "CookieText",
    "Document",
    "Fact",
    "Group",
    "Kept",
    "Line",
    "Places",
    "RecipientText",
    "Shelf",
    "by_end",
    "consent_text",
    "cookie_text",
    "in_order",
    "line_of",
    "recipient_text",
    "sections",
]

Kind = Literal["memory", "stored", "counted"]
"""Whether something is written down at all."""


@dataclass(frozen=True, slots=True)
class Places:
    """The categories for which this software has a place at all: in a store, or in memory."""

    stored: frozenset[str]
    memory: frozenset[str]

    def have(self, item: Item) -> bool:
        """Whether what the item permits can be here."""
        return item.category in (self.memory if item.transient else self.stored)


@dataclass(frozen=True, slots=True)
class Line:
    """One item. form: empty where it is complete. nowhere: this software has no place for it yet."""

    category: str
    name: str
    detail: str
    why: str
    basis: str
    article: str
    form: str
    readers: str
    recipients: str
    until: str
    kind: Kind
    duty: bool
    nowhere: bool


@dataclass(frozen=True, slots=True)
class Shelf:
    """Items that go at the same time."""

    until: str
    kind: Kind
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """The items of one situation in life."""

    key: str
    title: str
    shelves: tuple[Shelf, ...]


@dataclass(frozen=True, slots=True)
class Kept:
    """In short: these, until then."""

    names: tuple[str, ...]
    until: str


@dataclass(frozen=True, slots=True)
class Fact:
    """One card of the summary. key: which picture goes with it."""

    key: str
    title: str
    text: str
    kept: tuple[Kept, ...] = ()


@dataclass(frozen=True, slots=True)
class RecipientText:
    """Somebody who gets data, and what."""

    name: str
    role: str
    why: str
    country: str
    contract: str
    data: str


@dataclass(frozen=True, slots=True)
class CookieText:
    """A cookie. essential: set without asking."""

    name: str
    why: str
    until: str
    essential: bool
    leave: str


@dataclass(frozen=True, slots=True)
class ConsentText:
    """Something that is done only with consent."""

    name: str
    title: str
    why: str
    when: str
    how: str
    recorded: bool


@dataclass(frozen=True, slots=True)
class Document:
    """A notice in one language, part by part. Parts that the notice leaves empty are empty here.

    advertises: whether somebody else gets data for advertising.
    """

    language: str
    name: str
    version: str
    published: str
    effective: str
    summary: tuple[Fact, ...]
    groups: tuple[Group, ...]
    recipients: tuple[RecipientText, ...]
    places: tuple[str, ...]
    eea_only: bool
    advertises: bool
    cookies: tuple[CookieText, ...]
    consents: tuple[ConsentText, ...]
    rights: tuple[tuple[str, str], ...]
    limits: tuple[str, ...]
    backups: str
    children: str
    controller: Contact
    officer: Contact
    authority: Contact

    def say(self, name: str, /, **values: str) -> str:
        """A sentence of the page in this language."""
        return phrase(name, self.language, **values)


_GROUPS = ("meeting", "call", "account", "kept", "billing", "website", "enquiry")

_GROUP_OF = {
    "chat": "meeting", "notes": "meeting", "recording": "meeting", "consent": "account",
    "newsletter": "account", "security": "website", "visitor": "website", "usage": "website",
    "contact": "enquiry", "request": "enquiry", "application": "enquiry",
}  # fmt: skip
"""By the first half of the category, where it is not the group itself."""

_CONTENTS = ("chat", "notes", "recording")
"""What people say and show, as against what is known about it."""

_RIGHTS = (
    "access", "rectification", "portability", "erasure", "restriction", "objection", "withdraw", "complaint",
)  # fmt: skip


def sections(notice: Notice, language: str, places: Places | None = None) -> Document:
    """The notice in one language; `places`: to say what is permitted but not collected."""
    lines = [line_of(item, language, places) for item in in_order(notice)]
    return Document(
        language=language,
        name=notice.name,
        version=notice.version,
        published=wording.day(notice.published, language),
        effective=wording.day(notice.effective, language),
        summary=_summary(notice, lines, language),
        groups=tuple(_groups(notice, lines, language)),
        recipients=tuple(recipient_text(notice, each, language) for each in notice.recipients),
        places=tuple(
            wording.country(place.country, language) + (f" ({place.region})" if place.region else "")
            for place in notice.locations
        ),
        eea_only=notice.eea_only,
        advertises=any(each.purpose == "DirectMarketing" for each in notice.recipients),
        cookies=tuple(cookie_text(cookie, language) for cookie in notice.cookies),
        consents=tuple(consent_text(consent, language) for consent in notice.consents),
        rights=tuple(
            (phrase(f"right.{name}", language), phrase(f"right.{name}.text", language)) for name in _RIGHTS
        ),
        limits=tuple(
            phrase(f"limit.{name}", language)
            for name in ("page", "connect", "recording", "link", "telephone", "device", "sites")
        ),
        backups=_with(notice.backup_days, "backups.text", language),
        children=phrase("children.text", language, age=str(notice.minimum_age)) if notice.minimum_age else "",
        controller=notice.controller,
        officer=notice.officer,
        authority=notice.authority,
    )


def line_of(item: Item, language: str, places: Places | None = None) -> Line:
    """One item in words."""
    readers = [wording.reader(reader, language) for reader in item.readers]
    recipients = [wording.recipient(name, language) for name in item.recipients]
    return Line(
        category=item.category,
        name=wording.category(item.category, language),
        detail=wording.detail(item.category, language),
        why=wording.purpose(item.purpose, language),
        basis=wording.basis(item.legal_basis, language),
        article=wording.article(item.legal_basis, language),
        form="" if item.form == "as-is" else wording.form(item, language),
        readers=wording.listing(readers, language) or phrase("nobody", language),
        recipients=wording.listing(recipients, language) or phrase("none", language),
        until=wording.until(item, language),
        kind="memory" if item.transient else "counted" if item.form == "aggregate" else "stored",
        duty=item.legal_duty,
        nowhere=places is not None and not places.have(item),
    )


def in_order(notice: Notice) -> list[Item]:
    """What the notice permits, in the order of the categories."""
    return [item for name in CATEGORIES if (item := notice.item(name)) is not None]


def _group_of(item: Item) -> str:
    room = item.category.partition(".")[0]
    if CATEGORIES[item.category].about == "account" and room == "meeting" and not _of_a_call(item):
        return "kept"
    return _GROUP_OF.get(room, room)


def _of_a_call(item: Item) -> bool:
    return item.transient or any(term.event in ("call_end", "collected") for term in item.terms)


def _groups(notice: Notice, lines: list[Line], language: str) -> Iterable[Group]:
    by_category = {line.category: line for line in lines}
    sorted_in: dict[str, list[Line]] = {}
    for item in in_order(notice):
        sorted_in.setdefault(_group_of(item), []).append(by_category[item.category])
    for key in _GROUPS:
        if key in sorted_in:
            yield Group(key, phrase(f"group.{key}", language), tuple(_shelves(sorted_in[key])))


def _shelves(lines: list[Line]) -> Iterable[Shelf]:
    """Lines that end alike stand together; what is in memory only comes first."""
    together: dict[tuple[str, Kind], list[Line]] = {}
    for line in sorted(lines, key=lambda line: line.kind != "memory"):
        together.setdefault((line.until, line.kind), []).append(line)
    for (until, kind), some in together.items():
        yield Shelf(until, kind, tuple(some))


def _summary(notice: Notice, lines: list[Line], language: str) -> tuple[Fact, ...]:
    stored = [line for line in lines if line.kind == "stored" and not line.nowhere]
    account = [line for line in stored if line.category.startswith("account.")]
    choice = any(not cookie.essential for cookie in notice.cookies)
    facts = [_fact("sealed", language), _after(notice, stored, language)]
    if account:
        facts.append(_fact("account", language, account))
    return (*facts, _fact("choice" if choice else "cookies", language), _fact("rights", language))


def _after(notice: Notice, stored: list[Line], language: str) -> Fact:
    stays = [line for line in stored if _stays_after_a_call(notice, line)]
    if not stays:
        return _fact("nothing", language)
    contents = any(line.category.partition(".")[0] in _CONTENTS for line in stays)
    return _fact("stays", language, stays, "short.stays.contents" if contents else "")


def _stays_after_a_call(notice: Notice, line: Line) -> bool:
    item = notice.item(line.category)
    return item is not None and _group_of(item) in ("meeting", "call")


def _fact(key: str, language: str, lines: Iterable[Line] = (), text: str = "") -> Fact:
    kept = by_end(lines)
    if len(kept) > 2:  # the rest is told below, item by item
        rest = tuple(name for each in kept[1:] for name in each.names)
        kept = (kept[0], Kept(rest, phrase("short.rest", language)))
    return Fact(key, phrase(f"short.{key}", language), phrase(text or f"short.{key}.text", language), kept)


def by_end(lines: Iterable[Line]) -> tuple[Kept, ...]:
    """Which go together; those of which there are most come first."""
    together: dict[str, list[str]] = {}
    for line in lines:
        together.setdefault(line.until, []).append(line.name)
    ends = sorted(together.items(), key=lambda each: -len(each[1]))
    return tuple(Kept(tuple(names), until) for until, names in ends)


def recipient_text(notice: Notice, each: Recipient, language: str) -> RecipientText:
    """A recipient of `notice` in words."""
    data = [
        wording.category(item.category, language) for item in notice.items if each.name in item.recipients
    ]
    return RecipientText(
        name=wording.recipient(each.name, language),
        role=phrase(f"role.{each.role}", language),
        why=wording.purpose(each.purpose, language),
        country=wording.country(each.country, language),
        contract=wording.safeguard(each.contract, language),
        data=wording.listing(data, language),
    )


def cookie_text(cookie: Cookie, language: str) -> CookieText:
    """A cookie in words."""
    return CookieText(
        name=cookie.name,
        why=wording.purpose(cookie.purpose, language),
        until=wording.for_days(cookie.days, language) if cookie.days else phrase("cookie.session", language),
        essential=cookie.essential,
        leave=phrase("cookie.essential" if cookie.essential else "cookie.consent", language),
    )


def consent_text(consent: Consent, language: str) -> ConsentText:
    """A consent in words."""
    known = wording.consent(consent.name, language)
    title, why = known or (consent.name, wording.purpose(consent.purpose, language))
    when = f"consent.before.{consent.before}" if consent.before else "consent.before"
    return ConsentText(
        name=consent.name,
        title=title,
        why=why,
        when=phrase(when, language),
        how=phrase("consent.asked" if consent.asked else "consent.used", language),
        recorded=consent.recorded,
    )


def _with(days: int, name: str, language: str) -> str:
    return phrase(name, language, span=wording.span(language, days=days)) if days else ""
