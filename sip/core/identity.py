"""Who calls, as far as the network says (RFC 3261 §20.20, RFC 3323, RFC 3325, RFC 5806, RFC 7044).

    identity = identify(request.headers, normalise)

Of several statements the network's counts before the telephone's: P-Asserted-Identity, Remote-Party-ID, and
at trunks whose From is the account (sipgate) Diversion or History-Info; then From. Whoever asks for privacy
stays withheld, whatever else is said.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from sip.core.message import Headers, MessageError
from sip.core.uri import NameAddr
from sip.interface import Identity

__all__ = ["Normalise", "identify"]

Normalise = Callable[[str], str]
"""Digits as sent → E.164 with +, "" when it is no number of a country."""

_ANONYMOUS = frozenset({"anonymous", "restricted", "unavailable", "unknown", "withheld", "private"})
_DIGITS = re.compile(r"\+?[0-9*#]{1,32}")
_PRIVATE = frozenset({"id", "user", "header", "session"})  # RFC 3323 §4.2, RFC 3325 §9.3
MAX_NAME = 120


def identify(headers: Headers, normalise: Normalise = lambda digits: "", *, account: str = "") -> Identity:
    """The caller of an INVITE. account: the user part that this trunk puts into From of every call."""
    sender = next(iter(_addresses(headers, "From")), None)
    if sender is None or _withheld(headers, sender):
        return Identity(withheld=True)
    names = ["P-Asserted-Identity", "Remote-Party-ID", "From"]
    if account and sender.uri.user == account:
        names = ["P-Asserted-Identity", "Remote-Party-ID", "Diversion", "History-Info", "From"]
    candidates = [address for name in names for address in _addresses(headers, name)]
    if account and sender.uri.user == account and len(candidates) > 1:
        candidates = [one for one in candidates if one.uri.user != account] or candidates
    if any(_is_anonymous(one) for one in candidates[:1]):
        return Identity(withheld=True)
    number = next((digits for one in candidates if (digits := _digits(one))), "")
    display = next((name for one in (*candidates, sender) if (name := _name(one))), "")
    return Identity(number=normalise(number) or number, display="" if display == number else display)


def _withheld(headers: Headers, sender: NameAddr) -> bool:
    asked = {
        word.strip().lower() for value in headers.all("Privacy") for word in re.split(r"[;,]", value) if word
    }
    if asked & _PRIVATE or _is_anonymous(sender):
        return True
    return any(
        (address.params.get("privacy") or "").lower() in {"full", "uri", "name"}
        for address in _addresses(headers, "Remote-Party-ID")
    )


def _is_anonymous(address: NameAddr) -> bool:
    uri = address.uri
    return uri.user.lower() in _ANONYMOUS or uri.host.lower().endswith("anonymous.invalid")


def _digits(address: NameAddr) -> str:
    """The number in a URI, without separators; "" where the user part is a name."""
    number = address.uri.number
    return number if _DIGITS.fullmatch(number) else ""


def _name(address: NameAddr) -> str:
    """The display name, of printable characters, shortened; "" where it only repeats the number."""
    name = "".join(character for character in address.display if character.isprintable()).strip()
    if name.lower() in _ANONYMOUS or re.sub(r"[\s()./-]", "", name) == address.uri.number:
        return ""
    return name[:MAX_NAME]


def _addresses(headers: Headers, name: str) -> Iterable[NameAddr]:
    """The legible values of a header."""
    for value in headers.all(name):
        try:
            yield NameAddr.parse(value)
        except MessageError:
            continue
