"""What a restriction (GDPR Art. 18) and an objection (Art. 21) change for the person who made it.

Restricted: what is held stays, and is used for nothing but the meetings that the person goes into: no
newsletter, no statistics, no usage reports, nothing new on the ground of legitimate interest. Objected:
nothing is written any more on the ground of legitimate interest, and what was is erased.
"""

from __future__ import annotations

from onmeet.notices.policy import Policy

__all__ = ["resting_on_interest", "unwritten"]


def resting_on_interest(policy: Policy) -> frozenset[str]:
    """The categories that the notice bases on legitimate interest (Art. 6 (1)(f))."""
    return frozenset(
        item.category for item in policy.notice.items if item.legal_basis.startswith("LegitimateInterest")
    )


def unwritten(policy: Policy, *, restricted: bool, objected: bool) -> frozenset[str]:
    """The categories of which nothing new may be written about a person."""
    return resting_on_interest(policy) if restricted or objected else frozenset()
