"""What the pages about holdings show, as plain values in words."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["CookieSeen", "LiveItem"]


@dataclass(frozen=True, slots=True)
class LiveItem:
    """One line of the page: `count` and `next_goes` are words. `kind`: memory, stored or counted."""

    category: str
    name: str
    count: str
    empty: bool
    until: str
    next_goes: str
    kind: str


@dataclass(frozen=True, slots=True)
class CookieSeen:
    """A cookie that came with this request, and what stands in it."""

    name: str
    content: str
