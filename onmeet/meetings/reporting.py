"""What a notice lets the relay report about a meeting, for the ticket that every participant carries."""

from __future__ import annotations

from onmeet.meetings.reports import REPORTABLE
from onmeet.notices.policy import Policy

__all__ = ["ABOUT_CALLS", "counts_load", "records_meetings", "reported"]

ABOUT_CALLS: tuple[str, ...] = (
    "meeting.participants", "meeting.joins", "meeting.ip", "meeting.device", "meeting.quality",
    "meeting.access_kind", *(category for category in REPORTABLE if category.startswith("call.")),
)  # fmt: skip
"""What must be permitted for a record to be made."""


def records_meetings(policy: Policy) -> bool:
    """Whether any trace of a meeting may stay.

    Link, topic and times alone belong to a meeting that somebody keeps: under a notice that permits nothing
    about the call itself no record is made.
    """
    return policy.stores(*ABOUT_CALLS)


def counts_load(policy: Policy) -> bool:
    """Whether the load may be counted. Where that needs consent it may not: nobody asks for it in a room."""
    item = policy.item("usage.aggregate")
    return item is not None and item.legal_basis != "Consent" and policy.stores("usage.aggregate")


def reported(policy: Policy) -> tuple[str, ...]:
    """The categories that a ticket lists: what may be stored, and nothing when no record may be made."""
    recorded = records_meetings(policy)
    return tuple(
        category
        for category in REPORTABLE
        if (counts_load(policy) if category == "usage.aggregate" else recorded and policy.stores(category))
    )
