"""What the pages about kept meetings are given."""

from __future__ import annotations

from dataclasses import dataclass

from onmeet.meetings.kept import KeptMeeting
from onmeet.web.contexts import Page
from onmeet.web.meetings.forms import MeetingForm
from onmeet.web.meetings.invitation import DateLine, Invitation
from onmeet.web.meetings.lines import Lists
from onmeet.web.seen import Telephone

__all__ = [
    "EditMeetingPage", "HostInvitationPage", "HostLine", "InvitationPage", "MyMeetingsPage", "PlanPage",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class HostLine:
    """A co-host. name: what the account says, or words for who gives none."""

    number: int
    name: str


@dataclass(frozen=True, kw_only=True)
class MyMeetingsPage(Page):
    """`fresh_code`: the meeting just made, for which this browser is to make the link; or empty.

    search: whether there are so many that one searches. plans: whether the notice lets dates be kept.
    """

    template = "meetings/mine.html"
    lists: Lists
    form: MeetingForm
    fresh_code: str
    search: bool
    plans: bool


@dataclass(frozen=True, kw_only=True)
class PlanPage(Page):
    """A new meeting with everything. purposes: what its details are used for, in words."""

    template = "meetings/plan.html"
    form: MeetingForm
    purposes: str


@dataclass(frozen=True, kw_only=True)
class EditMeetingPage(Page):
    """`telephone`: how it can be reached by telephone, or None; then its PIN is of no use.

    host_link: the path that makes somebody a co-host, or empty.
    """

    template = "meetings/edit.html"
    meeting: KeptMeeting
    form: MeetingForm
    purposes: str
    code_stays_a_room: bool
    telephone: Telephone | None
    hosts: list[HostLine]
    host_link: str


@dataclass(frozen=True, kw_only=True)
class InvitationPage(Page):
    """Invite people, hand out calendar files, cancel. dates: the next ones. fresh_code: as in the list."""

    template = "meetings/invitation.html"
    meeting: KeptMeeting
    invitation: Invitation
    dates: list[DateLine]
    fresh_code: str


@dataclass(frozen=True, kw_only=True)
class HostInvitationPage(Page):
    """Somebody is asked to be a co-host. title: only for who is signed in. already: is a host of it."""

    template = "meetings/host.html"
    code: str
    token: str
    title: str
    signed_in: bool
    already: bool
