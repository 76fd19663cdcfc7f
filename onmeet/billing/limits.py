"""What somebody's meetings may be: the limits of a plan, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["Limits", "PlanLimits"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The limits of the meetings of one account, or of a visitor without one.

    participants: most people and telephones in a meeting. minutes_a_month: how long all meetings of a
    calendar month (UTC) may take together, None: as long as they like. telephone: whether people can dial in.
    dial_out: whether the host can call telephones. meetings: most meetings that are kept.
    """

    participants: int
    minutes_a_month: int | None = None
    telephone: bool = True
    dial_out: bool = True
    meetings: int = 200

    def with_best_of(self, other: Limits) -> Limits:
        """Each limit as whichever of the two is more generous: somebody may have two plans."""
        endless = self.minutes_a_month is None or other.minutes_a_month is None
        return Limits(
            participants=max(self.participants, other.participants),
            minutes_a_month=None if endless else max(self.minutes_a_month or 0, other.minutes_a_month or 0),
            telephone=self.telephone or other.telephone,
            dial_out=self.dial_out or other.dial_out,
            meetings=max(self.meetings, other.meetings),
        )

    def within(self, participants: int) -> Limits:
        """The same on a server that has room for so many in a meeting."""
        return Limits(
            participants=min(self.participants, participants),
            minutes_a_month=self.minutes_a_month,
            telephone=self.telephone,
            dial_out=self.dial_out,
            meetings=self.meetings,
        )


@dataclass(frozen=True, slots=True)
class PlanLimits:
    """The limits of all plans on offer. free: of whoever has none. paid: by the plan's name."""

    free: Limits
    paid: Mapping[str, Limits]

    def of(self, plan: str | None) -> Limits:
        """Of one plan; one that is offered no more has the limits of the free one."""
        return self.paid.get(plan or "", self.free)
