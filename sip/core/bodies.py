"""Finding the session description in a message: alone, or as one part of several (RFC 2046, RFC 5621)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sip.core import sdp
from sip.core.headers import Headers
from sip.core.message import Message
from sip.core.parsing import MessageError, Params, decode, params

__all__ = ["content_type", "session_description"]

_MAX_PARTS = 16
_FOLD = re.compile(r"\r?\n[ \t]+")


def content_type(headers: Headers) -> tuple[str, Params]:
    """Type in lower case (`application/sdp`, "" without) and parameters. Raises MessageError (400)."""
    kind, semicolon, rest = (headers.get("Content-Type") or "").partition(";")
    return "".join(kind.lower().split()), params(rest) if semicolon else {}


def session_description(message: Message) -> sdp.Session | None:
    """The offer or answer in a message, None where there is none.

    Raises MessageError: 415 for a body of another kind that must be understood, or one that is encoded; 400
    for a malformed description.
    """
    if not message.body:
        return None
    for headers, body in _parts(message.headers, message.body):
        kind, _ = content_type(headers)
        encoding = (headers.get("Content-Encoding") or "identity").lower()
        if kind == "application/sdp" and encoding == "identity":
            return sdp.parse(body)
        if _needed(headers):
            raise MessageError(415, "Unsupported Media Type")
    return None


def _parts(headers: Headers, body: bytes) -> Iterator[tuple[Headers, bytes]]:
    """A body, or the parts of a multipart body with their own headers; nothing is nested."""
    kind, found = content_type(headers)
    boundary = found.get("boundary")
    if not kind.startswith("multipart/") or not boundary:
        yield headers, body
        return
    pieces = (b"\r\n" + body).split(b"\r\n--" + boundary.encode(), _MAX_PARTS)
    for piece in pieces[1:]:
        if piece.startswith(b"--"):
            return
        head, blank, content = piece.partition(b"\r\n\r\n")
        if blank:
            yield _part_headers(head), content


def _part_headers(head: bytes) -> Headers:
    headers = Headers()
    for line in _FOLD.sub(" ", decode(head)).split("\r\n"):
        name, colon, value = line.partition(":")
        if colon and "\r" not in line and "\n" not in line:
            headers.add(name.strip(), value.strip())
    return headers


def _needed(headers: Headers) -> bool:
    """Whether a body that we do not know must be understood (RFC 3261 §20.11): unless it says otherwise."""
    _, _, rest = (headers.get("Content-Disposition") or "").partition(";")
    return params(rest).get("handling", "required") != "optional"
