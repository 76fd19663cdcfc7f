"""What the plan of whoever's meeting it is lets a meeting be.

A stored meeting has its owner's plan. An ad-hoc one has that of the host who is signed in; the tickets of its
guests do not know the host, so the room takes the host's word for all (`signalling.room`). What the host's
group wants at the door stands in the code (`groups.instant`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from onmeet import clock
from onmeet.billing.limits import Limits
from onmeet.errors import N_, UserError
from onmeet.groups.policy import NOTHING, GroupPolicy
from onmeet.meetings.service import Role
from onmeet.signalling.client import RelayUnreachable, query
from onmeet.web.services import services

__all__ = ["Grant", "UsedUp", "check", "of_meeting"]

ASK_SECONDS = 1.0


class UsedUp(UserError):
    """The minutes of the month are used up. payer: the account whose plan it is."""

    def __init__(self, payer: int) -> None:
        super().__init__(N_("The minutes of this month are used up: no further meeting can begin."), 403)
        self.payer = payer


@dataclass(frozen=True, slots=True)
class Grant:
    """limits: of the meeting. payer: the account whose plan it is, None where it is not known here.

    shows_numbers: whether pages may show how to dial in; where no telephone is paid for, the meeting has no
    PIN. policy: how the group of whoever keeps the meeting, or started it, tightens the notice; it is in
    `limits` already. lobby: whether that group wants guests to wait, as every ticket of the meeting says it.
    """

    limits: Limits
    payer: int | None
    shows_numbers: bool
    policy: GroupPolicy = NOTHING
    lobby: bool = False

    @property
    def meter(self) -> int | None:
        """The account whose month the meeting's time counts for, where its plan limits that."""
        counted = services().selling.usage.counting and self.limits.minutes_a_month is not None
        return self.payer if counted else None


def of_meeting(code: str, role: Role, account_id: int | None) -> Grant:
    """What the meeting `code` may be, as somebody sees it who is `role` there."""
    behind, now = services(), clock.now()
    dial = behind.meetings.dial(code)
    payer = dial.owner if dial is not None else account_id if role == "host" else None
    own = behind.groups.policy_of(payer)
    known = own if dial is not None else behind.instant.asked(code)
    asked = known.merged(own)
    if not behind.selling.sold:
        limits = _within(asked, behind.selling.entitlements.of(None, now))
        return Grant(limits, None, limits.telephone, asked, known.lobby)
    limits = _within(asked, behind.selling.entitlements.of(payer, now))
    shown = limits.telephone or (dial is None and role == "guest" and asked.telephone)
    return Grant(limits, payer, shown, asked, known.lobby)


def _within(asked: GroupPolicy, limits: Limits) -> Limits:
    """A plan, as far as the policy of a group lets it be used."""
    return replace(
        limits,
        telephone=limits.telephone and asked.telephone,
        dial_out=limits.dial_out and asked.dial_out,
    )


def check(code: str, grant: Grant) -> None:
    """Raises `UsedUp` where the month's minutes keep the meeting from beginning. One that runs goes on."""
    meter, behind = grant.meter, services()
    if meter is None or not behind.selling.usage.used_up(meter, grant.limits, clock.now()):
        return
    question = {"query": "held", "room": code, "browser": ""}
    try:
        live = query(behind.config.relay_socket, question, ASK_SECONDS).get("live")
    except RelayUnreachable:
        return  # nobody gets in now anyway
    if not live:
        raise UsedUp(meter)
