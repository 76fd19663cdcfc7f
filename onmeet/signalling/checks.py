"""What a JSON object from outside must look like: strict JSON, and checks of single fields.

A check takes a value and gives it as the dataclass wants it, or raises `Wrong`.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import Any, NoReturn
from unicodedata import category, normalize

from onmeet.errors import ProtocolError
from onmeet.relay.interface import SOURCES, Source

__all__ = [
    "INDEX", "NUMBER", "Check", "Shape", "Wrong", "any_object", "boolean", "checked", "cleaned", "exactly",
    "integer", "mapping", "matching", "octets", "person_name", "size", "source", "sources", "strict_json",
    "text",
]  # fmt: skip

NUMBER = 2**53 - 1
"""What JavaScript counts exactly."""

INDEX = 1023
"""The highest index of a participant."""

_DEPTH = 32
_DIGITS = 308  # whatever they are, the number fits a double
_PIXELS = 16384

_TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")

Check = Callable[[Any], Any]


class Wrong(Exception):
    """A field that is not as it should be."""


def strict_json(data: bytes) -> dict[str, Any]:
    """The object in a text. Raises ProtocolError `bad-json`."""
    try:
        text = data.decode()
        body = json.loads(text, parse_constant=_refuse, parse_float=_finite, parse_int=_whole)
        if "\\ud" in text or "\\uD" in text:
            json.dumps(body, ensure_ascii=False).encode()  # a lone surrogate cannot be encoded
    except (ValueError, RecursionError):
        raise ProtocolError("bad-json") from None
    if not isinstance(body, dict):
        raise ProtocolError("bad-json")
    if text.count("{") + text.count("[") > _DEPTH and _deeper_than(body, _DEPTH):
        raise ProtocolError("bad-json")
    return body


def _refuse(_name: str) -> NoReturn:
    raise ValueError("no JSON number")


def _whole(digits: str) -> int:
    if len(digits) > _DIGITS:
        raise ValueError("no double")
    return int(digits)


def _finite(digits: str) -> float:
    number = float(digits)
    if not isfinite(number):
        raise ValueError("no double")
    return number


def _deeper_than(value: Any, limit: int) -> bool:
    level = [value]
    for _ in range(limit):
        below: list[Any] = []
        for each in level:
            if isinstance(each, dict):
                below += each.values()
            elif isinstance(each, list):
                below += each
        if not below:
            return False
        level = below
    return any(isinstance(each, dict | list) for each in level)


# -- fields -----------------------------------------------------------------------------------------


def integer(low: int, high: int) -> Check:
    """A whole number between two, both included."""

    def check(value: Any) -> int:
        if type(value) is not int or not low <= value <= high:
            raise Wrong
        return value

    return check


def text(longest: int, shortest: int = 0) -> Check:
    """A text with so many characters."""

    def check(value: Any) -> str:
        if not isinstance(value, str) or not shortest <= len(value) <= longest:
            raise Wrong
        return value

    return check


def matching(pattern: re.Pattern[str]) -> Check:
    """A text that is wholly a pattern."""

    def check(value: Any) -> str:
        if not isinstance(value, str) or pattern.fullmatch(value) is None:
            raise Wrong
        return value

    return check


def exactly(wanted: object) -> Check:
    """One value of one type."""

    def check(value: Any) -> Any:
        if type(value) is not type(wanted) or value != wanted:
            raise Wrong
        return value

    return check


def boolean(value: Any) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise Wrong
    return value


def source(value: Any) -> Source:
    """What a track shows."""
    for source in SOURCES:
        if value == source:
            return source
    raise Wrong


def sources(value: Any) -> tuple[Source, ...]:
    """A list of sources, each once."""
    if not isinstance(value, list) or len(value) > len(SOURCES):
        raise Wrong
    return tuple(dict.fromkeys(source(each) for each in value))


def cleaned(value: Any) -> str:
    """A name or nothing: trimmed, without control and direction-changing characters."""
    if not isinstance(value, str) or len(value) > 1024:
        raise Wrong
    kept = (c for c in value if c.isspace() or not (category(c) in ("Cc", "Cs") or c in _TURNING))
    name = " ".join(normalize("NFC", "".join(kept)).split())
    if len(name) > 64:
        raise Wrong
    return name


def person_name(value: Any) -> str:
    """A name of 1–64 characters, cleaned."""
    if not (name := cleaned(value)):
        raise Wrong
    return name


def several(check: Check, most: int) -> Check:
    """A list of one to so many values."""

    def check_all(value: Any) -> tuple[Any, ...]:
        if not isinstance(value, list) or not 1 <= len(value) <= most:
            raise Wrong
        return tuple(check(each) for each in value)

    return check_all


def mapping(check_key: Check, check_value: Check, most: int) -> Check:
    """An object with at most so many members."""

    def check(value: Any) -> dict[Any, Any]:
        if not isinstance(value, dict) or len(value) > most:
            raise Wrong
        return {check_key(key): check_value(each) for key, each in value.items()}

    return check


_pixels = integer(0, _PIXELS)


def size(value: Any) -> tuple[int, int]:
    """Width and height in pixels."""
    if not isinstance(value, list) or len(value) != 2:
        raise Wrong
    return _pixels(value[0]), _pixels(value[1])


def any_object(value: Any) -> dict[str, Any]:
    """Any object."""
    if not isinstance(value, dict):
        raise Wrong
    return value


def octets(length: int) -> Check:
    """So many octets in base64url (RFC 4648 §5) without padding, in their one spelling; stays a text."""

    def check(value: Any) -> str:
        if not isinstance(value, str) or not value.isascii():
            raise Wrong
        try:
            raw = base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))
        except ValueError:
            raise Wrong from None
        if len(raw) != length or base64.urlsafe_b64encode(raw).decode().rstrip("=") != value:
            raise Wrong
        return value

    return check


# -- whole messages --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Shape:
    """How one type of message looks.

    `needed` and `optional` name the fields that become the dataclass's; `fixed` must be there with
    exactly that value. limit: bytes.
    """

    make: Callable[..., Any]
    needed: Mapping[str, Check] = field(default_factory=dict)
    optional: Mapping[str, Check] = field(default_factory=dict)
    fixed: Mapping[str, object] = field(default_factory=dict)
    limit: int = 64 * 1024


def checked(shape: Shape, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a message, each as it should be. Raises `Wrong`."""
    for name, wanted in shape.fixed.items():
        exactly(wanted)(fields.get(name))
    values: dict[str, Any] = {}
    for name, check in shape.needed.items():
        if name not in fields:
            raise Wrong
        values[name] = check(fields[name])
    for name, check in shape.optional.items():
        values[name] = check(fields[name]) if fields.get(name) is not None else None
    return values
