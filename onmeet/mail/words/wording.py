"""What the words of a mail consist of."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Text"]


@dataclass(frozen=True, slots=True)
class Text:
    """Subject and body of one kind in one language; `{words}` in braces are filled in by `render`.

    action: what the first link does, as the words on its button.
    """

    subject: str
    body: str
    action: str = ""
