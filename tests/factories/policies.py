"""Policies for tests: of the notices that we ship, and of made-up ones."""

from __future__ import annotations

import functools
from datetime import date

from onmeet.notices import reading
from onmeet.notices.notice import Contact, Item, Notice
from onmeet.notices.policy import Policy

__all__ = ["permitting", "policy"]


@functools.cache
def policy(name: str = "on-meet") -> Policy:
    """What a shipped notice permits."""
    return Policy(reading.load(name))


def permitting(*items: Item) -> Policy:
    """What a notice with exactly these items permits."""
    return Policy(
        Notice(
            name="made-up",
            version="1",
            published=date(2026, 1, 1),
            effective=date(2026, 1, 15),
            languages=("en",),
            controller=Contact("Example Ltd"),
            items=items,
        )
    )
