"""The supervisor: `python -m onmeet.serve` brings the database up to date and keeps the parts alive.

It starts one child process per part (relay, web, keeper), restarts a child that ends, and ends all of them on
SIGTERM or SIGINT. It holds no state of its own: a restart of the supervisor loses nothing.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

import structlog

from onmeet import clock, keyfiles, logs, watchdog
from onmeet.config import Config
from onmeet.errors import ConfigError
from onmeet.phone import control
from onmeet.signalling.client import RelayUnreachable, query

__all__ = [
    "Child", "Supervisor", "alone_with", "check_phone", "check_ports", "check_redis", "main", "restart_delay",
]  # fmt: skip

READY_SECONDS = 120.0
"""How long the parts may take until all of them answer; on a loaded machine one took 60."""

LOOK_SECONDS = 0.05
"""How often the children are looked at."""

STOP_SECONDS = 10.0
"""How long a child may take to end by itself before it is killed."""

WRONG_SETTING = 2
"""Exit status of a part that cannot run with its settings, and has said why on standard error."""

RETRY_SECONDS = 5.0
"""Most seconds between two starts of a part that keeps failing."""

MENDING_SECONDS = 30.0
"""The same for one with wrong settings: those take a person to mend, and the other parts go on meanwhile."""

TAKES_ALONG = 75
"""Exit status of a part that wants others started anew: another notice is in force."""

OVERWRITES_FREED_MEMORY: Mapping[str, str] = {
    "PYTHONMALLOC": "malloc",
    "GLIBC_TUNABLES": "glibc.malloc.tcache_count=0:glibc.malloc.perturb=165",
}
"""Lets glibc overwrite what Python gives back: what a part has dropped is not in its memory either.

Python's own allocator keeps what it frees, and glibc's thread caches are not overwritten.
"""

_PR_SET_PDEATHSIG = 1  # prctl(2): the signal that this process gets when its parent dies

log = structlog.get_logger()


def restart_delay(failures: int, longest: float = RETRY_SECONDS) -> float:
    """Seconds to wait before start number `failures` + 1 of a child that keeps failing.

    The first restart is immediate, because a meeting is waiting; a child that dies again and again
    within five seconds of its start is given up to `longest` seconds.
    """
    return 0.0 if failures <= 1 else min(0.1 * 2.0 ** min(failures - 1, 20), longest)


@dataclass
class Child:
    """One part of the system as a child process.

    takes_along: parts that are started anew as well when this one ends with `TAKES_ALONG`. environment: what
    it gets besides ours.
    """

    name: str
    command: Sequence[str]
    takes_along: Sequence[str] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    failures: int = 0
    restart_at: float = 0.0
    refused: bool = False
    """Whether it ended with `WRONG_SETTING` last."""

    def start(self, now: float) -> None:
        """Start the process; it ends with the supervisor, even when that is killed."""
        self.started_at = now
        try:
            environment = {**os.environ, **self.environment}
            self.process = subprocess.Popen(self.command, env=environment, preexec_fn=_end_with_parent)  # noqa: S603
        except (OSError, subprocess.SubprocessError):
            self.ended(now)  # no memory or no process to be had: try again

    def ended(self, now: float) -> None:
        """Note that the process has ended and when to start it again."""
        code = self.process.returncode if self.process is not None else None
        self.refused = code == WRONG_SETTING
        quick = now - self.started_at < 5.0 or self.refused  # however slow the machine
        self.failures = self.failures + 1 if quick else 1
        delay = restart_delay(self.failures, MENDING_SECONDS if self.refused else RETRY_SECONDS)
        self.restart_at = now + delay
        if self.refused:
            log.error(
                "a part cannot run with its settings", count=self.failures, reason=self.name, seconds=delay
            )
        else:
            log.warning("a part ended and is started again", code=code, count=self.failures, reason=self.name)
        self.process = None


class Supervisor:
    """Starts, watches and ends the children."""

    def __init__(self, children: Sequence[Child], clock: clock.Clock = clock.monotonic) -> None:
        self._children = children
        self._clock = clock
        self._stopping = False
        self.failed = False

    def stop(self, *, failed: bool = False) -> None:
        """Ask `run` to end all children and return. `failed`: not as wished.

        Safe in a signal handler, because it takes no lock: the handler runs in the thread of `run`, which
        would wait for itself if it held the lock of an Event at that moment.
        """
        self.failed = self.failed or failed
        self._stopping = True

    def run(self) -> None:
        """Keep every child running until `stop` is called."""
        try:
            while not self._stopping:
                self._restart_ended()
                time.sleep(LOOK_SECONDS)
        finally:
            self._end_all()

    def kill(self, name: str) -> None:
        """End a child that hangs; `run` starts it again."""
        for child in self._children:
            process = child.process
            if child.name == name and process is not None:
                log.error("a part does not answer and is ended", reason=name)
                process.kill()

    def refused(self, name: str) -> bool:
        """Whether a child keeps ending because of wrong settings."""
        return any(child.name == name and child.refused for child in self._children)

    def _restart_ended(self) -> None:
        now = self._clock()
        for child in self._children:
            if child.process is not None and child.process.poll() is not None:
                self._take_along(child)
                child.ended(now)
            if child.process is None and now >= child.restart_at:
                child.start(now)

    def _take_along(self, ended: Child) -> None:
        """Ask the parts to end that are to be started anew together with one that has ended."""
        if ended.process is None or ended.process.returncode != TAKES_ALONG:
            return
        for child in self._children:
            if child.name in ended.takes_along and child.process is not None:
                child.started_at = float("-inf")  # wished for, and so no failure
                child.process.terminate()

    def _end_all(self) -> None:
        running = [c.process for c in self._children if c.process is not None]
        for process in running:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
        deadline = self._clock() + STOP_SECONDS
        for process in running:
            try:
                process.wait(max(0.0, deadline - self._clock()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _end_with_parent() -> None:
    """Runs in the child between fork and exec: SIGTERM when the supervisor dies (Linux only)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    # A terminal's Ctrl-C reaches the supervisor alone, which then ends the children in order.
    os.setpgid(0, 0)


def _children(config: Config) -> list[Child]:
    bind = f"[{config.bind}]" if ":" in config.bind else config.bind
    web = ["gunicorn", "-c", "python:onmeet.web.gunicorn_conf", "-b", f"{bind}:{config.port}"]
    children = [
        Child("relay", [sys.executable, "-m", "onmeet.relay"]),
        Child("web", [sys.executable, "-m", *web, "app:app"]),
        Child("keeper", [sys.executable, "-m", "onmeet.keeper"], takes_along=("web", "sip")),
    ]
    if config.sip:
        gateway = [sys.executable, "-m", "sip"]
        children.append(Child("sip", gateway, environment=OVERWRITES_FREED_MEMORY))
    return children


def check_ports(config: Config) -> None:
    """Raise `ConfigError` when somebody else already listens where a child is going to.

    The children would otherwise be started again and again, and the stranger's answers taken for ours.
    """
    wanted = [
        ("PORT", socket.SOCK_STREAM, config.bind, config.port),
        ("ONMEET_MEDIA_PORT", socket.SOCK_DGRAM, "0.0.0.0", config.media_port),  # noqa: S104
    ]
    if config.sip:
        kinds = (socket.SOCK_DGRAM, socket.SOCK_STREAM)
        wanted += [("ONMEET_SIP_PORT", kind, config.sip_bind, config.sip_port) for kind in kinds]
    for name, kind, address, port in wanted:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with socket.socket(family, kind) as probe:
            if kind is socket.SOCK_STREAM:  # as gunicorn does: a port in TIME_WAIT is free
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((address, port))
            except OSError as error:
                reason = error.strerror or "unknown reason"
                raise ConfigError(f"{name}: port {port} cannot be used ({reason}); set another") from None


def check_phone(config: Config) -> None:
    """Raise `ConfigError` when ONMEET_PHONE has mistakes; it lists them with line and remedy."""
    if config.sip:
        from onmeet.phone.settings import load  # slow to import

        load(config)


def check_redis(config: Config) -> None:
    """Raise `ConfigError` when Redis is set and does not answer: a wrong address shows at the start.

    Later it may come and go: rate limits are then counted in memory.
    """
    if config.redis_url is None:
        return
    from redis import Redis  # slow to import and not everybody has it
    from redis.exceptions import RedisError

    client = Redis.from_url(config.redis_url, socket_timeout=5, socket_connect_timeout=5)
    try:
        client.ping()
    except (RedisError, OSError) as error:
        # the error's own text may quote the address, which may hold a password
        raise ConfigError(
            f"REDIS_URL: Redis does not answer ({type(error).__name__}): start it, correct the address or "
            "password, or leave REDIS_URL empty"
        ) from None
    finally:
        client.close()


@contextlib.contextmanager
def alone_with(folder: Path) -> Iterator[None]:
    """Hold the data folder while the block runs. Raises `ConfigError` when another supervisor does.

    Two of them would share database and relay socket, and restart each other's relay without end.
    """
    with (folder / "run" / "serve.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise ConfigError("ONMEET_DATA: another OnMeet already runs with this data folder") from None
        yield


def _announce(config: Config, supervisor: Supervisor) -> None:
    """Print the address once the pages answer and every part is up; a telephone gateway with wrong settings
    is not waited for."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(config.bind, config.bind)  # noqa: S104
    deadline = clock.monotonic() + READY_SECONDS
    while clock.monotonic() < deadline:
        if _up(host, config.port, without_telephone=supervisor.refused("sip")):
            shown = f"http://{f'[{host}]' if ':' in host else host}:{config.port}"
            print(f"OnMeet is ready: {config.public_url or shown}", flush=True)  # noqa: T201
            return
        time.sleep(0.05)
    log.error("the parts do not answer", port=config.port)
    supervisor.stop(failed=True)


def _up(host: str, port: int, *, without_telephone: bool) -> bool:
    # http.client asks the server itself, whatever proxy the environment names
    connection = http.client.HTTPConnection(host, port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        answer = connection.getresponse()
        if answer.status == 200 or not without_telephone:
            return answer.status == 200
        parts = json.loads(answer.read())
        return all(parts[name] == "ok" for name in ("relay", "keeper"))
    except (OSError, http.client.HTTPException, ValueError, LookupError, TypeError):
        return False
    finally:
        connection.close()


def _watch_relay(config: Config, supervisor: Supervisor) -> None:
    def ask() -> bool:
        try:
            query(config.relay_socket, {"query": "health"}, watchdog.ASK_SECONDS)
        except RelayUnreachable:
            return False
        return True

    watchdog.watch(ask, lambda: supervisor.kill("relay"), threading.Event())


def _watch_gateway(config: Config, supervisor: Supervisor) -> None:
    def ask() -> bool:
        try:
            control.status(config.sip_socket, watchdog.ASK_SECONDS)
        except control.GatewayUnreachable:
            return supervisor.refused("sip")  # it does not hang, it cannot start
        return True

    watchdog.watch(ask, lambda: supervisor.kill("sip"), threading.Event())


def main() -> int:
    """Run until a signal ends it; returns the exit status."""
    signal.signal(signal.SIGTERM, _end_at_once)
    signal.signal(signal.SIGINT, _end_at_once)
    os.umask(keyfiles.PRIVATE)
    try:
        config = Config.from_env()
        check_ports(config)
        check_redis(config)
        check_phone(config)
        with alone_with(config.data):
            return _serve(config)
    except ConfigError as error:
        print(f"OnMeet cannot start: {error}", file=sys.stderr)  # noqa: T201
        return 2


def _end_at_once(_number: int, _frame: FrameType | None) -> None:
    """Before there is a supervisor nothing needs an orderly end."""
    sys.exit(0)


def _serve(config: Config) -> int:
    logs.configure(config.log_level, "serve")
    os.environ.setdefault("ONMEET_DATA", str(config.data))
    upgrade = [sys.executable, "-m", "onmeet.cli", "db", "upgrade"]
    if subprocess.run(upgrade, check=False).returncode != 0:  # noqa: S603
        return 1
    supervisor = Supervisor(_children(config))

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        supervisor.stop()

    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)
    threading.Thread(target=_announce, args=(config, supervisor), daemon=True).start()
    threading.Thread(target=_watch_relay, args=(config, supervisor), daemon=True).start()
    if config.sip:
        threading.Thread(target=_watch_gateway, args=(config, supervisor), daemon=True).start()
    supervisor.run()
    return 1 if supervisor.failed else 0


if __name__ == "__main__":
    sys.exit(main())
