"""How French is set: what a reader of French would mark with a red pencil."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

__all__ = ["slips", "slips_in"]

_SLIPS = (
    r"\w'\w",  # a typewriter's apostrophe
    r"[ \w)»][;!?](?=\s|$)",  # these want a narrow no-break space in front
    r"[ \w)»}]:(?=\s|$)",  # this one a no-break space
    r" »|« |\w»|«\w",  # so do these, on the inside
    r"\.\.\.|\s…",
)
_FOUND = re.compile("|".join(_SLIPS))


def slips(text: str) -> list[str]:
    """Places in `text` that are not set as French is, with what stands around them."""
    return [text[max(0, found.start() - 8) : found.end() + 2] for found in _FOUND.finditer(text)]


def slips_in(value: Any) -> list[str]:
    """The same for every text in dicts, sequences and dataclasses."""
    return [slip for text in _texts(value) for slip in slips(text)]


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif is_dataclass(value):
        for field in fields(value):
            yield from _texts(getattr(value, field.name))
    elif isinstance(value, dict | list | tuple):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _texts(each)
