"""What each page of a group is given."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from onmeet.groups.domains import Domain, DomainOffer
from onmeet.groups.membership import Member, Membership, Seats
from onmeet.groups.single_sign_on import SignInService
from onmeet.web.contexts import Page
from onmeet.web.groups.forms import DomainForm, InvitationForm, NameForm, PolicyForm, SignInServiceForm

__all__ = [
    "DomainsPage", "GroupPage", "InvitationsPage", "JoinPage", "MembersPage", "NoGroupPage", "PolicyPage",
    "SignInServicePage",
]  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class NoGroupPage(Page):
    """For somebody who is in no group: make one, or join one by the domain of the address."""

    template = "groups/none.html"
    form: NameForm
    offers: list[DomainOffer]


@dataclass(frozen=True, kw_only=True)
class GroupPage(Page):
    """One's own group. sees: what it sees of its members. tightens: sentences of its policy."""

    template = "groups/group.html"
    here: Membership
    role: str
    sees: list[str]
    tightens: list[str]
    seats: Seats | None
    form: NameForm


@dataclass(frozen=True, kw_only=True)
class MembersPage(Page):
    """roles: their names by role. tied: the sign-in service knows who members are, and the owner looks."""

    template = "groups/members.html"
    here: Membership
    members: list[Member]
    seats: Seats
    roles: dict[str, str]
    tied: bool


@dataclass(frozen=True, kw_only=True)
class InvitationsPage(Page):
    """invitations: number, role, uses left, end. link: of one that was just made, shown this once."""

    template = "groups/invitations.html"
    here: Membership
    invitations: list[tuple[int, str, int, datetime]]
    form: InvitationForm
    link: str
    problem: str


@dataclass(frozen=True, kw_only=True)
class DomainsPage(Page):
    template = "groups/domains.html"
    here: Membership
    domains: list[Domain]
    form: DomainForm
    problem: str


@dataclass(frozen=True, kw_only=True)
class PolicyPage(Page):
    """choices: category, its name, whether it is withheld. records: whether the notice lets any be kept."""

    template = "groups/policy.html"
    here: Membership
    choices: list[tuple[str, str, bool]]
    records: bool
    form: PolicyForm
    problem: str


@dataclass(frozen=True, kw_only=True)
class SignInServicePage(Page):
    """callback: what the service has to be told about this server."""

    template = "groups/sign_in.html"
    here: Membership
    service: SignInService
    form: SignInServiceForm
    problem: str


@dataclass(frozen=True, kw_only=True)
class JoinPage(Page):
    """Before joining: what the group sees and changes. elsewhere: the group that one would have to leave.

    action: where the button leads. sign_in: the service that members must use. erases: what is taken out of
    the account by joining.
    """

    template = "groups/join.html"
    name: str
    role: str
    sees: list[str]
    tightens: list[str]
    erases: str
    sign_in: str
    action: str
    elsewhere: str
