"""What the pages about holdings show, as plain values in words."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["CookieSeen", "LiveItem", "ReceiptText", "StoreText"]


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


@dataclass(frozen=True, slots=True)
class StoreText:
    """A store that was looked at after a meeting, with what was found, and how many values went."""

    store: str
    result: str
    counts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ReceiptText:
    """A receipt. kept: what stays and until when. file: the receipt as people keep and check it."""

    id: str
    at: str
    notice: str
    stores: tuple[StoreText, ...]
    kept: tuple[tuple[str, str], ...]
    file: str
