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

    A description among other parts is taken, and the others are left aside unless they say that they must be
    understood. Raises MessageError: 415 for a body of another kind, or one that is encoded; 400 for a
    malformed description.
    """
    if not message.body:
        return None
    found: bytes | None = None
    refused = False
    for headers, body in _parts(message.headers, message.body):
        handling = _handling(headers)
        if _is_description(headers) and found is None:
            found = body
        elif handling == "required":
            raise MessageError(415, "Unsupported Media Type")
        else:
            refused = refused or handling != "optional"
    if found is None and refused:
        raise MessageError(415, "Unsupported Media Type")
    return None if found is None else sdp.parse(found)


def _is_description(headers: Headers) -> bool:
    encodings = {value.lower() for value in headers.all("Content-Encoding")}
    return content_type(headers)[0] == "application/sdp" and encodings <= {"identity"}


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


def _handling(headers: Headers) -> str:
    """Whether a body must be understood (RFC 3261 §20.11): "required", "optional", "" for not a word."""
    _, _, rest = (headers.get("Content-Disposition") or "").partition(";")
    return (params(rest).get("handling") or "").lower()
