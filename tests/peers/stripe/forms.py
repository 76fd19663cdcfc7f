"""Stripe's form encoding: `items[0][price]=price_1` is {"items": [{"price": "price_1"}]}."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

__all__ = ["nested"]


def nested(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Flat pairs as dicts and lists; every value stays a text."""
    root: dict[str, Any] = {}
    for name, value in pairs:
        first, *rest = [part for part in re.split(r"[\[\]]+", name) if part]
        here, path = root, [first, *rest]
        for part in path[:-1]:
            here = here.setdefault(part, {})
        here[path[-1]] = value
    return {key: _with_lists(value) for key, value in root.items()}


def _with_lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inner = {key: _with_lists(one) for key, one in value.items()}
    if inner and all(key.isdigit() for key in inner):
        return [inner[key] for key in sorted(inner, key=int)]
    return inner
