"""`a=crypto` (SDES, RFC 4568): the keys of SRTP within the session description."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from binascii import Error
from collections.abc import Iterable
from dataclasses import dataclass

from sip.interface import SRTP_SUITE

__all__ = ["KEY_BYTES", "SUITES", "Crypto", "usable"]

SUITES = (SRTP_SUITE,)
"""In our order (RFC 4568 §6.2)."""

KEY_BYTES = 30
"""Master key and salt: 16 and 14 bytes."""

_LINE = re.compile(r"([0-9]{1,9})[ \t]+([A-Za-z0-9_]+)[ \t]+([^ \t]+)((?:[ \t]+[^ \t]+)*)[ \t]*")
_KEY = re.compile(r"inline:([A-Za-z0-9+/]{40}={0,2})(?:\|(?:2\^[0-9]{1,2}|[0-9]{1,15}))?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Crypto:
    """One line. key: master key ‖ salt."""

    tag: int
    suite: str
    key: bytes

    @classmethod
    def parse(cls, text: str) -> Crypto | None:
        """Read one line; None when it asks for what we cannot do.

        That is: other suites, more than one key, an MKI (a second `|` field with a colon), a key of another
        length, and session parameters other than a window size hint (RFC 4568 §6.3). A lifetime is taken: no
        call lasts 2³¹ packets.
        """
        match = _LINE.fullmatch(text)
        if match is None:
            return None
        suite = match[2].upper()
        inline = _KEY.fullmatch(match[3])
        if suite not in SUITES or inline is None or not all(_harmless(word) for word in match[4].split()):
            return None
        try:
            key = b64decode(inline[1].rstrip("="), validate=True)
        except Error:
            return None
        return cls(int(match[1]), suite, key) if len(key) == KEY_BYTES else None

    def __str__(self) -> str:
        return f"{self.tag} {self.suite} inline:{b64encode(self.key).decode()}"

    def __repr__(self) -> str:
        return f"<Crypto {self.suite}>"  # never the key


def usable(lines: Iterable[str]) -> list[Crypto]:
    """Those lines that we can speak, in our order of suites, then theirs."""
    read = [crypto for crypto in map(Crypto.parse, lines) if crypto is not None]
    return sorted(read, key=lambda crypto: SUITES.index(crypto.suite))


def _harmless(parameter: str) -> bool:
    return parameter.upper().startswith("WSH=")
