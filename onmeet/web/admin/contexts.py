"""What each of the operator's pages is given."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from onmeet.accounts.acts import Act
from onmeet.accounts.oversight import Registered
from onmeet.meetings.load import Hour
from onmeet.notices.requests import Filed
from onmeet.notices.versions import Version
from onmeet.web.admin.forms import AnswerForm, ExtendForm, FindForm
from onmeet.web.contexts import Page

__all__ = [
    "AccountPage", "ActsPage", "NoticesPage", "OverviewPage", "RequestPage", "RequestsPage",
]  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class OverviewPage(Page):
    """parts: name and whether it answers; None for one that is switched off. accounts: counts by state.

    subscriptions: plan, state, how many; None where nothing is sold. near: requests due within a week, or
    overdue. live: figures of this moment, by word. load: hours of the last day, None where not counted.
    """

    template = "admin/overview.html"
    version: str
    parts: list[tuple[str, bool | None]]
    accounts: dict[str, int]
    subscriptions: list[tuple[str, str, int]] | None
    open_requests: int
    near: int
    notice: Version | None
    coming: Version | None
    live: list[tuple[str, int]]
    load: list[Hour] | None
    log_broken_at: int | None
    find: FindForm


@dataclass(frozen=True, kw_only=True)
class AccountPage(Page):
    """One account. mine: it is the operator's own, which these pages do not change."""

    template = "admin/account.html"
    account: Registered
    email: str
    mine: bool


@dataclass(frozen=True, kw_only=True)
class RequestsPage(Page):
    """Requests of data subjects, those with the next deadline first. closed: answered ones, too."""

    template = "admin/requests.html"
    requests: list[Filed]
    closed: bool


@dataclass(frozen=True, kw_only=True)
class RequestPage(Page):
    """One request, with the forms that answer or extend it while it is open."""

    template = "admin/request.html"
    asked: Filed
    is_open: bool
    answer: AnswerForm
    extend: ExtendForm


@dataclass(frozen=True, kw_only=True)
class NoticesPage(Page):
    """Every period of every version of the notice, the newest first."""

    template = "admin/notices.html"
    versions: list[Version]
    now: datetime


@dataclass(frozen=True, kw_only=True)
class ActsPage(Page):
    """The log. broken_at: the number of the first row that is not as it was written."""

    template = "admin/acts.html"
    acts: list[Act]
    broken_at: int | None
