"""The gateway's side of room processes: a warm parent that forks one for each meeting with callers.

    gateway ──exec──▶ nursery (sip.room.forking) ──fork──▶ room process (sip.room.process), one a meeting
       └─────────────────── control socket, a SOCK_SEQPACKET pair ───────────────┘

The nursery starts as a program of its own with a chosen environment, so that neither passwords of trunks nor
the signing key nor a database handle of the gateway can ever be in a room process, whenever it was started.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

import structlog

from onmeet.clock import monotonic
from onmeet.e2ee.calls import MAX_AHEAD_SECONDS
from onmeet.e2ee.encoding import BodyError, to_base64url
from onmeet.errors import ProtocolError, ProviderError
from onmeet.phone.gateway_key import GatewayKey
from sip.interface import Agreement, LegState
from sip.room import wire
from sip.room.pipe import Pipe
from sip.room.settings import RoomSettings

__all__ = ["Nursery", "RoomProcess", "new_call"]

log = structlog.get_logger()

UP_SECONDS: Final = 30.0
"""Within which a room process must run; the first one also waits for the nursery's imports."""

HANGING_SECONDS: Final = 6.0
"""A process that was up is silent for so long only when it hangs."""

_KEPT_VARIABLES: Final = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PYTHONPATH", "TZ")


def new_call() -> str:
    """A random name for a call: 16 bytes as base64url, as it stands in the signed statement."""
    return to_base64url(os.urandom(16))


class RoomProcess:
    """One meeting's process, as the gateway sees it.

    on_hang_up(call, why): the room has let go of a call: end it towards the network. on_end(calls): the
    process is over, and with it these calls, which nobody hung up; empty after a quiet end.
    """

    def __init__(self, code: str, key: GatewayKey, wall: Callable[[], float]) -> None:
        self.code = code
        self.pid = 0
        self.on_hang_up: Callable[[str, str], None] = _no_hang_up
        self.on_end: Callable[[frozenset[str]], None] = _no_end
        self._key = key
        self._wall = wall
        self._heard_at: float | None = None
        self._calls: set[str] = set()
        self._over = asyncio.Event()
        self._up = asyncio.Event()
        ours, self._theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._pipe = Pipe(ours, self._receive, self._ended)

    @property
    def alive(self) -> bool:
        """Whether calls can be handed to it."""
        return not self._over.is_set()

    def hangs(self, now: float) -> bool:
        """Whether it was up, and has not been heard for long."""
        return self.alive and self._heard_at is not None and now - self._heard_at > HANGING_SECONDS

    @property
    def calls(self) -> frozenset[str]:
        """The calls that are in it."""
        return frozenset(self._calls)

    def take(self, call: str, leg: LegState, sockets: Sequence[socket.socket], facts: wire.CallFacts) -> None:
        """Hand over a call with its RTP and RTCP socket; close yours afterwards. `call` is by `new_call`.

        When the process has just ended, `on_end` says soon that the call has gone with it.
        """
        if not self.alive:
            asyncio.get_running_loop().call_soon(lambda: self.on_end(frozenset({call})))
            return
        self._calls.add(call)
        self._send(wire.Take(call, leg, facts), [each.fileno() for each in sockets])

    def digit(self, call: str, digit: str) -> None:
        """A digit came by SIP INFO."""
        self._send(wire.Digit(call, digit))

    def media(self, call: str, agreement: Agreement) -> None:
        """Address, hold, codec or keys of a call's sound changed."""
        self._send(wire.Media(call, agreement))

    def gone(self, call: str) -> None:
        """The far side hung up."""
        if call in self._calls:
            self._calls.discard(call)
            self._send(wire.Gone(call))

    def end(self) -> None:
        """End the process with all its calls; `on_end` does not come."""
        self._calls.clear()
        self._send(wire.End())
        self._pipe.close()
        self._over.set()
        self._up.set()

    async def ready(self) -> None:
        """Wait until it runs, with a pid that is known, or is over: `alive` says which."""
        await self._up.wait()

    def born(self, pid: int) -> None:
        """The nursery has forked it. What it says itself comes over another socket, sometimes sooner."""
        self.pid = pid
        self._is_up()

    def give_away(self) -> int:
        """Descriptor of the other end, for the nursery."""
        return self._theirs.fileno()

    def given(self) -> None:
        """The nursery has the other end: keep no copy, so that its end is seen."""
        self._theirs.close()

    def _send(self, order: wire.Order, fds: Sequence[int] = ()) -> None:
        self._pipe.send(wire.encode(order), fds)

    def _receive(self, packet: bytes, _fds: list[int]) -> None:
        try:
            word = wire.read_word(packet)
        except ProtocolError:
            log.error("a room process speaks another version")
            return self._broken()
        match word:
            case wire.Up():
                self._heard_at = monotonic()
                self._is_up()
            case wire.Sign(call, gw, expires):
                self._sign(call, gw, expires)
            case wire.HangUp(call, why):
                if call in self._calls:
                    self._calls.discard(call)
                    self.on_hang_up(call, why)
            case wire.Empty():
                # Else a call is on its way to it.
                if not self._calls:
                    self.end()
                    self.on_end(frozenset())
        return None

    def _is_up(self) -> None:
        if self.pid and self._heard_at is not None:
            self._up.set()

    def _sign(self, call: str, gw: bytes, expires: int) -> None:
        """Sign for calls that we handed over ourselves, in this room, for an hour at most; nothing else."""
        if call not in self._calls or expires > self._wall() + MAX_AHEAD_SECONDS:
            log.warning("a room process asked for a signature that it may not have")
            return
        try:
            statement = self._key.state(self.code, call, gw, expires)
        except BodyError:
            log.error("a room's name is none that can be signed")
            return
        self._send(wire.Signed(call, expires, self._key.public, str(statement["s"])))

    def _broken(self) -> None:
        self._pipe.close()
        self._ended()

    def _ended(self) -> None:
        calls, self._calls = frozenset(self._calls), set()
        self._over.set()
        self._up.set()
        if calls:
            log.warning("a room process ended with calls in it", count=len(calls))
        self.on_end(calls)


class Nursery:
    """Starts the warm parent, asks it for room processes, starts it anew when it died."""

    def __init__(
        self, settings: RoomSettings, key: GatewayKey, *, wall: Callable[[], float] = time.time
    ) -> None:
        self._settings = settings
        self._key = key
        self._wall = wall
        self._process: subprocess.Popen[bytes] | None = None
        self._pipe: Pipe | None = None
        self._rooms: dict[str, RoomProcess] = {}
        self._asked: list[RoomProcess] = []
        self._suspected: set[RoomProcess] = set()

    @property
    def pid(self) -> int | None:
        """Of the warm parent, None before `start` and after `close`."""
        return self._process.pid if self._process else None

    @property
    def rooms(self) -> Mapping[str, RoomProcess]:
        """The live room processes by the meeting's code."""
        return {code: room for code, room in self._rooms.items() if room.alive}

    def start(self) -> None:
        """Start the warm parent; does not wait. Call it in the event loop. Raises ProviderError."""
        if self._pipe is not None:
            return
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        command = [sys.executable, "-m", "sip.room", str(theirs.fileno()), str(os.getpid())]
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                command, pass_fds=[theirs.fileno()], env=_environment(), stdin=subprocess.DEVNULL
            )
        except OSError:
            ours.close()
            raise ProviderError("the nursery of room processes cannot be started") from None
        finally:
            theirs.close()
        self._pipe = Pipe(ours, self._receive, self._lost)
        self._pipe.send(json.dumps(self._settings.to_json()).encode())

    async def room(self, code: str) -> RoomProcess:
        """The process of this meeting, a new one where there is none. Raises ProviderError."""
        for _ in range(2):  # the nursery may have died unnoticed; it is started anew for the second try
            room = self._rooms.get(code)
            if room is None or not room.alive:
                room = self._rooms[code] = self._ask(code)
            try:
                await asyncio.wait_for(room.ready(), UP_SECONDS)
                if room.alive:  # else it has ended since it was ready: the answer takes turns of the loop
                    return room
            except TimeoutError:
                room.end()
        raise ProviderError("no process could be started for a meeting")

    def end_hanging(self, now: float) -> None:
        """Kill the room processes that hang; then their callers are hung up. Call it every few seconds.

        Twice in a row: when we stood still ourselves, what they said in the meantime is read after the first.
        """
        hanging = {room for room in self.rooms.values() if room.pid and room.hangs(now)}
        for room in hanging & self._suspected:
            log.error("a room process does not answer and is ended")
            with contextlib.suppress(ProcessLookupError):
                os.kill(room.pid, signal.SIGKILL)
        self._suspected = hanging

    def close(self) -> None:
        """End all room processes and the warm parent. Idempotent."""
        for room in self._rooms.values():
            if room.alive:
                room.end()
        self._rooms.clear()
        pipe, self._pipe = self._pipe, None
        if pipe is not None:
            pipe.close()
        self._reap()

    def _ask(self, code: str) -> RoomProcess:
        self.start()
        if self._pipe is None:
            raise ProviderError("the nursery of room processes is not up")
        self._forget_old()
        try:
            room = RoomProcess(code, self._key, self._wall)
        except OSError:  # no descriptor is left
            raise ProviderError("no process can be started for a meeting now") from None
        try:
            self._pipe.send(json.dumps({"room": code}).encode(), [room.give_away()])
        except OSError:
            room.end()
            raise ProviderError("no process can be started for a meeting now") from None
        finally:
            room.given()
        self._asked.append(room)  # only what was asked for is answered, in order
        return room

    def _receive(self, packet: bytes, _fds: list[int]) -> None:
        """The pids come in the order in which rooms were asked for; 0: no process could be made."""
        body = json.loads(packet)
        if "pid" in body:
            self._asked.pop(0).born(int(body["pid"]))
        else:
            log.warning("a room process ended by itself", code=body["status"])

    def _lost(self) -> None:
        """The nursery died, and its children with it, which their own sockets tell."""
        log.error("the nursery of room processes ended")
        self._pipe = None
        self._asked.clear()
        self._reap()

    def _reap(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(2.0)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _forget_old(self) -> None:
        self._rooms = {code: room for code, room in self._rooms.items() if room.alive}


def _environment() -> dict[str, str]:
    """Nothing of the gateway's but what a program needs to start; numpy's BLAS brings no threads along."""
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    root = str(Path(__file__).resolve().parents[2])
    path = os.pathsep.join(filter(None, (root, kept.get("PYTHONPATH"))))
    threads = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    return kept | {"PYTHONPATH": path} | threads


def _no_hang_up(_call: str, _why: str) -> None:
    """Nobody listens."""


def _no_end(_calls: frozenset[str]) -> None:
    """Nobody listens."""
