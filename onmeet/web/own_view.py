"""What is held about somebody, put into words and lines for the pages of their account."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import groupby

from flask_babel import format_date, format_datetime, gettext, lazy_gettext

from onmeet.notices import wording
from onmeet.notices.access import HeldItem
from onmeet.notices.consents import State
from onmeet.notices.erasure import BOUND, NEEDED, Stay
from onmeet.notices.policy import Policy
from onmeet.notices.requests import Filed
from onmeet.web.own_forms import KIND_NAMES

__all__ = [
    "ConsentLine", "Group", "Line", "RequestLine", "StayLine", "consent_lines", "groups", "request_line",
    "stay_lines",
]  # fmt: skip

ACCOUNTS = "accounts"

_TITLES = {
    ACCOUNTS: lazy_gettext("Your account"),
    "meetings": lazy_gettext("A meeting that you keep"),
    "passkeys": lazy_gettext("A passkey"),
    "customers": lazy_gettext("You at the payment provider"),
    "subscriptions": lazy_gettext("A subscription"),
    "invoices": lazy_gettext("An invoice"),
    "used_months": lazy_gettext("A month of meetings"),
    "meeting_records": lazy_gettext("Record of a meeting of yours"),
    "participations": lazy_gettext("You in a meeting"),
    "call_records": lazy_gettext("A telephone call"),
    "consents": lazy_gettext("A consent"),
    "group_members": lazy_gettext("Your membership in a group"),
    "contact_codes": lazy_gettext("A code for callers"),
    "sign_in_details": lazy_gettext("A browser that is signed in"),
    "subject_requests": lazy_gettext("A request about your data"),
}

_NAMED = {"group_members": lazy_gettext("Your membership in the group %(name)s")}
"""Titles of rows that are about something with a name."""

_WHICH = {
    "created_on": lazy_gettext("made"),
    "last_seen_on": lazy_gettext("last used"),
    "began_at": lazy_gettext("begun"),
    "started_at": lazy_gettext("begin"),
    "ended_at": lazy_gettext("end"),
    "joined_at": lazy_gettext("came"),
    "left_at": lazy_gettext("left"),
    "given_at": lazy_gettext("given"),
    "withdrawn_at": lazy_gettext("withdrawn"),
    "passkeys.label": lazy_gettext("name of the passkey"),
    "credential": lazy_gettext("mark of the passkey"),
    "contact_codes.label": lazy_gettext("for whom"),
    "contact_codes.code": lazy_gettext("code"),
    "public_key": lazy_gettext("public key"),
    "totp": lazy_gettext("authenticator app"),
    "sign_on_issuer": lazy_gettext("sign-in service of your organisation"),
    "new_email": lazy_gettext("not confirmed yet"),
    "language": lazy_gettext("language"),
    "time_zone": lazy_gettext("time zone"),
    "starts_at": lazy_gettext("begin"),
    "minutes": lazy_gettext("minutes"),
    "repeats": lazy_gettext("how it repeats"),
    "exceptions": lazy_gettext("dates left out"),
    "joined_on": lazy_gettext("member since"),
    "provider_id": lazy_gettext("number at the payment provider"),
    "plan": lazy_gettext("plan"),
    "state": lazy_gettext("state"),
    "seats": lazy_gettext("seats"),
    "trial_ends": lazy_gettext("end of the trial"),
    "period_ends": lazy_gettext("paid or free until"),
    "ends": lazy_gettext("end"),
    "seconds": lazy_gettext("seconds"),
    "number": lazy_gettext("number"),
    "issued_on": lazy_gettext("day"),
    "cents": lazy_gettext("hundredths of the currency"),
    "currency": lazy_gettext("currency"),
    "invoices.country": lazy_gettext("country of the invoice"),
    "handle": lazy_gettext("address of your page"),
    "reach": lazy_gettext("who may call"),
    "shares": lazy_gettext("what others see"),
}
"""Tells columns of one category apart, with the table in front where the name alone says too little."""

_MOMENTS = frozenset({"trial_ends", "period_ends", "ends"})
"""Held in unix seconds."""

_STATES = {
    "unverified": lazy_gettext("waiting until you have followed the mailed link"),
    "open": lazy_gettext("open"),
    "passed-on": lazy_gettext("passed on to the owner of the meeting, who is answerable for the data"),
    "answered": lazy_gettext("answered"),
    "refused": lazy_gettext("refused, with reasons"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One value: what, why, until when, who sees it. `column`: can be erased alone, or empty."""

    what: str
    value: str
    why: str
    basis: str
    until: str
    readers: str
    column: str
    permitted: bool


@dataclass(frozen=True, slots=True)
class Group:
    """The values of one row. `erasable`: it can be deleted whole."""

    title: str
    table: str
    key: str
    erasable: bool
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class StayLine:
    """Something that deleting the account leaves, with the reason."""

    what: str
    count: int
    duty: bool
    reason: str
    until: str


@dataclass(frozen=True, slots=True)
class ConsentLine:
    """A consent of an account. `wording`: what is agreed to. `current`: still asked."""

    name: str
    title: str
    wording: str
    given: bool
    since: str
    withdrawn: str
    current: bool


@dataclass(frozen=True, slots=True)
class RequestLine:
    """A request about one's data; days as people write them. `open`: not answered yet."""

    id: int
    kind: str
    state: str
    open: bool
    text: str
    email: str
    answer: str
    extension: str
    received: str
    due: str


def groups(items: list[HeldItem], policy: Policy, language: str) -> list[Group]:
    """The lines of a page, a group for each row."""
    return [
        Group(
            _title(row[0]),
            table,
            key,
            table != ACCOUNTS and not any(item.legal_duty or item.category in BOUND for item in row),
            tuple(_line(item, policy, language) for item in row),
        )
        for (table, key), found in groupby(items, lambda item: (item.table, item.key))
        if (row := list(found))
    ]


def stay_lines(stays: tuple[Stay, ...], language: str) -> list[StayLine]:
    """What stays, in words."""
    return [
        StayLine(
            wording.category(stay.category, language),
            stay.count,
            stay.why == "legal-duty",
            stay.reason,
            format_date(stay.until, "long") if stay.until else "",
        )
        for stay in stays
    ]


def consent_lines(states: list[State], policy: Policy, language: str) -> list[ConsentLine]:
    """The consents that an account gave, or may give."""
    lines = []
    for state in states:
        purposes = [each.purpose for each in policy.notice.consents if each.name == state.name]
        why = wording.purpose(purposes[0], language) if purposes else ""
        title, words = wording.consent(state.name, language) or (state.name, why)
        lines.append(
            ConsentLine(
                state.name,
                title,
                state.wording if state.given else words,
                state.given,
                format_date(state.given_at, "long") if state.given_at else "",
                format_date(state.withdrawn_at, "long") if state.withdrawn_at else "",
                state.asked_for and bool(purposes),
            )
        )
    return lines


def request_line(filed: Filed) -> RequestLine:
    """A request as people read it."""
    return RequestLine(
        filed.id,
        str(KIND_NAMES[filed.kind]),
        str(_STATES[filed.state]),
        filed.closed_at is None,
        filed.text,
        filed.email,
        filed.answer,
        filed.extension,
        format_date(filed.received_at, "long"),
        format_date(filed.due_on, "long"),
    )


def _title(item: HeldItem) -> str:
    named = _NAMED.get(item.table) if item.called else None
    return str(named) % {"name": item.called} if named else str(_TITLES.get(item.table, item.table))


def _line(item: HeldItem, policy: Policy, language: str) -> Line:
    alone = item.table == ACCOUNTS and item.category not in NEEDED and not item.legal_duty
    which = _WHICH.get(f"{item.table}.{item.column}") or _WHICH.get(item.column)
    name = wording.category(item.category, language)
    return Line(
        f"{name} ({which})" if which else name,
        "" if item.hidden else _shown(item),
        wording.purpose(item.purpose, language) if item.permitted else "",
        wording.basis(item.basis, language) if item.permitted else "",
        _until(item, policy, language),
        wording.listing([wording.reader(reader, language) for reader in item.readers], language),
        item.column if alone else "",
        item.permitted,
    )


def _until(item: HeldItem, policy: Policy, language: str) -> str:
    rule = policy.item(item.category)
    if not item.permitted or rule is None:
        return ""
    if item.goes_at is not None:
        day = format_date(item.goes_at.date(), "long")
        if set(item.counts_from) - {"account_close", "contract_end"} == {"last_activity"}:
            return str(gettext("until %(day)s, unless you sign in before", day=day))
        return str(gettext("until %(day)s", day=day))
    return wording.until(rule, language)


def _shown(item: HeldItem) -> str:
    value = item.value
    if item.column in _MOMENTS and isinstance(value, int):
        value = datetime.fromtimestamp(value, UTC)
    if isinstance(value, datetime):
        return f"{format_datetime(value, 'medium')} UTC"
    return str(format_date(value, "long") if isinstance(value, date) else value)
