"""What the notice in force means for one value: may it be stored, and in which form?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from onmeet.notices.categories import CATEGORIES
from onmeet.notices.notice import Item, Notice

__all__ = ["Policy", "Storing"]

Storing = Literal["as-is", "truncated", "pseudonymised", "drop"]
"""What happens to a value on its way into a store."""


@dataclass(frozen=True)
class Policy:
    """A notice as the code asks it. Immutable: another notice is another policy."""

    notice: Notice

    def item(self, category: str) -> Item | None:
        """What the notice says of a category; ValueError for one that does not exist."""
        if category not in CATEGORIES:
            raise ValueError(f"{category!r} is no category of data: see onmeet.notices.categories")
        return self.notice.item(category)

    def storing(self, category: str) -> Storing:
        """The form in which a value of `category` may be stored; 'drop' when it may not."""
        item = self.item(category)
        if item is None or item.transient:
            return "drop"
        if item.form == "aggregate":  # a count is an aggregate already
            return "as-is" if CATEGORIES[category].shape == "count" else "drop"
        return item.form

    def stores(self, *categories: str) -> bool:
        """Whether any of the categories leaves something behind in a store."""
        return any(self.storing(category) != "drop" for category in categories)

    def counts(self, category: str) -> bool:
        """Whether a category may at least be counted (stored, or aggregate)."""
        item = self.item(category)
        return item is not None and not item.transient
