"""Requests and responses (RFC 3261 §7), from and to bytes."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from sip.core.headers import Headers, canonical
from sip.core.parsing import MessageError, decode
from sip.core.uri import NameAddr, Uri
from sip.core.via import CSeq, Via

__all__ = [
    "MAX_MESSAGE",
    "CSeq",
    "Headers",
    "Message",
    "MessageError",
    "Request",
    "Response",
    "encode",
    "parse",
]

MAX_MESSAGE = 65_536
"""Bytes of the largest message that is read."""

_MAX_LINES = 512
_REQUEST_LINE = re.compile(r"([A-Za-z0-9\-.!%*_+`'~]+) ([^\x00-\x20]+) (SIP/[0-9]+\.[0-9]+)", re.I)
_STATUS_LINE = re.compile(r"SIP/2\.0 ([1-6][0-9][0-9])(?: ([^\r\n]*))?", re.I)
_METHOD = re.compile(r"[ \t]*([A-Za-z0-9\-.!%*_+`'~]+)")
_NAME = re.compile(rb"[A-Za-z0-9\-.!%*_+`'~]+")
_FOLD = re.compile(rb"\r\n[ \t]+")
_DIGITS = re.compile(r"[0-9]{1,10}")


class _Parts:
    """What both kinds of messages have, read from their headers. Each raises MessageError when it lacks."""

    __slots__ = ()
    headers: Headers

    @property
    def via(self) -> Via:
        """The top Via."""
        return Via.parse(self._one("Via"))

    @property
    def sender(self) -> NameAddr:
        """From."""
        return NameAddr.parse(self._one("From"))

    @property
    def to(self) -> NameAddr:
        """To."""
        return NameAddr.parse(self._one("To"))

    @property
    def call_id(self) -> str:
        """Call-ID."""
        return self._one("Call-ID")

    @property
    def cseq(self) -> CSeq:
        """CSeq."""
        return CSeq.parse(self._one("CSeq"))

    def _one(self, name: str) -> str:
        value = self.headers.get(name)
        if not value:
            raise MessageError(400, f"Missing {name}")
        return value


@dataclass(slots=True)
class Request(_Parts):
    """A request. uri: the request URI as it stands on the line."""

    method: str
    uri: str = field(repr=False)
    headers: Headers = field(default_factory=Headers)
    body: bytes = field(default=b"", repr=False)

    def empty(self) -> None:
        """Keep nothing but the method: a call is over, and whoever still holds this needs no more."""
        self.uri, self.headers, self.body = "", Headers(), b""


@dataclass(slots=True)
class Response(_Parts):
    """A response. status: 100–699."""

    status: int
    reason: str = field(repr=False)
    headers: Headers = field(default_factory=Headers)
    body: bytes = field(default=b"", repr=False)


Message = Request | Response


def encode(message: Message) -> bytes:
    """The bytes of a message, with the right Content-Length. A line break in its first line: ValueError."""
    if isinstance(message, Request):
        first = f"{message.method} {message.uri} SIP/2.0"
    else:
        first = f"SIP/2.0 {message.status} {message.reason}"
    if "\r" in first or "\n" in first:
        raise ValueError("the first line may not hold a line break")
    lines = [first]
    lines.extend(f"{name}: {value}" for name, value in message.headers if canonical(name) != "Content-Length")
    lines.append(f"Content-Length: {len(message.body)}\r\n\r\n")
    return "\r\n".join(lines).encode() + message.body


def parse(data: bytes) -> Message:
    """Read one whole message: a datagram, or what `stream.Cutter` cut.

    Without Content-Length the body goes to the end; what is beyond its length is ignored (§18.3).
    Raises MessageError, and nothing else, whatever the bytes are. What is checked: the first line, the shape
    of all headers, and the contents of those that a transaction and a dialog rest on (`_CHECKS`). Unknown
    methods, schemes and extensions pass: refusing these is the business of the layers above.
    """
    if len(data) > MAX_MESSAGE:
        raise MessageError(513, "Message Too Large")
    head, blank, body = data.lstrip(b"\r\n").partition(b"\r\n\r\n")
    first, _, rest = head.partition(b"\r\n")
    line = decode(first)
    if line[:4].upper() == "SIP/":
        return _response(line, rest, body)
    method = _METHOD.match(line)
    request = Request(method[1] if method else "", "", body=body)
    try:
        _read_headers(rest, request.headers)
        if not blank:
            raise MessageError(400, "Unfinished Message")
        request.uri = _request_uri(line)
        _check(request, _CHECKS)
        _check_method(request)
        request.body = _body(request)
    except MessageError as error:
        error.request = request if _answerable(request) else None
        raise
    return request


def _response(line: str, rest: bytes, body: bytes) -> Response:
    match = _STATUS_LINE.fullmatch(line)
    if match is None:
        raise MessageError(400, "Malformed Status Line")
    response = Response(int(match[1]), match[2] or "", body=body)
    _read_headers(rest, response.headers)
    _check(response, _ESSENTIAL)
    response.body = _body(response)
    return response


def _request_uri(line: str) -> str:
    match = _REQUEST_LINE.fullmatch(line)
    if match is None:
        raise MessageError(400, "Malformed Request Line")
    if match[3].upper() != "SIP/2.0":
        raise MessageError(505, "Version Not Supported")
    uri = Uri.parse(match[2])
    if uri.headers:  # RFC 3261 §19.1.1: not in a request URI
        raise MessageError(400, "Headers in the Request URI")
    return match[2]


def _read_headers(data: bytes, headers: Headers) -> None:
    """Add all header lines, unfolded (§7.3.1). What was legible before an error is there afterwards."""
    if b"\r\n " in data or b"\r\n\t" in data:
        data = _FOLD.sub(b" ", data)
    lines = data.split(b"\r\n") if data else []
    if len(lines) > _MAX_LINES:
        raise MessageError(400, "Too Many Headers")
    broken = False
    for line in lines:
        name, colon, value = line.partition(b":")
        name = name.rstrip(b" \t")
        if colon and _NAME.fullmatch(name) and b"\r" not in value and b"\n" not in value:
            headers.add(decode(name), decode(value.strip(b" \t")))
        else:
            broken = True
    if broken:
        raise MessageError(400, "Malformed Header")


def _check_addresses(values: list[str]) -> None:
    for value in values:
        NameAddr.parse(value)


def _check_contacts(values: list[str]) -> None:
    if values != ["*"]:
        _check_addresses(values)


def _check_vias(values: list[str]) -> None:
    for value in values:
        Via.parse(value)


def _check_cseq(values: list[str]) -> None:
    CSeq.parse(values[0])


def _check_call_id(values: list[str]) -> None:
    if not values[0] or any(character <= " " or character == "\x7f" for character in values[0]):
        raise MessageError(400, "Malformed Call-ID")


def _check_hops(values: list[str]) -> None:
    if not _DIGITS.fullmatch(values[0]) or int(values[0]) > 255:
        raise MessageError(400, "Malformed Max-Forwards")


def _check_length(values: list[str]) -> None:
    if not _DIGITS.fullmatch(values[0]):
        raise MessageError(400, "Malformed Content-Length")


_Check = tuple[str, bool, bool, Callable[[list[str]], None]]

# name, needed, only once, what its values are
_ESSENTIAL: tuple[_Check, ...] = (
    ("Via", True, False, _check_vias),
    ("CSeq", True, True, _check_cseq),
    ("Call-ID", True, True, _check_call_id),
    ("From", True, True, _check_addresses),
    ("To", True, True, _check_addresses),
    ("Content-Length", False, True, _check_length),
)
_CHECKS: tuple[_Check, ...] = (
    *_ESSENTIAL,
    ("Max-Forwards", False, True, _check_hops),
    ("Contact", False, False, _check_contacts),
    ("Route", False, False, _check_addresses),
    ("Record-Route", False, False, _check_addresses),
)


def _check(message: Message, checks: tuple[_Check, ...]) -> None:
    for name, needed, once, values_are in checks:
        values = message.headers.all(name)
        if not values:
            if needed:
                raise MessageError(400, f"Missing {name}")
            continue
        if once and len(values) > 1:
            raise MessageError(400, f"More Than One {name}")
        values_are(values)


def _check_method(request: Request) -> None:
    if request.cseq.method != request.method:
        raise MessageError(400, "CSeq of Another Method")


def _body(message: Message) -> bytes:
    length = message.headers.get("Content-Length")
    if length is None:
        return message.body
    if int(length) > len(message.body):
        raise MessageError(400, "Body Shorter Than Content-Length")
    return message.body[: int(length)]


def _answerable(request: Request) -> bool:
    """Whether an error can be sent: not to an ACK (§17), and only where Via and CSeq lead it (§8.2.6)."""
    return (
        request.method not in ("", "ACK") and bool(request.headers.get("Via")) and "CSeq" in request.headers
    )
