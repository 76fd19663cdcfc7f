"""What a person is told before entering a meeting: the notice in three lines.

The lines are message ids: the page translates them.
"""

from __future__ import annotations

__all__ = ["PREJOIN_LINES"]


def N_(message: str) -> str:
    """Mark a text for the catalogue without translating it yet."""
    return message


PREJOIN_LINES: tuple[str, str, str] = (
    N_("What you say, show and write is encrypted in your browser. This server cannot see or hear it."),
    N_(
        "The name you enter and the data of the call are held in memory only"
        " and are gone when the meeting ends."
    ),
    N_("No recording, no tracking, no third parties. Cookies only for what the page needs to work."),
)
