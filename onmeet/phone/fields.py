"""The keys that the telephone's file may have, table by table, and how the value of each is read.

`docs/phone/all-keys.toml` describes every one of them; a test compares the two.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from typing import Any

import phonenumbers

from onmeet.notices.fields import Field, Wrong

__all__ = ["FIELDS", "LANGUAGES", "Network"]

Read = Callable[[Any], Any]
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

LANGUAGES = ("de", "en", "fr")
"""Languages in which a caller can be spoken to."""


_KINDS = ((bool, "true or false"), (int, "a number"), (float, "a number with a point"), (str, "a text"),
          (list, "a list"), (dict, "a table"))  # fmt: skip


def _kind(value: Any) -> str:
    return next((words for kind, words in _KINDS if isinstance(value, kind)), "a time or a day")


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise Wrong(f"is {_kind(value)}, not a text", "put it into quotation marks")
    if not value.strip() or len(value) > 500 or not value.isprintable():
        raise Wrong("is empty, too long or has control characters", "write one short line, or remove the key")
    return value.strip()


def _matching(pattern: str, remedy: str, *, secret: bool = False) -> Read:
    def read(value: Any) -> str:
        text = _text(value)
        if re.fullmatch(pattern, text, re.ASCII) is None:
            raise Wrong("cannot be used" if secret else f"{text!r} cannot be used here", remedy)
        return text

    return read


def _one_of(*allowed: str) -> Read:
    def read(value: Any) -> str:
        text = _text(value).lower()
        if text not in allowed:
            raise Wrong(f"{text!r} is not known", f"write one of {', '.join(allowed)}")
        return text

    return read


def _whole(low: int, high: int) -> Read:
    def read(value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise Wrong(f"is {_kind(value)}, not a whole number", "write a number without quotation marks")
        if not low <= value <= high:
            raise Wrong(f"{value} is out of range", f"write a number from {low} to {high}")
        return value

    return read


def _yes_no(value: Any) -> bool:
    if not isinstance(value, bool):
        raise Wrong(f"is {_kind(value)}", "write true or false, without quotation marks")
    return value


def _several(read: Read, *, least: int = 1) -> Read:
    def several(value: Any) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise Wrong(f"is {_kind(value)}, not a list", "put it into square brackets")
        if len(value) < least:
            raise Wrong("is an empty list", "write at least one, or remove the key")
        return tuple(dict.fromkeys(read(one) for one in value))

    return several


def _host(value: Any) -> str:
    """A DNS name or an IP address, in lower case, IPv6 without brackets."""
    text = _text(value).lower().removesuffix(".")
    bare = text.removeprefix("[").removesuffix("]")
    try:
        return str(ipaddress.ip_address(bare))
    except ValueError:
        pass
    label = r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?"
    last = r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?"
    if len(text) > 253 or re.fullmatch(rf"({label}\.)*{last}", text, re.ASCII) is None:
        remedy = "write a name such as sip.example.net or an IP address; a port goes into the key port"
        raise Wrong(f"{text!r} is no host", remedy)
    return text


def _address(value: Any) -> str:
    try:
        address = ipaddress.ip_address(_text(value))
    except ValueError:
        raise Wrong("is no IP address", "write one such as 203.0.113.7") from None
    if address.is_unspecified:
        raise Wrong("names no machine", "write the address at which the trunk reaches this one")
    return str(address)


def _network(value: Any) -> Network:
    text = _text(value)
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        remedy = "write addresses or networks such as 203.0.113.7 or 203.0.113.0/24"
        raise Wrong(f"{text!r} is no network", remedy) from None
    if network.prefixlen == 0:
        raise Wrong(f"{text!r} lets in the whole world", "name the networks of the trunk")
    return network


def _country(value: Any) -> str:
    text = _text(value).upper()
    if text not in phonenumbers.SUPPORTED_REGIONS:
        raise Wrong(f"{text!r} is no country", "write its two letters, such as DE")
    return text


def _number(value: Any) -> str:
    """E.164 with +."""
    text = _text(value)
    remedy = 'write it in international form, such as "+49 30 1234567"'
    if not text.startswith("+"):
        raise Wrong(f"{text!r} does not begin with +", remedy)
    try:
        parsed = phonenumbers.parse(text, None)
    except phonenumbers.NumberParseException:
        raise Wrong(f"{text!r} is no telephone number", remedy) from None
    if not phonenumbers.is_possible_number(parsed):
        raise Wrong(f"{text!r} has too few or too many digits", remedy)
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


_prefix = _matching(r"\+[1-9][0-9]{0,14}", 'write the beginning of numbers, such as "+49"')


def _rates(value: Any) -> Mapping[str, float]:
    """Cents a minute by prefix."""
    if not isinstance(value, dict):
        raise Wrong(f"is {_kind(value)}, not a table", 'write [dial_out.rates] and lines such as "+49" = 1.5')
    rates: dict[str, float] = {}
    for prefix, cents in value.items():
        if isinstance(cents, bool) or not isinstance(cents, int | float) or not 0 <= cents <= 10_000:
            raise Wrong(f"of {prefix!r} is no price", "write cents a minute, from 0 to 10000")
        rates[_prefix(prefix)] = float(cents)
    return rates


_user = _matching(r"[^\s@<>\"]{1,128}", "write the part before @, without spaces")
_header = _matching(r"[A-Za-z0-9-]{1,64}", "write the name of a header, such as X-Licence")
_variable = _matching(r"(?!ONMEET_)[A-Za-z_][A-Za-z0-9_]{0,127}",
                      "write the name of an environment variable", secret=True)  # fmt: skip
_file = _matching(r"[^\0]{1,500}", "write the path of a file")
_dialled = _matching(r"\+?[0-9A-Za-z_.*#-]{1,40}", "write what the trunk sends, such as 800")
_name = _matching(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}", "write letters, digits, - and _, such as sipgate")
_codec = {"pcma": "PCMA", "pcmu": "PCMU", "g722": "G722"}


def _codec_name(value: Any) -> str:
    return _codec[_one_of(*_codec)(value)]


FIELDS: Mapping[str, tuple[Field, ...]] = {
    "": (
        Field("address", _address),
        Field("languages", _several(_one_of(*LANGUAGES))),
        Field("max_calls", _whole(1, 1000)),
        Field("max_calls_per_source", _whole(1, 1000)),
        Field("tls_certificate", _file),
        Field("tls_key", _file),
    ),
    "trunk": (
        Field("name", _name, required=True),
        Field("registrar", _host),
        Field("host", _host),
        Field("proxy", _host),
        Field("transport", _one_of("udp", "tcp", "tls", "auto")),
        Field("port", _whole(1, 65535)),
        Field("user", _user),
        Field("auth_user", _matching(r"[^\s\"<>]{1,128}", "write the name without spaces")),
        Field("password", _text),
        Field("password_env", _variable),
        Field("from_user", _user),
        Field("from_domain", _host),
        Field("register", _yes_no),
        Field("expires", _whole(60, 86_400)),
        Field("srtp", _one_of("off", "offer", "require")),
        Field("tls_authority", _file),
        Field("allow", _several(_network)),
        Field("codecs", _several(_codec_name)),
        Field("country", _country),
        Field("language", _one_of(*LANGUAGES)),
        Field("licence_header", _header),
        Field("session_expires", _whole(90, 86_400)),
        Field("keep_alive", _whole(0, 600)),
        Field("max_calls", _whole(1, 1000)),
    ),
    "number": (
        Field("number", _number, required=True),
        Field("trunk", _name),
        Field("country", _country),
        Field("label", _text),
        Field("language", _one_of(*LANGUAGES)),
        Field("dialled", _several(_dialled)),
    ),
    "dial_out": (
        Field("trunk", _name, required=True),
        Field("prefixes", _several(_prefix), required=True),
        Field("per_account_per_hour", _whole(1, 10_000)),
        Field("per_hour", _whole(1, 100_000)),
        Field("max_minutes", _whole(1, 1440)),
        Field("monthly_cents", _whole(0, 100_000_000), required=True),
        Field("rates", _rates, required=True),
        Field("from_number", _number),
    ),
}  # fmt: skip
"""Keys by table; "" holds what stands before the first table."""
