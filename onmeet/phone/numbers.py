"""How a telephone number is read, shown, shortened and dialled.

international("030 1234567", "DE")            # "+49301234567"
shown("+49301234567")                         # "+49 30 1234567"
masked("+49301234567")                        # "+49 … 67"
tel_link("+49301234567", "123456789")         # "tel:+49301234567,,,123456789%23"
"""

from __future__ import annotations

import re

import phonenumbers
from babel import Locale, UnknownLocaleError
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat

__all__ = ["country_name", "country_of", "international", "masked", "shown", "tel_link"]


def _parsed(number: str, country: str = "") -> PhoneNumber | None:
    if len(number) > 64:
        return None
    try:
        parsed = phonenumbers.parse(number, country or None)
    except NumberParseException:
        return None
    return parsed if phonenumbers.is_possible_number(parsed) else None


def international(number: str, country: str = "") -> str:
    """A number as people or trunks write it in E.164 form with +, "" when it is none.

    country: two letters, of numbers without a country code. `00…` counts as + where the country dials so,
    and a bare `49…` that is only then a number is taken for an international one (many trunks send it so).
    """
    if not re.search(r"[0-9]", number) or re.search(r"[A-Za-z@;]", number):
        return ""
    parsed = _parsed(number, country)
    if not number.strip().startswith("+") and (parsed is None or not phonenumbers.is_valid_number(parsed)):
        parsed = None  # an extension of the PBX, perhaps, which no country code may be put before
        bare = number.strip().removeprefix("00")
        other = _parsed(f"+{bare}") if re.fullmatch(r"[1-9][0-9]{6,14}", bare) else None
        if other is not None and phonenumbers.is_valid_number(other):
            parsed = other
    return "" if parsed is None else phonenumbers.format_number(parsed, PhoneNumberFormat.E164)


def shown(number: str) -> str:
    """A number in international form with the spaces that its country uses; as it is when it is none."""
    parsed = _parsed(number)
    return number if parsed is None else phonenumbers.format_number(parsed, PhoneNumberFormat.INTERNATIONAL)


def masked(number: str) -> str:
    """Enough to be recognised by those who know it: country code and the last two digits, `+49 … 42`.

    "…" alone when nothing can be shown.
    """
    parsed = _parsed(number)
    digits = re.sub(r"[^0-9]", "", number)
    if parsed is not None and len(str(parsed.national_number)) >= 6:
        return f"+{parsed.country_code} … {digits[-2:]}"
    return f"… {digits[-2:]}" if len(digits) >= 6 else "…"


def country_of(number: str) -> str:
    """Two letters of the country of an E.164 number, "" where none can be told (satellite networks)."""
    parsed = _parsed(number)
    if parsed is None:
        return ""
    region = phonenumbers.region_code_for_number(parsed)
    if region is None and parsed.country_code is not None:
        region = phonenumbers.region_code_for_country_code(parsed.country_code)
    return region if region is not None and region in phonenumbers.SUPPORTED_REGIONS else ""


def country_name(country: str, language: str) -> str:
    """The name of a country (two letters) in a language (`de`); the letters where it has none."""
    try:
        names = Locale.parse(language, sep="-").territories
    except (UnknownLocaleError, ValueError):
        names = Locale("en").territories
    return str(names.get(country, country))


def tel_link(number: str, pin: str = "") -> str:
    """A `tel:` URI that dials the number and, after three pauses of about two seconds, PIN and #.

    RFC 3966 knows no pauses, telephones do: `,` each. # is written %23, or it would begin a fragment.
    """
    return f"tel:{number},,,{pin}%23" if pin else f"tel:{number}"
