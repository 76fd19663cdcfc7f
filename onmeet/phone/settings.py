"""What the operator says about telephones: trunks, numbers to dial in, and what dialling out may cost.

settings = load(config)               # from ONMEET_PHONE: a path, TOML text, or nothing at all
settings.trunk("sipgate").codecs      # ("G722", "PCMA", "PCMU")

Passwords never appear in a repr, an error or a log line.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from onmeet.config import Config
from onmeet.errors import ConfigError
from onmeet.phone.fields import LANGUAGES, Network
from onmeet.phone.numbers import international
from onmeet.phone.reading import Found, read

__all__ = ["DialIn", "DialOut", "PhoneSettings", "Trunk", "load", "parse"]

MAX_BYTES = 200_000

Transport = Literal["udp", "tcp", "tls", "auto"]
Srtp = Literal["off", "offer", "require"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trunk:
    """A telephone provider or a PBX that brings calls, and perhaps takes them.

    host: its domain, for request URIs and the registration. proxy: where requests are sent instead of `host`,
    "" for host itself. transport: "auto" asks DNS (NAPTR, RFC 3263 §4.1), else the one to use. port: None
    asks DNS (SRV), then takes the default. user: user part of the address that is registered. auth_user: name
    in digests. from_user, from_domain: of the From header of our calls. register: whether to REGISTER.
    expires: seconds asked for. allow: further networks from which it may call; those that its names resolve
    to count by themselves. country: of numbers without a country code. language: spoken to its callers, ""
    lets them choose. licence_header: where it states its licence. session_expires: seconds (RFC 4028), 0 for
    none of ours. keep_alive: seconds between keep-alives, 0 for none. max_calls: at a time, 0 for no limit
    of its own. tls_authority: file of the CA, "" for those of the system.
    """

    name: str
    host: str
    proxy: str = ""
    transport: Transport = "udp"
    port: int | None = None
    user: str = ""
    auth_user: str = ""
    password: str = field(default="", repr=False)
    from_user: str = ""
    from_domain: str = ""
    register: bool = False
    expires: int = 600
    srtp: Srtp = "off"
    tls_authority: str = ""
    allow: tuple[Network, ...] = ()
    codecs: tuple[str, ...] = ("G722", "PCMA", "PCMU")
    country: str = ""
    language: str = ""
    licence_header: str = ""
    session_expires: int = 1800
    keep_alive: int = 25
    max_calls: int = 0

    @property
    def registrar(self) -> str:
        """The domain that is registered at."""
        return self.host


@dataclass(frozen=True, slots=True, kw_only=True)
class DialIn:
    """A number that people call. number: E.164 with +. country: two letters. label: the operator's word for
    it, "" without. trunk: over which it comes, "" for any. language: spoken to its callers, "" lets them
    choose. dialled: what the trunk calls it in request URIs, where that is not the number itself."""

    number: str
    country: str
    label: str = ""
    trunk: str = ""
    language: str = ""
    dialled: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DialOut:
    """Calls from a meeting, and their limits.

    prefixes: beginnings of permitted numbers. rates: cents a minute by prefix; the longest that fits counts.
    monthly_cents: what all calls of a month may cost. from_number: shown to the called,
    "" for the trunk's own.
    """

    trunk: str
    prefixes: tuple[str, ...]
    monthly_cents: int
    rates: Mapping[str, float]
    per_account_per_hour: int = 10
    per_hour: int = 60
    max_minutes: int = 120
    from_number: str = ""

    def permits(self, number: str) -> bool:
        """Whether a number (E.164 with +) may be called at all."""
        return number.startswith(self.prefixes) and self.rate(number) is not None

    def rate(self, number: str) -> float | None:
        """Cents a minute to a number (E.164 with +), None when no rate is known."""
        fitting = [prefix for prefix in self.rates if number.startswith(prefix)]
        return self.rates[max(fitting, key=len)] if fitting else None


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneSettings:
    """All of it. Without ONMEET_PHONE: no trunk, no number; softphones on this machine can still call.

    address: ours as trunks see it, "" finds out per trunk. languages: those a caller may choose from.
    tls_certificate, tls_key: files in PEM; without them TLS is only spoken to trunks, not listened for.
    """

    trunks: tuple[Trunk, ...] = ()
    numbers: tuple[DialIn, ...] = ()
    dial_out: DialOut | None = None
    languages: tuple[str, ...] = LANGUAGES
    address: str = ""
    tls_certificate: str = ""
    tls_key: str = ""
    max_calls: int = 50
    max_calls_per_source: int = 20

    def trunk(self, name: str) -> Trunk | None:
        """The trunk of that name."""
        return next((trunk for trunk in self.trunks if trunk.name == name), None)

    def dial_in(self, dialled: str, trunk: str | None) -> DialIn | None:
        """Which of our numbers a caller dialled, by the user part of the request URI and the trunk's name.

        A trunk with one number only means that one, whatever it writes.
        """
        mine = [one for one in self.numbers if not one.trunk or one.trunk == trunk]
        known = self.trunk(trunk or "")
        number = international(dialled, known.country if known else "")
        for one in mine:
            if dialled in one.dialled or number == one.number:
                return one
        own = [one for one in mine if one.trunk]
        return own[0] if len(own) == 1 else None


def load(config: Config, environ: Mapping[str, str] | None = None) -> PhoneSettings:
    """The settings that `ONMEET_PHONE` holds or points to; passwords named by `password_env` from `environ`.

    Raises `ConfigError` that lists every problem with line, key and remedy.
    """
    source = config.phone
    if not source:
        return PhoneSettings()
    around = os.environ if environ is None else environ
    if "\n" in source or "=" in source:
        return parse(source, "ONMEET_PHONE", around)
    path = Path(source)
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        reason = error.strerror or "unknown reason"
        raise ConfigError(
            f"ONMEET_PHONE: the file {source} cannot be read ({reason}): "
            "write the path of a TOML file, or its text (docs/phone.md)"
        ) from None
    if len(content) > MAX_BYTES:
        raise ConfigError(f"ONMEET_PHONE: the file {source} is too big: is this the right one?")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise ConfigError(f"{path.name}:{line}: is not UTF-8; save the file as UTF-8") from None
    return parse(text, path.name, around, path.parent)


def parse(text: str, where: str, environ: Mapping[str, str], folder: Path | None = None) -> PhoneSettings:
    """The settings in a TOML text; `where` names it in errors, files in it are relative to `folder`.

    Raises `ConfigError` that lists every problem with line, key and remedy.
    """
    found = read(text, where, environ, folder or Path())
    if found.problems:
        listed = "\n".join(f"  {problem}" for problem in sorted(set(found.problems)))
        raise ConfigError(f"the telephone's settings cannot be used:\n{listed}")
    return _build(found)


def _build(found: Found) -> PhoneSettings:
    dial_out = found.of("dial_out")
    return PhoneSettings(
        **found.top,
        trunks=tuple(Trunk(**values) for values in found.of("trunk")),
        numbers=tuple(DialIn(**values) for values in found.of("number")),
        dial_out=_dial_out(dial_out[0]) if dial_out else None,
    )


def _dial_out(values: dict[str, Any]) -> DialOut:
    return DialOut(**{**values, "rates": MappingProxyType(values["rates"])})
