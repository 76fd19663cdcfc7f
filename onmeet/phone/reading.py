"""From the text of the telephone's file to plain values, or to everything that is wrong with it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from onmeet.notices.fields import Wrong
from onmeet.notices.lines import Lines
from onmeet.notices.sheet import Problem
from onmeet.notices.terms import close_to
from onmeet.phone.fields import FIELDS, LANGUAGES
from onmeet.phone.numbers import country_of

__all__ = ["Found", "read"]

_ARRAYS = ("trunk", "number")
_SINGLE = ("dial_out",)
_REMEDY = "remove it: docs/phone/all-keys.toml shows all keys"


@dataclass(slots=True)
class _Row:
    table: str
    index: int
    raw: dict[str, Any]
    values: dict[str, Any] = field(default_factory=dict)

    @property
    def title(self) -> str:
        if self.table == "trunk" and isinstance(self.raw.get("name"), str):
            return f"trunk {self.raw['name']}"
        return f"{self.table} {self.index + 1}" if self.table in _ARRAYS else self.table


@dataclass(slots=True)
class Found:
    """The values of a file by table, and its problems. Values may only be used when there is no problem."""

    where: str
    lines: Lines
    rows: list[_Row] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    @property
    def top(self) -> dict[str, Any]:
        """What stands before the first table."""
        return next((row.values for row in self.rows if not row.table), {})

    def of(self, table: str) -> list[dict[str, Any]]:
        """The values of each table of that name."""
        return [row.values for row in self.rows if row.table == table]

    def report(self, row: _Row, key: str, message: str, remedy: str) -> None:
        line = self.lines.line(row.table, row.index, key)
        words = f"{key} {message}" if key else message
        self.problems.append(Problem(line, self.where, row.title, words, remedy))


def read(text: str, where: str, environ: Mapping[str, str], folder: Path) -> Found:
    """Everything that a text says. Never raises for what stands in it."""
    try:
        data = tomllib.loads(text)
    except RecursionError:
        return _unreadable(where, 1, "is nested too deeply", "write plain tables")
    except ValueError as error:
        at = re.search(r"\(at (?:line (\d+), column \d+|end of document)\)", str(error))
        line = 1 if at is None else int(at[1] or text.rstrip().count("\n") + 1)
        words = str(error) if isinstance(error, tomllib.TOMLDecodeError) else "a value is out of range"
        return _unreadable(where, line, f"is no TOML: {words}", "see https://toml.io for how it is written")
    found = Found(where, Lines.of(text))
    _take(found, data)
    for row in found.rows:
        _read_row(found, row)
    for row in found.rows:
        _CHECKS[row.table](found, row, environ, folder)
    _check_together(found)
    return found


def _unreadable(where: str, line: int, message: str, remedy: str) -> Found:
    return Found(where, Lines(), problems=[Problem(line, where, "", message, remedy)])


def _take(found: Found, data: dict[str, Any]) -> None:
    top = _Row("", 0, {k: v for k, v in data.items() if k not in (*_ARRAYS, *_SINGLE)})
    found.rows.append(top)
    for table in _ARRAYS:
        several = data.get(table, [])
        if not isinstance(several, list):
            found.report(_Row(table, 0, {}), "", "is not a list of tables", f"write [[{table}]]")
            continue
        for index, raw in enumerate(several):
            _take_one(found, _Row(table, index, raw if isinstance(raw, dict) else {}), raw, f"[[{table}]]")
    for table in _SINGLE:
        if table in data:
            raw = data[table]
            _take_one(found, _Row(table, 0, raw if isinstance(raw, dict) else {}), raw, f"[{table}]")


def _take_one(found: Found, row: _Row, raw: Any, spelling: str) -> None:
    if isinstance(raw, dict):
        found.rows.append(row)
    else:
        found.report(row, "", "is no single table", f"write {spelling}")


def _read_row(found: Found, row: _Row) -> None:
    fields = {one.name: one for one in FIELDS[row.table]}
    known = [*fields] if row.table else [*fields, *_ARRAYS, *_SINGLE]
    for key, raw in row.raw.items():
        if key not in fields:
            of = f"[{row.table}]" if row.table else "this file"
            found.report(row, key, f"is no key of {of}{close_to(key, known)}", _REMEDY)
            continue
        try:
            row.values[key] = fields[key].read(raw)
        except Wrong as wrong:
            found.report(row, key, wrong.message, wrong.remedy)
    for name in (one.name for one in fields.values() if one.required and one.name not in row.raw):
        found.report(row, "", f"{name} is missing", f"add {name} = …")


def _check_top(found: Found, row: _Row, environ: Mapping[str, str], folder: Path) -> None:
    for key in ("tls_certificate", "tls_key"):
        _check_file(found, row, key, folder)
    if ("tls_certificate" in row.raw) != ("tls_key" in row.raw):
        one, other = sorted(("tls_certificate", "tls_key"), key=lambda key: key not in row.raw)
        found.report(row, one, f"stands without {other}", f"add {other} = …, or remove {one}")


def _check_trunk(found: Found, row: _Row, environ: Mapping[str, str], folder: Path) -> None:
    values = row.values
    _settle_host(found, row)
    _settle_password(found, row, environ)
    _check_file(found, row, "tls_authority", folder)
    if values.get("register") and "user" not in row.raw:
        found.report(row, "", "user is missing", "add user = …, the name that the trunk gave you")
    if values.get("register") and not {"password", "password_env"} & row.raw.keys():
        found.report(row, "", "password is missing", "add password_env = … or password = …")
    if values.get("srtp", "off") != "off" and values.get("transport", "udp") in ("udp", "tcp"):
        # RFC 4568 §7.3: whoever reads the signalling has the keys.
        remedy = 'set transport = "tls": otherwise the keys of the sound travel readable'
        found.report(row, "srtp", "needs TLS", remedy)
    if "tls_authority" in row.raw and values.get("transport", "udp") in ("udp", "tcp"):
        found.report(row, "tls_authority", "has no meaning without TLS", 'set transport = "tls" or remove it')
    _offer_language(found, row)


def _settle_host(found: Found, row: _Row) -> None:
    """`registrar` for those that we register at, `host` for those that know us by our address."""
    values = row.values
    named = [key for key in ("registrar", "host") if key in row.raw]
    if not named:
        remedy = "add registrar = …, or host = … where nothing is registered"
        found.report(row, "", "registrar is missing", remedy)
    if len(named) == 2:
        found.report(row, "host", "stands beside registrar", "write only one of them")
    registrar = values.pop("registrar", None)
    values.setdefault("register", registrar is not None)
    if registrar is not None:
        values["host"] = registrar
    for key, value in (("auth_user", values.get("user")), ("from_user", values.get("user")),
                       ("from_domain", values.get("host"))):  # fmt: skip
        if value is not None:
            values.setdefault(key, value)


def _settle_password(found: Found, row: _Row, environ: Mapping[str, str]) -> None:
    if "password" in row.raw and "password_env" in row.raw:
        found.report(row, "password", "stands beside password_env", "write only one of them")
    variable = row.values.pop("password_env", None)
    if variable is None:
        return
    if not environ.get(variable):
        remedy = "set that environment variable to the trunk's password"
        found.report(row, "password_env", "names a variable that is not set", remedy)
    row.values["password"] = environ.get(variable, "")


def _check_file(found: Found, row: _Row, key: str, folder: Path) -> None:
    if key not in row.values:
        return
    path = folder / row.values[key]
    if not path.is_file():
        found.report(row, key, "names no file", "write the path of a file in PEM form")
    row.values[key] = str(path)


def _check_number(found: Found, row: _Row, environ: Mapping[str, str], folder: Path) -> None:
    if "number" in row.values and "country" not in row.raw:
        country = country_of(row.values["number"])
        if not country:
            found.report(row, "", "country is missing", 'add country = …, two letters such as "DE"')
        row.values["country"] = country
    _known_trunk(found, row)
    _offer_language(found, row)


def _check_dial_out(found: Found, row: _Row, environ: Mapping[str, str], folder: Path) -> None:
    _known_trunk(found, row)
    rates = row.values.get("rates")
    for prefix in row.values.get("prefixes", ()):
        if rates is not None and not any(prefix.startswith(known) for known in rates):
            found.report(
                row, "prefixes", f"has {prefix}, which has no price", f'add "{prefix}" = … to its rates'
            )


def _known_trunk(found: Found, row: _Row) -> None:
    names = [values["name"] for values in found.of("trunk") if "name" in values]
    name = row.values.get("trunk")
    if name is not None and name not in names:
        remedy = f"write one of {', '.join(names)}" if names else "add a [[trunk]] of that name"
        found.report(row, "trunk", f"names no trunk of this file{close_to(name, names)}", remedy)


def _offer_language(found: Found, row: _Row) -> None:
    offered = found.top.get("languages", LANGUAGES)
    if row.values.get("language", offered[0]) not in offered:
        found.report(row, "language", "is not among languages", "add it to languages, or remove it here")


def _check_together(found: Found) -> None:
    for table, key in (("trunk", "name"), ("number", "number")):
        seen: set[Any] = set()
        for row in (row for row in found.rows if row.table == table and key in row.values):
            if row.values[key] in seen:
                found.report(row, key, "is there twice", f"keep one [[{table}]] of it")
            seen.add(row.values[key])


_CHECKS = {"": _check_top, "trunk": _check_trunk, "number": _check_number, "dial_out": _check_dial_out}
