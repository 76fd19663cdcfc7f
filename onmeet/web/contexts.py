"""What each page is given: one dataclass a template, and the frame around them all.

A test compares the fields with the names that the template uses.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import ClassVar

from flask import Response, make_response, render_template

from onmeet.mail.outbox import Written
from onmeet.meetings.service import Role
from onmeet.meetings.usage import Month, UsageReport
from onmeet.notices.activities import Activity
from onmeet.notices.change_words import ChangeText
from onmeet.notices.document import CookieText, Document, Fact
from onmeet.notices.notice import Contact
from onmeet.notices.versions import Version
from onmeet.web.farewell import Farewell
from onmeet.web.forms import RegisterForm, SignInForm
from onmeet.web.just_in_time import Hint
from onmeet.web.own_forms import AnswerForm, DeleteForm, RequestForm
from onmeet.web.own_view import ConsentLine, Group, RequestLine, StayLine
from onmeet.web.seen import CookieSeen, LiveItem, ReceiptText, Telephone

__all__ = [
    "ActivitiesPage",
    "CardPage",
    "ChangesPage",
    "CookiesPage",
    "DeleteAccountPage",
    "ErrorPage",
    "LandingPage",
    "LeaveNewsletterPage",
    "LeftPage",
    "LivePage",
    "MyDataPage",
    "NoticeChangedPage",
    "OutboxPage",
    "Page",
    "PassedOnPage",
    "PrivacyPage",
    "ReceiptPage",
    "ReceiptsPage",
    "RegisterPage",
    "RequestConfirmPage",
    "RequestPage",
    "RequestStatePage",
    "RightsPage",
    "RoomPage",
    "SignInPage",
    "Site",
    "UsagePage",
    "VersionsPage",
]


@dataclass(frozen=True, kw_only=True)
class Page:
    """A page: the class names its template, the fields are the template's variables."""

    template: ClassVar[str]

    def render(self, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
        """The finished response."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        response = make_response(render_template(self.template, **values), status)
        response.headers.update(headers or {})
        return response


@dataclass(frozen=True, kw_only=True)
class Site:
    """What the frame of every page shows, as `site`. `here` is where a choice in the footer returns to.

    chooses_cookies: whether there are cookies to choose about. asks_cookies: whether the banner is shown.
    shows_usage: whether accounts have a usage report. has_groups: whether people can be in groups here.
    sells_plans: whether there is anything to pay.
    """

    language: str
    languages: list[tuple[str, str]]
    theme: str
    themes: list[tuple[str, str]]
    color_scheme: str
    here: str
    operator: str
    registration_open: bool
    chooses_cookies: bool
    asks_cookies: bool
    shows_usage: bool
    has_groups: bool
    sells_plans: bool


@dataclass(frozen=True, kw_only=True)
class CookiesPage(Page):
    """purposes: what the optional ones are for. signal: the browser has refused by itself."""

    template = "cookies.html"
    cookies: tuple[CookieText, ...]
    purposes: list[str]
    choice: str
    signal: bool


@dataclass(frozen=True, kw_only=True)
class NoticeChangedPage(Page):
    """known: whether the notice that this person knew can be compared. asked: consents, name and sentence."""

    template = "notice_changed.html"
    changes: tuple[ChangeText, ...]
    known: bool
    version: str
    asked: list[tuple[str, str]]
    next: str


@dataclass(frozen=True, kw_only=True)
class LeaveNewsletterPage(Page):
    template = "mail/leave.html"
    done: bool


@dataclass(frozen=True, kw_only=True)
class OutboxPage(Page):
    template = "mail/outbox.html"
    mails: list[Written]


@dataclass(frozen=True, kw_only=True)
class LandingPage(Page):
    """after, cookies: what the notice says of the time after a meeting, and of cookies."""

    template = "landing.html"
    may_start: bool
    after: Fact
    cookies: Fact


@dataclass(frozen=True, kw_only=True)
class PrivacyPage(Page):
    """A notice. standing: since when it holds. coming: the day of the next version. file: its source."""

    template = "privacy/notice.html"
    notice: Document
    standing: str
    coming: str | None
    current: bool
    file: str


@dataclass(frozen=True, kw_only=True)
class VersionsPage(Page):
    """All versions, each with its state in words."""

    template = "privacy/versions.html"
    versions: list[tuple[Version, str]]
    day: Callable[[datetime], str]


@dataclass(frozen=True, kw_only=True)
class ChangesPage(Page):
    """`ahead`: the new version is still to come. Without `old` nothing has ever changed."""

    template = "privacy/changes.html"
    old: Version | None
    new: Version | None
    day: str
    ahead: bool
    changes: tuple[ChangeText, ...]


@dataclass(frozen=True, kw_only=True)
class ActivitiesPage(Page):
    template = "privacy/art30.html"
    notice: Document
    activities: tuple[Activity, ...]
    transfers: tuple[str, ...]
    measures: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class LivePage(Page):
    """What is held now. figures: numbers in words, by name. clean: nothing is past its time."""

    template = "privacy/live.html"
    notice: Document
    figures: dict[str, str]
    items: list[LiveItem]
    in_memory: list[LiveItem]
    clean: bool
    cookies: list[CookieSeen]
    address: str
    signed_in: bool


@dataclass(frozen=True, kw_only=True)
class ReceiptsPage(Page):
    """How to check a receipt. genuine: the verdict on what was pasted, or None before anything was."""

    template = "privacy/receipts.html"
    public_key: str
    pasted: str
    genuine: bool | None
    receipt: ReceiptText | None


@dataclass(frozen=True, kw_only=True)
class ReceiptPage(Page):
    template = "privacy/receipt.html"
    receipt: ReceiptText


@dataclass(frozen=True, kw_only=True)
class RegisterPage(Page):
    """`purposes`: what each field is asked for, in words. `minimum_age`: 0 where the notice names none.

    asked: consents without which there can be no account, name and sentence. refused: one was not ticked.
    """

    template = "accounts/register.html"
    form: RegisterForm
    minimum_age: int
    purposes: dict[str, str]
    asked: list[tuple[str, str]]
    refused: bool = False


@dataclass(frozen=True, kw_only=True)
class SignInPage(Page):
    template = "accounts/sign_in.html"
    form: SignInForm
    problem: str = ""


@dataclass(frozen=True, kw_only=True)
class RoomPage(Page):
    """Pre-join and room. `name` is the account's or empty; `static_root` ends without a slash.

    hints: what is read before the first use of camera, microphone and chat. first_use: the script's part.
    presence_url: where the page asks who is in already, or empty where that is not shown. telephone: how to
    call in, or None. open_to_phone: what is said while a telephone can hear.
    """

    template = "meeting/room.html"
    code: str
    socket_path: str
    role: Role
    name: str
    signed_in: bool
    operator: str
    limit: int
    static_root: str
    notice_lines: tuple[str, str, str]
    hints: Mapping[str, Hint]
    first_use: Mapping[str, object]
    presence_url: str
    telephone: Telephone | None
    open_to_phone: str


@dataclass(frozen=True, kw_only=True)
class CardPage(Page):
    """A card to print. `pin`: of the owner's kept meeting; else the page finds it in its address."""

    template = "meeting/card.html"
    code: str
    telephone: Telephone
    pin: str


@dataclass(frozen=True, kw_only=True)
class LeftPage(Page):
    template = "meetings/left.html"
    code: str
    farewell: Farewell


@dataclass(frozen=True, kw_only=True)
class UsagePage(Page):
    """restricted: no report is made at present. with_topics, with_times: what the notice lets us keep."""

    template = "account/usage.html"
    restricted: bool
    months: list[Month]
    report: UsageReport
    with_topics: bool
    with_times: bool


@dataclass(frozen=True, kw_only=True)
class ErrorPage(Page):
    """again: where the page is that somebody came from, as far as the address tells; or empty."""

    template = "error.html"
    status: int
    title: str
    text: str
    again: str = ""


@dataclass(frozen=True, kw_only=True)
class MyDataPage(Page):
    """Item by item. `more`: rows that are only in the export. `others`: what a host may see."""

    template = "my_data/data.html"
    groups: list[Group]
    others: list[Group]
    more: int
    sign_ins: int
    form: DeleteForm
    problem: str = ""


@dataclass(frozen=True, kw_only=True)
class RightsPage(Page):
    template = "my_data/rights.html"
    restricted: bool
    objected: bool
    objectionable: str
    consents: list[ConsentLine]
    requests: list[RequestLine]
    passed_on: list[RequestLine]


@dataclass(frozen=True, kw_only=True)
class DeleteAccountPage(Page):
    """group: the name of one that the account owns and that others are in, or empty; others: how many."""

    template = "my_data/delete.html"
    stays: list[StayLine]
    form: DeleteForm
    group: str
    others: int
    problem: str = ""


@dataclass(frozen=True, kw_only=True)
class PassedOnPage(Page):
    """A request that the owner of a meeting answers, as controller."""

    template = "my_data/passed_on.html"
    request_line: RequestLine
    form: AnswerForm


@dataclass(frozen=True, kw_only=True)
class RequestPage(Page):
    """File a request. `known`: signed in, so that no address is asked for."""

    template = "my_data/request.html"
    form: RequestForm
    known: bool
    minimum_age: int
    authority: Contact
    officer: Contact
    filed: bool = False


@dataclass(frozen=True, kw_only=True)
class RequestConfirmPage(Page):
    """The link was followed; a button opens the request, because machines follow links too."""

    template = "my_data/request_confirm.html"
    token: str
    request_line: RequestLine


@dataclass(frozen=True, kw_only=True)
class RequestStatePage(Page):
    template = "my_data/request_state.html"
    request_line: RequestLine
    authority: Contact
