"""Direct calls while they ring: who calls whom, in memory alone, gone with the call.

Values in, messages out: a `Line` is one browser's socket, whoever serves it. The protocol is in
docs/calls.md. The secret part of the meeting's link passes through, sealed to a key of the browser that
accepts.
"""

from __future__ import annotations

import re
import secrets
import threading
from collections import OrderedDict, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from onmeet.clock import Clock, monotonic
from onmeet.errors import ProtocolError

__all__ = ["DIAL_SECONDS", "RING_SECONDS", "About", "Caller", "Line", "Switchboard", "TooManyCalls"]

RING_SECONDS = 45.0
DIAL_SECONDS = 15.0
"""How long a call waits for the caller's socket, and an accepted one for the sealed link."""

AT_ONCE = 3
"""Calls that ring one person, and calls from one client, at the same time."""

MOST_CALLS = 2_000
HUSH_SECONDS = 86_400.0
_MOST_HUSHED = 10_000
_ROOM_SECONDS = 43_200.0
_MOST_ROOMS = 10_000

_KEY = re.compile(r"[A-Za-z0-9_-]{43}")
_SEALED = re.compile(r"[A-Za-z0-9_-]{64,400}")


class TooManyCalls(Exception):
    """More calls ring than this server takes, altogether or from one client."""


class Line(Protocol):
    """One browser. Neither method waits, and both may be called from any thread."""

    def post(self, message: Mapping[str, Any]) -> None:
        """Send a message."""

    def hang_up(self) -> None:
        """Close the socket once everything is sent."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: the account, or None for a guest; and an opaque name of the client's network."""

    account_id: int | None
    client: str


@dataclass(frozen=True, slots=True)
class About:
    """What the person called sees (N1.9). label: of the code that was used. picture: whether there is one."""

    name: str
    guest: bool
    label: str = ""
    email: str = ""
    phone: str = ""
    country: str = ""
    picture: bool = False


@dataclass(slots=True)
class _Call:
    id: str
    room: str
    callee: int
    caller: Caller
    about: About
    until: float
    line: Line | None = None
    answered: Line | None = None
    rung: set[Line] = field(default_factory=set)


class Switchboard:
    """All calls of this process. Thread-safe; `ring_seconds` and the clock are for tests."""

    def __init__(self, clock: Clock = monotonic, ring_seconds: float = RING_SECONDS) -> None:
        self._clock = clock
        self._ring_seconds = ring_seconds
        self._lock = threading.RLock()
        self._calls: dict[str, _Call] = {}
        self._lines: defaultdict[int, set[Line]] = defaultdict(set)
        self._hushed: OrderedDict[tuple[int, str], float] = OrderedDict()
        self._rooms: OrderedDict[str, float] = OrderedDict()

    def __len__(self) -> int:
        """Calls at this moment."""
        return len(self._calls)

    # -- the caller ----------------------------------------------------------------------------

    def prepare(self, callee: int, caller: Caller, about: About, room: str) -> str:
        """A new call to the meeting `room`, which rings once its caller's socket is there; gives its name.

        Raises `TooManyCalls`.
        """
        with self._lock:
            self.expire()
            mine = sum(call.caller.client == caller.client for call in self._calls.values())
            if len(self._calls) >= MOST_CALLS or mine >= AT_ONCE:
                raise TooManyCalls
            name = secrets.token_urlsafe(18)
            until = self._clock() + DIAL_SECONDS
            self._calls[name] = _Call(name, room, callee, caller, about, until)
        return name

    def dial(self, name: str, line: Line) -> bool:
        """The caller's socket is there: ring. False for a call that does not wait for it."""
        with self._lock:
            call = self._calls.get(name)
            if call is None or call.line is not None:
                return False
            call.line = line
            if (
                sum(other.callee == call.callee and bool(other.line) for other in self._calls.values())
                > AT_ONCE
            ):
                self._end(call, "declined")
                return True
            call.until = self._clock() + self._ring_seconds
            line.post({"type": "ringing"})
            for each in self._lines.get(call.callee, ()):
                self._ring(call, each)
        return True

    def caller_says(self, name: str, message: Mapping[str, Any]) -> None:
        """A message from the caller. Raises `ProtocolError` for one that makes no sense."""
        sealed = _text(message, "link", "sealed", _SEALED)
        with self._lock:
            call = self._calls.get(name)
            if call is None or call.answered is None or call.line is None:
                return
            call.answered.post({"type": "link", "call": name, "room": call.room, "sealed": sealed})
            call.line.post({"type": "connected"})
            call.line.hang_up()
            del self._calls[name]

    def caller_gone(self, name: str) -> None:
        """The caller's socket has closed: nothing rings any more."""
        with self._lock:
            call = self._calls.get(name)
            if call is not None:
                self._end(call, "cancelled")

    # -- the person called ---------------------------------------------------------------------

    def join(self, account_id: int, line: Line) -> None:
        """A browser of this account can be rung, for calls that ring already too."""
        with self._lock:
            self._lines[account_id].add(line)
            for call in self._calls.values():
                if call.callee == account_id and call.line is not None and call.answered is None:
                    self._ring(call, line)

    def leave(self, account_id: int, line: Line) -> None:
        """That browser has gone."""
        with self._lock:
            self._lines[account_id].discard(line)
            if not self._lines[account_id]:
                del self._lines[account_id]
            for call in list(self._calls.values()):
                call.rung.discard(line)
                if call.answered is line:
                    self._end(call, "unanswered")

    def callee_says(self, account_id: int, line: Line, message: Mapping[str, Any]) -> None:
        """A message from a browser of the person called. Raises `ProtocolError`."""
        name = message.get("call")
        with self._lock:
            call = self._calls.get(name) if isinstance(name, str) else None
            if message.get("type") == "decline":
                if call is not None and call.callee == account_id and call.answered is None:
                    self._end(call, "declined")
                return
            key = _text(message, "accept", "key", _KEY)
            if call is not None and call.answered is line:
                return  # another tab of the same browser was faster
            if call is None or call.callee != account_id or call.line is None or call.answered is not None:
                line.post({"type": "over", "call": str(name)[:40], "why": "cancelled"})
                return
            call.answered, call.until = line, self._clock() + DIAL_SECONDS
            for other in call.rung - {line}:
                other.post({"type": "over", "call": call.id, "why": "elsewhere"})
            call.rung = {line}
            call.line.post({"type": "accepted", "key": key})

    def caller_of(self, name: str, account_id: int) -> Caller | None:
        """Who calls this account by the call `name`; None when it has ended or rings somebody else."""
        with self._lock:
            call = self._calls.get(name)
            return call.caller if call is not None and call.callee == account_id else None

    def refuse(self, name: str, account_id: int) -> None:
        """Decline a call, and hush a guest's network for a day: calls of guests there do not ring."""
        with self._lock:
            call = self._calls.get(name)
            if call is None or call.callee != account_id:
                return
            if call.caller.account_id is None:
                self._hushed[account_id, call.caller.client] = self._clock() + HUSH_SECONDS
                self._hushed.move_to_end((account_id, call.caller.client))
            self._end(call, "declined")

    def hushed(self, account_id: int, caller: Caller) -> bool:
        """Whether this guest was refused for the day."""
        with self._lock:
            self._forget(self._hushed, _MOST_HUSHED)
            return caller.account_id is None and (account_id, caller.client) in self._hushed

    # -- meetings ------------------------------------------------------------------------------

    def keep_room(self, room: str) -> None:
        """Let a call's meeting be entered where only accounts may start one: its code, for half a day."""
        with self._lock:
            self._rooms[room] = self._clock() + _ROOM_SECONDS

    def is_room(self, room: str) -> bool:
        """Whether a call has made this meeting."""
        with self._lock:
            self._forget(self._rooms, _MOST_ROOMS)
            return room in self._rooms

    # -- time ----------------------------------------------------------------------------------

    def expire(self) -> None:
        """End what nobody has answered; call it about once a second."""
        now = self._clock()
        with self._lock:
            for call in [call for call in self._calls.values() if call.until <= now]:
                self._end(call, "unanswered")

    # -- inside --------------------------------------------------------------------------------

    def _ring(self, call: _Call, line: Line) -> None:
        call.rung.add(line)
        line.post({"type": "ring", "call": call.id, "from": _told(call)})

    def _end(self, call: _Call, why: str) -> None:
        """Tell everybody and forget it."""
        del self._calls[call.id]
        for each in call.rung:
            each.post({"type": "over", "call": call.id, "why": why})
        if call.line is not None:
            call.line.post({"type": "over", "why": why})
            call.line.hang_up()

    def _forget(self, entries: OrderedDict[Any, float], most: int) -> None:
        """All stay equally long, so the first is the first to be due."""
        now = self._clock()
        while entries and (next(iter(entries.values())) <= now or len(entries) > most):
            entries.popitem(last=False)


def _told(call: _Call) -> dict[str, Any]:
    about = call.about
    return {
        "name": about.name,
        "guest": about.guest,
        "label": about.label,
        "email": about.email,
        "phone": about.phone,
        "country": about.country,
        "picture": about.picture,
    }


def _text(message: Mapping[str, Any], kind: str, name: str, pattern: re.Pattern[str]) -> str:
    value = message.get(name)
    if message.get("type") != kind or not isinstance(value, str) or not pattern.fullmatch(value):
        raise ProtocolError("bad-message", "unknown, or not as docs/calls.md has it")
    return value
