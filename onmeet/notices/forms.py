"""The forms in which a notice may permit a value: cut short, or as a keyed hash. Pure functions.

A value that cannot be understood has no safe form and becomes None; nothing is ever passed through. What is
cut already stays as it is, so that a row may be read and written again.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable

import phonenumbers

from onmeet.notices.categories import Shape
from onmeet.notices.marks import mark

__all__ = ["pseudonym", "truncate_ip", "truncate_number", "truncation"]

_V4_BITS = 24
_V6_BITS = 48
_HIDDEN_DIGITS = 4
"""So many digits between the country and the last two have to go, or too few people share what is left."""

_CUT_NUMBER = re.compile(r"\+[1-9]\d{0,2}…\d\d")
_FULL_NUMBER = re.compile(r"\+[1-9][\d ()./-]{5,30}")
"""Only the international form says which country it is; `tel:` and `sip:` addresses are no numbers."""


def truncate_ip(text: str) -> str | None:
    """The network of an address: `203.0.113.0/24` or `2001:db8:1::/48`; None for anything else.

    IPv6 addresses that hold an IPv4 address within their first 48 bits, or are one in disguise (RFC 4291
    §2.5.5.2, RFC 3056), count as that address.
    """
    try:
        address = ipaddress.ip_interface(text).ip if isinstance(text, str) else None
    except ValueError:
        return None
    if address is None:
        return None
    if isinstance(address, ipaddress.IPv6Address):
        address = address.ipv4_mapped or address.sixtofour or address
    if isinstance(address, ipaddress.IPv4Address):
        return str(ipaddress.IPv4Network((int(address), _V4_BITS), strict=False))
    return str(ipaddress.IPv6Network((int(address), _V6_BITS), strict=False))


def truncate_number(text: str) -> str | None:
    """Country and last two digits of a telephone number in international form: `+49…67`; else None."""
    if not isinstance(text, str):
        return None
    text = text.strip()
    if _CUT_NUMBER.fullmatch(text):
        return text
    if not _FULL_NUMBER.fullmatch(text):
        return None
    try:
        number = phonenumbers.parse(text, None)
    except phonenumbers.NumberParseException:
        return None
    national = phonenumbers.national_significant_number(number)
    if not phonenumbers.is_possible_number(number) or len(national) < _HIDDEN_DIGITS + 2:
        return None
    return f"+{number.country_code}…{national[-2:]}"


def truncation(shape: Shape) -> Callable[[str], str | None] | None:
    """What cutting means for values of a shape; None where it means nothing and the value has to go."""
    return {"ip": truncate_ip, "number": truncate_number}.get(shape)


def pseudonym(key: bytes, category: str, text: str) -> str:
    """64 hex digits that lead back to nobody without the key; equal values of a category give equal ones."""
    return mark(key, f"pseudonym {category}", text)
