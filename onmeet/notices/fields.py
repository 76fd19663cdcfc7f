"""The keys that a notice's file may have, table by table, and how the value of each is read.

The guide docs/notices.md describes every one of them; a test compares the two.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, get_args

from onmeet.notices.categories import CATEGORIES
from onmeet.notices.countries import COUNTRIES
from onmeet.notices.dpv import LEGAL_BASES, PURPOSES
from onmeet.notices.notice import Form, Language, Reader
from onmeet.notices.terms import TRANSIENT, close_to, read_term

__all__ = ["ARRAYS", "FIELDS", "TABLES", "Field", "Wrong", "flag", "kind"]

Read = Callable[[Any], Any]


class Wrong(ValueError):
    """A value that cannot be used: what is wrong with it, what to write instead; never a secret itself."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class Field:
    """One key of a table."""

    name: str
    read: Read
    required: bool = False


def kind(value: Any) -> str:
    """What a TOML value is, in words."""
    kinds = ((bool, "true or false"), (int, "a number"), (float, "a number with a point"), (str, "a text"),
             (list, "a list"), (dict, "a table"), (datetime, "a time"), (date, "a day"))  # fmt: skip
    return next((words for python, words in kinds if isinstance(value, python)), "something else")


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise Wrong(f"is {kind(value)}, not a text", "put it into quotation marks")
    if len(value) > 1000 or not all(c.isprintable() for c in value):
        raise Wrong("has control characters or more than 1000 characters", "write one short line")
    return value


def _called(value: Any) -> str:
    if not _text(value).strip():
        raise Wrong("is empty", "write a name")
    return str(value)


def _matching(pattern: str, remedy: str) -> Read:
    def read(value: Any) -> str:
        if not re.fullmatch(pattern, _text(value)):
            raise Wrong(f"{value!r} cannot be used here", remedy)
        return str(value)

    return read


def _whole(most: int) -> Read:
    def read(value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise Wrong(f"is {kind(value)}, not a whole number", "write a number without quotation marks")
        if not 0 <= value <= most:
            raise Wrong(f"{value} is out of range", f"write a number from 0 to {most}")
        return value

    return read


def flag(value: Any) -> bool:
    """A value that is true or false. Raises `Wrong`."""
    if not isinstance(value, bool):
        raise Wrong(f"is {kind(value)}, not true or false", "write true or false without quotation marks")
    return value


def _day(value: Any) -> date:
    if not isinstance(value, date) or isinstance(value, datetime):
        raise Wrong(f"is {kind(value)}, not a day", "write the day as 2026-01-31, without quotation marks")
    return value


def _one_of(what: str, allowed: Sequence[str]) -> Read:
    def read(value: Any) -> str:
        if _text(value) not in allowed:
            listed = (
                ", ".join(filter(None, allowed))
                if len(allowed) < 20
                else "one of those listed in docs/notices.md"
            )
            raise Wrong(f"{value!r} is no {what}{close_to(value, allowed)}", f"write {listed}")
        return str(value)

    return read


def _country(value: Any) -> str:
    if _text(value) not in COUNTRIES:
        raise Wrong(
            f"{value!r} is no country", "write its two capital letters (ISO 3166-1), such as DE or US"
        )
    return str(value)


def _list_of(read_one: Read) -> Read:
    def read(value: Any) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise Wrong(f"is {kind(value)}, not a list", "put it into square brackets")
        try:
            found = tuple(read_one(one) for one in value)
        except Wrong as wrong:
            message = wrong.message
            raise Wrong(
                f"has an entry that {message}" if message.startswith("is ") else message, wrong.remedy
            ) from None
        if len(set(found)) != len(found):
            raise Wrong("names something twice", "name each once")
        return found

    return read


def _retention(value: Any) -> Any:
    """The terms, or `TRANSIENT`."""
    if value == TRANSIENT:
        return TRANSIENT
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise Wrong(f"is {kind(value)}, not a term or a list of terms", "write 'transient' or a term")
    if TRANSIENT in texts:
        raise Wrong(
            "is transient and has terms as well", 'write retention = "transient", or only when it goes'
        )
    if not texts:
        raise Wrong("names no term", 'say when it goes, or write retention = "transient"')
    try:
        return tuple(read_term(text) for text in texts)
    except ValueError as error:
        message, _, remedy = str(error).partition(": write ")
        raise Wrong(message, f"write {remedy}" if remedy else "see docs/notices.md, Retention") from None


_id = _matching(r"[a-z0-9][a-z0-9-]{0,63}", "write small letters, digits and hyphens, at most 64")
_promises = _list_of(_matching(r"[A-Za-z]{1,8}[0-9]+(\.[0-9]+)?", "write ids such as N1.3"))
_purpose = _one_of("purpose", PURPOSES)

_CONTACT = tuple(Field(name, _text) for name in ("name", "address", "email", "phone", "web"))

FIELDS: dict[str, tuple[Field, ...]] = {
    "": (
        Field("name", _id, required=True),
        Field("version", _matching(r"[\w.+-]{1,32}", "write something like 1.0"), required=True),
        Field("published", _day, required=True),
        Field("effective", _day, required=True),
        Field("languages", _list_of(_one_of("language", get_args(Language))), required=True),
        Field("backup_days", _whole(3660)),
        Field("minimum_age", _whole(99)),
        Field("eea_only", flag),
        Field("promises", _promises),
        Field("extends", _id),
        Field("drop", _list_of(_one_of("category", tuple(CATEGORIES)))),
    ),
    "controller": (Field("name", _called, required=True), *_CONTACT[1:]),
    "officer": _CONTACT,
    "authority": _CONTACT,
    "item": (
        Field("category", _one_of("category", tuple(CATEGORIES)), required=True),
        Field("purpose", _purpose, required=True),
        Field("legal_basis", _one_of("legal basis", tuple(LEGAL_BASES)), required=True),
        Field("retention", _retention, required=True),
        Field("form", _one_of("form", get_args(Form))),
        Field("rotate_days", _whole(3660)),
        Field("legal_duty", flag),
        Field("readers", _list_of(_one_of("reader", get_args(Reader)))),
        Field("recipients", _list_of(_text)),
        Field("promises", _promises),
    ),
    "recipient": (
        Field("name", _called, required=True),
        Field("role", _one_of("role", ("processor", "recipient")), required=True),
        Field("purpose", _purpose, required=True),
        Field("country", _country, required=True),
        Field("contract", _text),
    ),
    "location": (Field("country", _country, required=True), Field("region", _text)),
    "cookie": (
        Field("name", _matching(r"[\w.-]{1,64}", "write the cookie's name"), required=True),
        Field("purpose", _purpose, required=True),
        Field("essential", flag),
        Field("days", _whole(3660)),
        Field("consent", _id),
    ),
    "consent": (
        Field("name", _id, required=True),
        Field("purpose", _purpose, required=True),
        Field(
            "before",
            _one_of("function", ("", "camera", "microphone", "chat", "telephone", "registration")),
        ),
        Field("asked", flag),
        Field("recorded", flag),
        Field("promises", _promises),
    ),
}  # fmt: skip
"""By table; '' is the top of the file."""

TABLES = ("controller", "officer", "authority")
"""Written `[controller]`, once."""

ARRAYS = ("item", "recipient", "location", "cookie", "consent")
"""Written `[[item]]`, as often as needed."""
