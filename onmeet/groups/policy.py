"""How an organisation tightens the privacy notice for its members (N4.2). It can never loosen it.

A group's policy is a notice with less in it: `narrowed` takes items out of the notice in force and adds terms
to others, of which the earliest wins. Pure: no database, no clock.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

from onmeet.errors import N_, UserError
from onmeet.meetings.reports import REPORTABLE
from onmeet.notices.notice import Item, Term
from onmeet.notices.policy import Policy

__all__ = ["ABOUT_CALLS", "MOST_DAYS", "NOTHING", "GroupPolicy", "check", "shortest_days", "withholdable"]

MOST_DAYS = 3650

_OF_MEETINGS = ("meeting.link", "meeting.topic", "meeting.times")
"""What a meeting that somebody keeps consists of: without it there is no meeting."""

ABOUT_CALLS: tuple[str, ...] = tuple(
    category for category in REPORTABLE if category not in (*_OF_MEETINGS, "usage.aggregate")
)
"""What a record says of people and calls."""

_OPTIONAL = ("account.name", "account.phone", "account.country", "account.picture", "meeting.description")
"""What people may leave empty."""

_RECORDED = (*_OF_MEETINGS, *ABOUT_CALLS)
"""Everything in a record of a meeting."""


@dataclass(frozen=True, slots=True)
class GroupPolicy:
    """What a group wants less of than the notice permits.

    withheld: categories that are not kept about its members, nor about anybody in their meetings. days: how
    long a record of a meeting is kept at most; None: as long as the notice says. telephone: whether callers
    may come into members' meetings. dial_out: whether a member may call somebody into a meeting. lobby:
    whether guests of members' meetings always wait until a host lets them in.
    """

    withheld: frozenset[str] = frozenset()
    days: int | None = None
    telephone: bool = True
    dial_out: bool = True
    lobby: bool = False

    @property
    def tightens(self) -> bool:
        """Whether it says anything at all."""
        return self != NOTHING

    @property
    def shortens(self) -> bool:
        """Whether it makes anything go earlier that is stored."""
        return bool(self.withheld) or self.days is not None

    def merged(self, other: GroupPolicy) -> GroupPolicy:
        """Both at once: the stricter one in everything."""
        days = [each for each in (self.days, other.days) if each is not None]
        return GroupPolicy(
            self.withheld | other.withheld,
            min(days) if days else None,
            self.telephone and other.telephone,
            self.dial_out and other.dial_out,
            self.lobby or other.lobby,
        )

    def narrowed(self, policy: Policy) -> Policy:
        """The notice as it holds for the members."""
        if not self.shortens:
            return policy
        items = (self._narrowed(item) for item in policy.notice.items if item.category not in self.withheld)
        return Policy(replace(policy.notice, items=tuple(items)))

    def _narrowed(self, item: Item) -> Item:
        if self.days is None or item.transient or item.category not in _RECORDED:
            return item
        # terms of a country replace the general ones, so the shorter one is said to each of them, too
        countries = dict.fromkeys(("", *(term.country for term in item.terms)))
        terms = (Term("call_end", days=self.days, country=country) for country in countries)
        return replace(item, terms=(*item.terms, *terms))

    def to_json(self) -> str:
        """As it is stored: only what differs from the notice."""
        said: dict[str, Any] = {}
        if self.withheld:
            said["withheld"] = sorted(self.withheld)
        if self.days is not None:
            said["days"] = self.days
        said |= {name: False for name in ("telephone", "dial_out") if not getattr(self, name)}
        return json.dumps(said | ({"lobby": True} if self.lobby else {}), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> GroupPolicy:
        """What `to_json` wrote. Raises ValueError for anything else."""
        said = json.loads(text)
        if not isinstance(said, dict) or not said.keys() <= {
            "withheld",
            "days",
            "telephone",
            "dial_out",
            "lobby",
        }:
            raise ValueError("no policy of a group")
        return cls(
            frozenset(str(each) for each in said.get("withheld", ())),
            int(said["days"]) if said.get("days") is not None else None,
            said.get("telephone") is not False,
            said.get("dial_out") is not False,
            said.get("lobby") is True,
        )


NOTHING = GroupPolicy()
"""Tightens nothing."""


def withholdable(policy: Policy) -> tuple[str, ...]:
    """The categories that a group may withhold: those that the notice in force lets be stored."""
    return tuple(category for category in (*_OPTIONAL, *ABOUT_CALLS) if policy.stores(category))


def shortest_days(policy: Policy) -> int | None:
    """Days for which the notice lets records be kept at least; None where it permits no record."""
    if not policy.stores(*ABOUT_CALLS):
        return None
    items = (policy.item(category) for category in _RECORDED if policy.stores(category))
    lengths = [_days(term) for item in items if item for term in item.terms if term.event == "call_end"]
    return min(lengths, default=MOST_DAYS)


def check(wanted: GroupPolicy, policy: Policy) -> None:
    """Refuse what is no tightening of the notice in force. Raises `UserError` (422)."""
    if not wanted.withheld <= set(withholdable(policy)):
        raise UserError(N_("The privacy notice does not let this be kept anyway."), 422)
    if wanted.days is None:
        return
    most = shortest_days(policy)
    if most is None:
        raise UserError(N_("The privacy notice lets no records of meetings be kept."), 422)
    if not 1 <= wanted.days <= min(most, MOST_DAYS):
        raise UserError(N_("Records can only be kept for a shorter time than the privacy notice says."), 422)


def _days(term: Term) -> int:
    """How long a term is at least."""
    return 365 * term.years + 28 * term.months + term.days
