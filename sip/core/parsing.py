"""The words of SIP's grammar that every header shares: tokens, quoted strings, parameters, comma lists.

All scanners here are linear in their input: each is one regular expression whose alternatives begin with
different characters, so that nothing is ever tried twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from onmeet.errors import ProtocolError

if TYPE_CHECKING:
    from sip.core.message import Request

__all__ = [
    "MessageError",
    "Params",
    "decode",
    "is_token",
    "params",
    "quote",
    "split_list",
    "unquote",
    "write_params",
]

Params = dict[str, str | None]
"""Parameters in their order: name in lower case → value, unquoted; None when there is no `=`."""

_TOKEN = re.compile(r"[A-Za-z0-9\-.!%*_+`'~]+")  # RFC 3261 §25.1
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_PAIR = re.compile(r"\\(.)", re.DOTALL)
_LIST_PART = re.compile(r'"(?:[^"\\]|\\.)*(?:"|\\?\Z)|<[^>]*(?:>|\Z)|[^",<]+|,', re.DOTALL)
_PARAM_PART = {
    separator: re.compile(rf'"(?:[^"\\]|\\.)*(?:"|\\?\Z)|[^"{separator}]+|{separator}', re.DOTALL)
    for separator in ";,"
}


class MessageError(ProtocolError, ValueError):
    """What was received is no SIP (or SDP) that we can use.

    status, reason: of the response that says so. request: the request as far as it could be read, when a
    response can be addressed (it is no ACK, and Via and CSeq are there), else None: drop it silently.
    The text never holds any of the input.
    """

    def __init__(self, status: int, reason: str, request: Request | None = None) -> None:
        super().__init__(f"sip-{status}", reason)
        self.status = status
        self.reason = reason
        self.request = request


def decode(data: bytes) -> str:
    """Text of a header: UTF-8, or else ISO 8859-1, in which old telephones send names."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")


def is_token(text: str) -> bool:
    """Whether this is a token (RFC 3261 §25.1)."""
    return _TOKEN.fullmatch(text) is not None


def quote(text: str) -> str:
    """As a quoted string, escaped."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def unquote(text: str) -> str:
    """The meaning of a quoted string, or the text itself when it is none. A lone quote: MessageError."""
    if not text.startswith('"'):
        if '"' in text:
            raise MessageError(400, "Quoted String Out of Place")
        return text
    match = _QUOTED.fullmatch(text)
    if match is None:
        raise MessageError(400, "Unterminated Quoted String")
    return _PAIR.sub(r"\1", match[1])


def split_list(value: str) -> list[str]:
    """Cut a comma list (RFC 3261 §7.3.1), but not within quotes or angle brackets; empty parts fall away."""
    if "," not in value:
        return [value] if value else []
    return [part for part in _cut(value, _LIST_PART, ",") if part]


def params(text: str, separator: str = ";") -> Params:
    """Read `;name=value;flag…` (the leading `;` may lack), with white space allowed everywhere.

    separator: `,` between the parts of a challenge. The first of two with the same name counts. Raises
    MessageError for an empty or malformed one; a single separator at the very end is forgiven.
    """
    found: Params = {}
    parts = list(_cut(text.strip().removeprefix(separator), _PARAM_PART[separator], separator))
    if parts and not parts[-1]:
        parts.pop()
    for part in parts:
        name, equals, value = part.partition("=")
        name, value = name.strip().lower(), value.strip()
        if not is_token(name):
            raise MessageError(400, "Malformed Parameter")
        found.setdefault(name, unquote(value) if equals else None)
    return found


def write_params(values: Mapping[str, str | None]) -> str:
    """The opposite of `params`; values that are neither token nor host are quoted."""
    return "".join(
        f";{name}" if value is None else f";{name}={value if _PLAIN.fullmatch(value) else quote(value)}"
        for name, value in values.items()
    )


_PLAIN = re.compile(r"[A-Za-z0-9\-.!%*_+`'~]+|\[[0-9A-Fa-f:.]+\]|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*")


def _cut(text: str, part: re.Pattern[str], separator: str) -> Iterator[str]:
    """The parts of a text between separators, stripped."""
    start = 0
    for match in part.finditer(text):
        if match[0] == separator:
            yield text[start : match.start()].strip()
            start = match.end()
    yield text[start:].strip()
