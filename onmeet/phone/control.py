"""The web process's end of the telephone gateway's Unix socket. Synchronous.

One connection, one question: a line of JSON each way. Questions: `{"do": "status"}`, and
`{"do": "dial", "room", "number", "account", "language"}`. Answers: `{"ok": true, …}` or `{"error": code}`.
The socket has mode 0600, so the file system is the authority and nothing is signed.
"""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast, get_args

from onmeet.errors import ProviderError

__all__ = ["DIAL_ERRORS", "DialError", "DialRefused", "GatewayStatus", "GatewayUnreachable", "dial", "status"]

DialError = Literal["not-allowed", "limit", "cost", "no-trunk", "busy", "off"]
DIAL_ERRORS: tuple[DialError, ...] = get_args(DialError)
"""Why the gateway does not dial: number outside the allowed prefixes; too many calls of this account or of
all; the month's money is spent; no trunk is registered; all lines are taken; dial-out is switched off."""

_LONGEST = 16 * 1024
"""Bytes of an answer."""


class GatewayUnreachable(ProviderError):
    """The gateway is not up, does not answer in time, or spoke nonsense."""


class DialRefused(Exception):
    """The gateway will not make this call; `code` is one of `DIAL_ERRORS`."""

    def __init__(self, code: DialError) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class GatewayStatus:
    """How the gateway is. trunks: how many are configured. registered: how many of them can be used now
    (those that do not register count). calls: at this moment. figures: sums for the operator, by name."""

    trunks: int
    registered: int
    calls: int
    figures: Mapping[str, float]


def status(path: Path, timeout: float) -> GatewayStatus:
    """Ask how the gateway is. Raises `GatewayUnreachable` within `timeout` seconds."""
    answer = _ask(path, {"do": "status"}, timeout)
    if answer.get("ok") is not True:
        raise GatewayUnreachable("no status")
    figures = {name: float(value) for name, value in answer.items() if type(value) in (int, float)}
    trunks, registered, calls = (int(figures.get(name, 0)) for name in ("trunks", "registered", "calls"))
    return GatewayStatus(trunks, registered, calls, figures)


def dial(path: Path, *, room: str, number: str, account: int, language: str, timeout: float) -> None:
    """Let the gateway call `number` (`+4930…`) into `room`; it returns when the call is under way.

    Raises `DialRefused`, and `GatewayUnreachable` within `timeout` seconds.
    """
    question = {"do": "dial", "room": room, "number": number, "account": account, "language": language}
    answer = _ask(path, question, timeout)
    if answer.get("ok") is True:
        return
    code = answer.get("error")
    if code not in DIAL_ERRORS:
        raise GatewayUnreachable("an answer without meaning")
    raise DialRefused(cast(DialError, code))


def _ask(path: Path, question: Mapping[str, Any], timeout: float) -> dict[str, Any]:
    deadline = time.monotonic() + timeout
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        try:
            connection.settimeout(timeout)
            connection.connect(str(path))
            connection.sendall(json.dumps(question).encode() + b"\n")
            answer = json.loads(_line(connection, deadline))
        except (OSError, ValueError, RecursionError):
            raise GatewayUnreachable("no answer of the gateway") from None
    if not isinstance(answer, dict):
        raise GatewayUnreachable("an answer without meaning")
    return answer


def _line(connection: socket.socket, deadline: float) -> bytes:
    """Up to the first line end. Raises OSError when time is up, ValueError when the line is too long."""
    line = b""
    while b"\n" not in line:
        connection.settimeout(max(0.001, deadline - time.monotonic()))
        data = connection.recv(4096)
        line += data
        if not data or len(line) > _LONGEST:
            raise ValueError("not a line")
    return line.partition(b"\n")[0]
