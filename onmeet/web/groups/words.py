"""What a group sees of its members, and how it tightens the notice, in sentences."""

from __future__ import annotations

from flask_babel import gettext, lazy_gettext, ngettext

from onmeet.groups.policy import GroupPolicy
from onmeet.notices import wording
from onmeet.notices.policy import Policy

__all__ = ["ROLES", "names", "seen", "tightened"]

ROLES = {
    "owner": lazy_gettext("Owner"),
    "admin": lazy_gettext("Admin"),
    "member": lazy_gettext("Member"),
}

_SEEN = ("account.name", "account.email", "billing.state")


def seen(policy: Policy, language: str) -> list[str]:
    """What the notice in force lets a group see about its members (N1.11)."""
    items = (policy.item(category) for category in _SEEN)
    return [
        wording.category(item.category, language)
        for item in items
        if item is not None and "group" in item.readers
    ]


def names(categories: list[str], language: str) -> str:
    """Categories in a row, as people call them."""
    return wording.listing([wording.category(category, language) for category in categories], language)


def tightened(group: GroupPolicy, language: str) -> list[str]:
    """A sentence for everything in which a group is stricter than the notice."""
    withheld = sorted(group.withheld)
    own = [category for category in withheld if category.startswith("account.")]
    rest = [category for category in withheld if category not in own]
    lines = [
        own and gettext("Not kept in members’ accounts: %(what)s.", what=names(own, language)),
        rest and gettext("Not kept about members’ meetings: %(what)s.", what=names(rest, language)),
        group.days is not None
        and ngettext(
            "Records of meetings go after %(num)s day.",
            "Records of meetings go after %(num)s days.",
            group.days,
        ),
        not group.telephone and gettext("Nobody comes into members’ meetings by telephone."),
        not group.dial_out and gettext("Members cannot call telephones from a meeting."),
        group.lobby and gettext("Guests of members’ meetings wait until a host lets them in."),
    ]
    return [str(line) for line in lines if line]
