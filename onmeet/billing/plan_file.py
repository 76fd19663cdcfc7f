"""Reads the file of plans, or says everything that is wrong with it: line, key and remedy."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any, get_args

from onmeet.billing.limits import Limits
from onmeet.billing.plans import FREE, PERIODS, Audience, Centre, Plan, Plans, Price
from onmeet.config import Config
from onmeet.errors import ConfigError
from onmeet.notices.countries import COUNTRIES
from onmeet.notices.fields import Field, Wrong, flag, kind
from onmeet.notices.lines import Lines
from onmeet.notices.sheet import Problem
from onmeet.notices.terms import close_to

__all__ = ["load", "parse"]

MAX_BYTES = 200_000

MOST_PARTICIPANTS = 200

# Currencies without hundredths (ISO 4217), and those that the provider counts otherwise.
_WHOLE_UNITS = frozenset({
    "BHD", "BIF", "CLP", "DJF", "GNF", "HUF", "ISK", "JOD", "JPY", "KMF", "KRW", "KWD", "MGA", "OMR", "PYG",
    "RWF", "TND", "TWD", "UGX", "VND", "VUV", "XAF", "XOF", "XPF",
})  # fmt: skip


def load(config: Config) -> Plans:
    """The plans of `ONMEET_PLANS`, or those that come with OnMeet.

    Raises `ConfigError` that lists every problem with line, key and remedy.
    """
    if not config.plans:
        shipped = resources.files("onmeet.billing").joinpath("plans.toml")
        return parse(shipped.read_text("utf-8"), "plans.toml")
    path = Path(config.plans)
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        reason = error.strerror or "unknown reason"
        raise ConfigError(f"ONMEET_PLANS: the file {path} cannot be read ({reason})") from None
    if len(content) > MAX_BYTES:
        raise ConfigError(f"ONMEET_PLANS: the file {path} is too big: is this the right one?")
    try:
        return parse(content.decode("utf-8-sig"), path.name)
    except UnicodeDecodeError:
        raise ConfigError(f"ONMEET_PLANS: the file {path} is not UTF-8: save it as UTF-8") from None


def parse(text: str, where: str) -> Plans:
    """The plans in a TOML text; `where` names it in errors. Raises `ConfigError` as `load` does."""
    sheet = _Sheet(where)
    try:
        data = tomllib.loads(text)
    except RecursionError:
        sheet.report("", 0, "", "is nested too deeply", "write plain tables")
    except ValueError as error:
        sheet.report("", 0, "", f"is no TOML: {error}", "see https://toml.io for how it is written")
    else:
        sheet.lines = Lines.of(text)
        top = sheet.table("", 0, {key: value for key, value in data.items() if key not in _TABLES})
        found = _build(sheet, top, data)
        if found is not None and not sheet.problems:
            return found
    listed = "\n".join(f"  {problem}" for problem in sorted(set(sheet.problems)))
    raise ConfigError(f"the plans cannot be used:\n{listed}")


@dataclass(slots=True)
class _Sheet:
    where: str
    lines: Lines = field(default_factory=Lines)
    problems: list[Problem] = field(default_factory=list)

    def report(self, table: str, index: int, key: str, message: str, remedy: str) -> None:
        line = self.lines.line(table, index, key)
        item = f"{table} {index + 1}" if table in ("plan", "centre") else table
        self.problems.append(Problem(line, self.where, item, f"{key} {message}".strip(), remedy))

    def table(self, name: str, index: int, raw: Any) -> dict[str, Any]:
        """The values of a table that can be read; all else is reported."""
        if not isinstance(raw, dict):
            self.report(name, index, "", "is no table", f"write [[{name}]]")
            return {}
        fields = {one.name: one for one in _FIELDS[name]}
        values: dict[str, Any] = {}
        for key, value in raw.items():
            if key not in fields:
                words = f"is no key here{close_to(key, [*fields])}"
                self.report(name, index, key, words, "remove it: plans.toml of OnMeet shows all keys")
                continue
            try:
                values[key] = fields[key].read(value)
            except Wrong as wrong:
                self.report(name, index, key, wrong.message, wrong.remedy)
        for one in fields.values():
            if one.required and one.name not in raw:
                self.report(name, index, "", f"{one.name} is missing", f"add {one.name} = …")
        return values

    def several(self, data: dict[str, Any], name: str) -> Iterator[tuple[int, dict[str, Any]]]:
        raw = data.get(name, [])
        if not isinstance(raw, list):
            self.report(name, 0, "", "is not a list of tables", f"write [[{name}]]")
            return
        for index, one in enumerate(raw):
            before = len(self.problems)
            values = self.table(name, index, one)
            if len(self.problems) == before:
                yield index, values


def _build(sheet: _Sheet, top: dict[str, Any], data: dict[str, Any]) -> Plans | None:
    plans = [_plan(sheet, index, values) for index, values in sheet.several(data, "plan")]
    centres = [Centre(v["name"], v["notice"], v.get("countries", frozenset())) for _, v in
               sheet.several(data, "centre")]  # fmt: skip
    by_country = dict(_by_country(sheet, data.get("currencies", {})))
    if sheet.problems:
        return None
    found = Plans(
        plans=tuple(plans),
        currency=top["currency"],
        trial_days=top.get("trial_days", 0),
        currency_of=by_country,
        centres=tuple(centres),
    )
    _check(sheet, found)
    return found


def _plan(sheet: _Sheet, index: int, values: dict[str, Any]) -> Plan:
    prices = [
        Price(values["name"], period, currency, cents)
        for period in PERIODS
        for currency, cents in values.get(period, {}).items()
    ]
    free = values["name"] == FREE
    if free != (values["for"] == "everybody") or free == bool(prices):
        sheet.report("plan", index, "name", "does not fit its audience or its prices",
                     f'"{FREE}" alone is for everybody and has no price; all others have one')  # fmt: skip
    limits = {key: values[key] for key in _LIMITS if key in values}
    return Plan(
        name=values["name"],
        title=values["title"],
        audience=values["for"],
        limits=Limits(**limits),
        prices=tuple(prices),
    )


def _by_country(sheet: _Sheet, raw: Any) -> Iterator[tuple[str, str]]:
    if not isinstance(raw, dict):
        sheet.report("currencies", 0, "", "is no table", "write [currencies]")
        return
    seen: set[str] = set()
    for currency, countries in raw.items():
        try:
            _currency(currency)
            named = _countries(countries)
        except Wrong as wrong:
            sheet.report("currencies", 0, currency, wrong.message, wrong.remedy)
            continue
        for country in sorted(named & seen):
            sheet.report("currencies", 0, currency, f"names {country} again", "name each country once")
        seen |= named
        yield from ((country, currency) for country in named)


def _check(sheet: _Sheet, plans: Plans) -> None:
    """What no table can know by itself."""
    names = [plan.name for plan in plans.plans]
    if FREE not in names:
        sheet.report("plan", 0, "", f'named "{FREE}" is missing', f'add a [[plan]] with name = "{FREE}"')
    for name in sorted({name for name in names if names.count(name) > 1}):
        sheet.report("plan", names.index(name), "name", f'"{name}" is there twice', "name each once")
    for index, plan in enumerate(plans.plans):
        for period in {price.period for price in plan.prices}:
            for currency in {plans.currency, *plans.currency_of.values()}:
                if plan.price(period, currency) is None:
                    sheet.report("plan", index, period, f"has no price in {currency}", f"add {currency} = …")


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > 100 or not value.isprintable():
        raise Wrong("is no short text", "write one short line in quotation marks")
    return value.strip()


def _name(value: Any) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,31}", _text(value)):
        raise Wrong("cannot be used as a name", "write small letters, digits and hyphens, at most 32")
    return str(value)


def _audience(value: Any) -> str:
    if value not in get_args(Audience):
        raise Wrong("is no audience", f"write {', '.join(get_args(Audience))}")
    return str(value)


def _whole(least: int, most: int) -> Callable[[Any], int]:
    def read(value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise Wrong(f"is {kind(value)} that cannot be used", f"write a number from {least} to {most}")
        return value

    return read


def _currency(value: Any) -> str:
    if not re.fullmatch(r"[A-Z]{3}", _text(value)):
        raise Wrong("is no currency", "write its three capital letters (ISO 4217), such as EUR")
    if value in _WHOLE_UNITS:
        raise Wrong(f"{value} is not counted in hundredths", "use another currency")
    return str(value)


def _countries(value: Any) -> frozenset[str]:
    if not isinstance(value, list):
        raise Wrong(f"is {kind(value)}, not a list", "put it into square brackets")
    for country in value:
        if country not in COUNTRIES:
            raise Wrong(
                "has an entry that is no country", "write two capital letters (ISO 3166-1), such as DE"
            )
    return frozenset(value)


def _cents(value: Any) -> dict[str, int]:
    if not isinstance(value, dict) or not value:
        raise Wrong(f"is {kind(value)}, not prices by currency", "write { EUR = 690 }, in hundredths")
    return {_currency(currency): _whole(50, 10_000_000)(cents) for currency, cents in value.items()}


_LIMITS = ("participants", "minutes_a_month", "telephone", "dial_out", "meetings")
_TABLES = ("plan", "centre", "currencies")

_FIELDS: dict[str, tuple[Field, ...]] = {
    "": (Field("currency", _currency, required=True), Field("trial_days", _whole(0, 365))),
    "plan": (
        Field("name", _name, required=True),
        Field("title", _text, required=True),
        Field("for", _audience, required=True),
        Field("participants", _whole(2, MOST_PARTICIPANTS), required=True),
        Field("minutes_a_month", _whole(1, 10_000_000)),
        Field("telephone", flag, required=True),
        Field("dial_out", flag, required=True),
        Field("meetings", _whole(1, 100_000), required=True),
        Field("month", _cents),
        Field("year", _cents),
    ),
    "centre": (
        Field("name", _text, required=True),
        Field("notice", _name, required=True),
        Field("countries", _countries),
    ),
}
