"""A notice written back into TOML, so that it reads as the same notice again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import fields
from datetime import date
from typing import Any

from onmeet.notices.notice import Item, Notice
from onmeet.notices.terms import TRANSIENT, write_term

__all__ = ["to_toml"]

_ARRAYS = (
    ("recipients", "recipient"),
    ("locations", "location"),
    ("cookies", "cookie"),
    ("consents", "consent"),
)


def to_toml(notice: Notice) -> str:
    """The text of a file that reads back as `notice`; what has its default value is left out."""
    elsewhere = ("controller", "officer", "authority", "items", "source", *(plural for plural, _ in _ARRAYS))
    lines = [*_lines(notice, skip=elsewhere)]
    for name in ("controller", "officer", "authority"):
        contact = [*_lines(getattr(notice, name))]
        if contact:
            lines += ["", f"[{name}]", *contact]
    for item in notice.items:
        lines += ["", "[[item]]", *_item(item)]
    for plural, single in _ARRAYS:
        for row in getattr(notice, plural):
            lines += ["", f"[[{single}]]", *_lines(row)]
    return "\n".join(lines) + "\n"


def _item(item: Item) -> Iterator[str]:
    yield from _lines(item, skip=("transient", "terms", "line"))
    terms = [write_term(term) for term in item.terms]
    yield f"retention = {_value(TRANSIENT if item.transient else terms)}"


def _lines(row: Any, skip: tuple[str, ...] = ()) -> Iterator[str]:
    for field in fields(row):
        value = getattr(row, field.name)
        if field.name not in skip and value != field.default and value != ():
            yield f"{field.name} = {_value(value)}"


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple | list):
        return f"[{', '.join(_value(one) for one in value)}]"
    return str(value) if isinstance(value, int) else json.dumps(value, ensure_ascii=False)
