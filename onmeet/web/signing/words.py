"""Sentences that several of these pages say."""

from __future__ import annotations

from flask_babel import ngettext

__all__ = ["slow_down"]


def slow_down(seconds: int) -> str:
    """What is said to whoever has tried too often."""
    return str(
        ngettext(
            "Too many attempts. Please wait %(num)s second.",
            "Too many attempts. Please wait %(num)s seconds.",
            seconds,
        )
    )
