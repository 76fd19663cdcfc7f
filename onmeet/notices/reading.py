"""From a notice's file to a `Notice`, or to everything that is wrong with the file.

notice = load("on-meet")              # a shipped one, by name
notice = load("/etc/onmeet/our.toml") # or any file
found = parse(text, "our.toml")       # a Notice, or a list of problems
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import replace
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from onmeet.errors import ConfigError
from onmeet.notices.changes import Change, loosened
from onmeet.notices.checking import check
from onmeet.notices.fields import ARRAYS, TABLES
from onmeet.notices.lines import Lines
from onmeet.notices.notice import Consent, Contact, Cookie, Item, Location, Notice, Recipient
from onmeet.notices.sheet import Problem, Row, Sheet
from onmeet.notices.terms import TRANSIENT, close_to
from onmeet.notices.writing import to_toml

__all__ = ["MAX_BYTES", "Problem", "load", "parse", "read_file", "shipped", "tighten"]

MAX_BYTES = 200_000
"""A notice is a page, not a book."""

_ROW_TYPES: dict[str, type[Any]] = {
    "recipient": Recipient, "location": Location, "cookie": Cookie, "consent": Consent,
}  # fmt: skip
_PLURAL = {"recipient": "recipients", "location": "locations", "cookie": "cookies", "consent": "consents"}


def _profiles() -> Traversable:
    return resources.files("onmeet.notices") / "profiles"


def shipped() -> tuple[str, ...]:
    """The names of the notices that come with OnMeet."""
    names = (entry.name for entry in _profiles().iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml")))


def load(name_or_path: str) -> Notice:
    """A shipped notice by its name, or one from a file.

    Raises `ConfigError` that lists every problem of the file, with line and remedy.
    """
    found = read_file(name_or_path)
    if isinstance(found, Notice):
        return found
    listed = "\n".join(f"  {problem}" for problem in found)
    raise ConfigError(f"the notice {name_or_path} cannot be used:\n{listed}")


def read_file(name_or_path: str) -> Notice | list[Problem]:
    """A shipped notice or one from a file, or its problems. ConfigError when there is no such file."""
    if name_or_path in shipped():
        return parse((_profiles() / f"{name_or_path}.toml").read_bytes(), f"{name_or_path}.toml")
    path = Path(name_or_path)
    if path.suffix != ".toml" and path.parent == Path("."):
        known = ", ".join(shipped())
        raise ConfigError(
            f"there is no notice {name_or_path!r}{close_to(name_or_path, shipped())}: "
            f"write the path of a .toml file or one of {known}"
        )
    try:
        with path.open("rb") as file:
            return parse(file.read(MAX_BYTES + 1), path.name)
    except OSError as error:
        reason = error.strerror or "unknown reason"
        raise ConfigError(f"the notice {name_or_path} cannot be read ({reason})") from None


def parse(text: str | bytes, where: str) -> Notice | list[Problem]:
    """The notice that stands in `text`, or all that is wrong with it, in the order of lines."""
    return _parse(text, where, None)


def tighten(base: Notice, text: str | bytes, where: str) -> Notice | list[Problem]:
    """`base` as an organisation wants it for its own meetings (N4.2), or all that is wrong with `text`.

    The text has items, or `drop`, and whatever else differs; it can only tighten.
    """
    return _parse(text, where, base)


def _parse(text: str | bytes, where: str, given: Notice | None) -> Notice | list[Problem]:
    decoded = _decode(text, where)
    if isinstance(decoded, Problem):
        return [decoded]
    try:
        data = tomllib.loads(decoded)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        return [_no_toml(error, where, decoded)]
    sheet = Sheet(where, Lines.of(decoded))
    sheet.fill(data)
    base = given or _base(sheet)
    if base is not None:
        _overlay(sheet, base, own=_OWN if given is None else ())
    sheet.read()
    check(sheet)
    if base is not None:
        _refuse_looser(sheet, base, _readable(sheet, base))
    if not sheet.problems:
        notice = _build(sheet, decoded)
        return notice if base is None else _build(sheet, to_toml(notice))
    return sorted(set(sheet.problems))


def _decode(text: str | bytes, where: str) -> str | Problem:
    data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    if len(data) > MAX_BYTES:
        remedy = f"a notice has at most {MAX_BYTES} bytes: is this the right file?"
        return Problem(1, where, "", "the file is too big", remedy)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        return Problem(line, where, "", "is not UTF-8", "save the file as UTF-8")


def _no_toml(error: Exception, where: str, text: str) -> Problem:
    found = re.search(r"\(at (?:line (\d+), column \d+|end of document)\)", str(error))
    line = 1 if found is None else int(found[1] or text.rstrip().count("\n") + 1)
    if isinstance(error, RecursionError):
        return Problem(1, where, "", "is nested too deeply", "write plain tables: see docs/notices.md")
    words = str(error) if isinstance(error, tomllib.TOMLDecodeError) else "a value is out of range"
    return Problem(line, where, "", f"is no TOML: {words}", "see https://toml.io for how it is written")


def _base(sheet: Sheet) -> Notice | None:
    """The notice that this one extends."""
    name = sheet.top.raw.get("extends")
    if name is None:
        if sheet.top.wrote("drop"):
            sheet.report(sheet.top, "drop", "drops items of nothing", 'add extends = "…", or remove it')
        return None
    if name not in shipped():
        near = close_to(name, shipped()) if isinstance(name, str) else ""
        remedy = f"write one of {', '.join(shipped())}"
        sheet.report(sheet.top, "extends", f"names no notice that comes with OnMeet{near}", remedy)
        return None
    return load(name)


def _overlay(sheet: Sheet, base: Notice, own: tuple[str, ...]) -> None:
    """Put the rows of the file over those of the notice that it extends; keys in `own` are not inherited."""
    below = tomllib.loads(to_toml(base))
    top = sheet.top
    inherited = {k: v for k, v in below.items() if k not in TABLES and k not in ARRAYS and k not in own}
    top.raw = {**inherited, **top.raw}
    drop = top.raw.get("drop", [])
    for table in TABLES:
        rows = sheet.of(table)
        if rows:
            rows[0].raw = {**below.get(table, {}), **rows[0].raw}
        elif table in below:
            sheet.rows.append(Row(table, -1, below[table]))
    for row in sheet.of("item"):
        if isinstance(drop, list) and row.raw.get("category") in drop:
            sheet.report(row, "category", "is dropped as well", "keep one of the two: the item, or drop")
    for raw in below.get("item", []):
        over = [row for row in sheet.of("item") if row.raw.get("category") == raw["category"]]
        for row in over[:1]:
            row.raw = {**raw, **row.raw}
        if not over and not (isinstance(drop, list) and raw["category"] in drop):
            sheet.rows.append(Row("item", -1, raw))
    for table in _ROW_TYPES:
        if not sheet.of(table):
            sheet.rows.extend(Row(table, -1, raw) for raw in below.get(table, []))


_OWN = ("name", "version", "published", "effective")
"""What every notice says for itself, also one that extends another."""


def _refuse_looser(sheet: Sheet, base: Notice, notice: Notice) -> None:
    remedy = f"{base.name} does not permit it: tighten only, or write a whole notice without extends"
    for change in loosened(base, notice):
        row = next(
            (row for row in sheet.of(change.about) if row.title.endswith(f" {change.name}")), sheet.top
        )
        for key in [change.name] if change.about == "notice" else _looser_keys(change, row):
            sheet.report(row, key, change.words(), remedy)


def _looser_keys(change: Change, row: Row) -> list[str]:
    """The keys of the file that permit too much; '' where the row itself does."""
    looser = (one.name for one in change.fields if one.direction != "tighter")
    keys = dict.fromkeys("retention" if name in ("terms", "transient") else name for name in looser)
    return [key for key in keys if key in row.raw] or [""]


def _readable(sheet: Sheet, base: Notice) -> Notice:
    """The notice as far as it is without faults, and what it extends in place of the rest."""
    sound = [row for row in sheet.rows if not row.faulty]
    values = {key: value for key, value in sheet.top.values.items() if key not in ("extends", "drop")}
    values |= {row.table: Contact(**row.values) for row in sound if row.table in TABLES}
    for table, kind in _ROW_TYPES.items():
        if all(row in sound for row in sheet.of(table)):
            values[_PLURAL[table]] = tuple(kind(**row.values) for row in sheet.of(table))
    values["items"] = tuple(
        _item(sheet, row) if not row.faulty else item
        for row in sheet.of("item")
        if not row.faulty or (item := base.item(str(row.raw.get("category"))))
    )
    return replace(base, **values)


def _build(sheet: Sheet, source: str) -> Notice:
    values: dict[str, Any] = {k: v for k, v in sheet.top.values.items() if k not in ("extends", "drop")}
    for row in (row for row in sheet.rows if row.table in TABLES):
        values[row.table] = Contact(**row.values)
    for table, kind in _ROW_TYPES.items():
        values[_PLURAL[table]] = tuple(kind(**row.values) for row in sheet.of(table))
    values["items"] = tuple(_item(sheet, row) for row in sheet.of("item"))
    return Notice(**values, source=source)


def _item(sheet: Sheet, row: Row) -> Item:
    values = dict(row.values)
    retention = values.pop("retention")
    transient = retention == TRANSIENT
    return Item(
        **values,
        transient=transient,
        terms=() if transient else retention,
        line=sheet.lines.line("item", row.index) if row.index >= 0 else 0,
    )
