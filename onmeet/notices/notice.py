"""A privacy notice as data: what may be held, why, in which form, until when, and who gets it.

Plain values, no files, no clock. `reading` makes a `Notice` from TOML, `retention` reckons with its terms,
`policy` answers what is permitted, `wording` puts it into sentences.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields, replace
from datetime import date
from typing import Literal

from onmeet.notices.categories import Event

__all__ = [
    "PLACEHOLDERS", "Consent", "Contact", "Cookie", "Form", "Item", "Location", "Notice", "Reader",
    "Recipient", "Round", "Term", "filled",
]  # fmt: skip

Form = Literal["as-is", "truncated", "pseudonymised", "aggregate"]
"""as-is; truncated (IPv4 /24, IPv6 /48, numbers to country and last two digits); pseudonymised (hash under
a key that rotates); aggregate (counted, never stored by itself)."""

Round = Literal["", "month", "year"]
"""The end of which calendar period a term runs on to."""

Reader = Literal["self", "operator", "host", "participants", "link-holders", "group", "security"]
"""Who can see an item here."""

Language = Literal["de", "en", "fr"]

PLACEHOLDERS = ("operator", "address", "email")
"""What contacts may leave to the settings, in braces: ONMEET_OPERATOR, ONMEET_CONTACT_ADDRESS and
ONMEET_CONTACT_EMAIL."""

_PLACEHOLDER = re.compile(r"\{(operator|address|email)\}")


@dataclass(frozen=True, slots=True)
class Term:
    """How long after an event something is kept; several terms of one item: the earliest wins.

    years, months, days add up and are followed by `round_up`: to the end of that month or year (UTC).
    'The last twelve full months' is months=12, round_up='month'; 'the end of the calendar year after the
    contract ended' is years=1, round_up='year'. country: this term holds only for people there (ISO 3166-1
    alpha-2), and the term without one for all others. warn_days: a warning is mailed so long before.
    """

    event: Event
    years: int = 0
    months: int = 0
    days: int = 0
    round_up: Round = ""
    country: str = ""
    warn_days: int = 0


@dataclass(frozen=True, slots=True)
class Item:
    """One kind of data that the notice permits.

    category: of `CATEGORIES`. purpose, legal_basis: names of terms of the Data Privacy Vocabulary without
    prefix (`ServiceProvision`, `Contract`). transient: held in memory only, never stored; then `terms` is
    empty. rotate_days: how often the key of a pseudonymised form changes. legal_duty: kept to its term even
    when its owner asks for erasure. recipients: names of the notice's recipients. promises: ids of the
    requirements that it comes from (`N1.3`). line: where it stands in its file.
    """

    category: str
    purpose: str
    legal_basis: str
    form: Form = "as-is"
    transient: bool = False
    terms: tuple[Term, ...] = ()
    rotate_days: int = 0
    legal_duty: bool = False
    readers: tuple[Reader, ...] = ()
    recipients: tuple[str, ...] = ()
    promises: tuple[str, ...] = ()
    line: int = 0


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody answerable: the controller, the data-protection officer, the authority to complain to."""

    name: str = ""
    address: str = ""
    email: str = ""
    phone: str = ""
    web: str = ""


@dataclass(frozen=True, slots=True)
class Recipient:
    """A processor or another recipient: who, what for, where (ISO 3166-1 alpha-2), under which contract."""

    name: str
    role: Literal["processor", "recipient"]
    purpose: str
    country: str
    contract: str = ""


@dataclass(frozen=True, slots=True)
class Location:
    """Where data is processed (ISO 3166-1 alpha-2, and a region where that is said)."""

    country: str
    region: str = ""


@dataclass(frozen=True, slots=True)
class Cookie:
    """A cookie. `essential`: the page does not work without it; any other is set only after consent.

    days: 0 ends with the browser's session. consent: the consent that allows a cookie that is not essential.
    """

    name: str
    purpose: str
    essential: bool = True
    days: int = 0
    consent: str = ""


@dataclass(frozen=True, slots=True)
class Consent:
    """Something that is done only with consent, by an identifier (`newsletter`, `statistics`, `camera`).

    before: asked just before the first use of a function of the meeting, or '' when asked on the account's
    or the cookies' page. asked: whether an explicit yes is needed (else the use after the notice is the
    consent, N5.6). recorded: whether a record with wording and time is kept (then the notice must permit
    consent.record).
    """

    name: str
    purpose: str
    before: Literal["", "camera", "microphone", "chat", "telephone", "registration"] = ""
    asked: bool = True
    recorded: bool = False
    promises: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One version of a notice. `published` and `effective` are days (UTC); see `versions` for what counts.

    backup_days: back-ups are re-synchronised, and so forget what was erased, after so many days at most.
    minimum_age: 0 when the notice names none. eea_only: nothing is processed outside the EU and the EEA.
    source: the text of the file, which is what gets published; it reads back as this very notice.
    """

    name: str
    version: str
    published: date
    effective: date
    languages: tuple[Language, ...]
    controller: Contact
    officer: Contact = field(default_factory=Contact)
    authority: Contact = field(default_factory=Contact)
    items: tuple[Item, ...] = ()
    recipients: tuple[Recipient, ...] = ()
    locations: tuple[Location, ...] = ()
    cookies: tuple[Cookie, ...] = ()
    consents: tuple[Consent, ...] = ()
    backup_days: int = 0
    minimum_age: int = 0
    eea_only: bool = False
    promises: tuple[str, ...] = ()
    source: str = field(default="", repr=False)

    def item(self, category: str) -> Item | None:
        """The item of a category, or None: not permitted."""
        return next((item for item in self.items if item.category == category), None)


def filled(notice: Notice, *, operator: str, address: str = "", email: str = "") -> Notice:
    """The notice with the operator's own data in place of the contacts' placeholders."""
    values = {"operator": operator, "address": address, "email": email}
    return replace(
        notice,
        controller=_filled(notice.controller, values),
        officer=_filled(notice.officer, values),
        authority=_filled(notice.authority, values),
    )


def _filled(contact: Contact, values: dict[str, str]) -> Contact:
    texts = {one.name: str(getattr(contact, one.name)) for one in fields(contact)}
    return Contact(**{key: _PLACEHOLDER.sub(lambda m: values[m[1]], text) for key, text in texts.items()})
