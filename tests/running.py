"""The real server as a child process: started on free ports, watched, killed in parts, ended whole."""

from __future__ import annotations

import contextlib
import ctypes
import http.client
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any

from tests.ports import free_port
from tests.waiting import until

ROOT = Path(__file__).resolve().parent.parent

_PR_SET_PDEATHSIG = 1  # prctl(2)

START_SECONDS = 120.0
END_SECONDS = 30.0
GONE_SECONDS = 10.0
"""A process that got its signal may still be ending when the one that sent it has ended."""


def postgresql_everywhere() -> bool:
    """Whether PostgreSQL is the database of this run, wherever a test does not choose one by itself."""
    return os.environ.get("TEST_DATABASE") == "postgresql"


def _cluster() -> ModuleType:
    from tests.factories import cluster  # uses this module, and only some runs need it

    return cluster


def end_with_parent() -> None:
    """For `preexec_fn`: SIGTERM when the test run is killed, so that it leaves nothing running."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


class OnMeetServer:
    """`python -m onmeet.serve` (or another module in its place) with a data folder of its own.

    Its database is SQLite, or a fresh PostgreSQL under `./dev test --postgresql`; a setting DATABASE_URL
    chooses, and an empty one is SQLite always.

    A context manager: entering waits until every part answers; leaving ends the supervisor and
    raises AssertionError when any process of it is left or it did not end by itself.
    """

    def __init__(self, module: str = "onmeet.serve", **settings: str) -> None:
        self._module = module
        self._folder = tempfile.TemporaryDirectory(prefix="onmeet-test-")
        self.data = Path(self._folder.name) / "var"
        self.port = free_port()
        self.media_port = free_port()
        self.base_url = f"http://127.0.0.1:{self.port}"
        self.log = Path(self._folder.name) / "server.log"
        chosen = "DATABASE_URL" in settings or not postgresql_everywhere()
        self._fresh = "" if chosen else _cluster().fresh_database()
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": self._folder.name,
            "LANG": "C.UTF-8",
            "PORT": str(self.port),
            "ONMEET_DATA": str(self.data),
            "ONMEET_MEDIA_PORT": str(self.media_port),
            "ONMEET_MEDIA_IP": "127.0.0.1",
            # Most tests need no telephone; those that do say ONMEET_SIP="on".
            "ONMEET_SIP": "off",
            "ONMEET_SIP_PORT": str(free_port()),
            "ONMEET_RTP_PORTS": "0",
            **({"DATABASE_URL": self._fresh} if self._fresh else {}),
            **settings,
        }
        self._process: subprocess.Popen[bytes] | None = None

    # life

    def start(self) -> None:
        """Start the supervisor and wait until `/healthz` says that all is well."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", self._module],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                preexec_fn=end_with_parent,
            )
        try:
            self.until_healthy(within=START_SECONDS)
        except AssertionError as error:
            self._kill_all()
            raise AssertionError(f"{error}\n{self.log_text()}") from None

    def end(self) -> None:
        """End everything; AssertionError when something had to be killed or is left."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(timeout=END_SECONDS)
        except subprocess.TimeoutExpired:
            self._kill_all()
            raise AssertionError(f"the supervisor did not end\n{self.log_text()}") from None
        with contextlib.suppress(AssertionError):
            until(lambda: not self.pids(), "the others to be gone", within=GONE_SECONDS)
        left = {pid: _command(pid) for pid in self.pids()}
        self._kill_all()
        assert not left, f"processes outlived the supervisor: {left}"

    def _kill_all(self) -> None:
        assert self._process is not None
        self._process.kill()
        for pid in self.pids():
            _kill(pid)
        self._process.wait()

    def __enter__(self) -> OnMeetServer:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self.end()
        finally:
            self._folder.cleanup()
            if self._fresh:
                _cluster().drop(self._fresh)

    # what it says

    def health(self) -> tuple[int, dict[str, Any]]:
        """Status and body of `/healthz`; (0, {}) while nothing listens."""
        try:
            with urllib.request.urlopen(f"{self.base_url}/healthz", timeout=5) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, {}
        except (OSError, http.client.HTTPException):  # the latter when it ends while it answers
            return 0, {}

    def until_healthy(self, *, within: float = 30.0) -> None:
        """Wait until every part is up."""

        def healthy() -> bool:
            assert self._process is not None
            assert self._process.poll() is None, "the supervisor ended"
            return self.health()[0] == 200

        until(healthy, "a healthy server", within=within)

    def log_text(self) -> str:
        """The last of what all parts have written so far."""
        return self.log.read_text(encoding="utf-8", errors="replace")[-8000:]

    def complaints(self) -> list[str]:
        """Errors and tracebacks in the log: bugs, whatever the tests say."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        marks = ("Traceback", '"level": "error"', '"level": "critical"', "Task exception", "never retrieved")
        return [line for line in lines if any(mark in line for mark in marks)]

    # its processes

    def pids(self) -> list[int]:
        """Every living process that was started with this server's data folder, and all below these."""
        mark = f"ONMEET_DATA={self.data}".encode()
        found = [pid for pid in _processes() if mark in _environment(pid)]
        for pid in found:  # grows meanwhile: the telephone's room processes have an environment of their own
            found += [child for child in _children(pid) if child not in found]
        return found

    def sip_pid(self) -> int:
        """The telephone gateway; AssertionError when there is not exactly one."""
        found = [pid for pid in self.pids() if _command(pid).rstrip().endswith("-m sip")]
        assert len(found) == 1, f"gateway processes: {found}"
        return found[0]

    def room_pids(self) -> list[int]:
        """The processes of meetings with callers: those that a nursery has forked."""
        nurseries = [pid for pid in self.pids() if "sip.room" in _command(pid)]
        return [child for pid in nurseries for child in _children(pid)]

    def relay_pid(self) -> int:
        """The relay process; AssertionError when there is not exactly one."""
        found = [pid for pid in self.pids() if _is_relay(pid)]
        assert len(found) == 1, f"relay processes: {found}"
        return found[0]

    def kill(self, part: str) -> None:
        """SIGKILL `relay`, `keeper` or `web`, which are replaced; or `everything`, and start anew."""
        if part == "everything":
            self._kill_all()
            self.start()
            return
        marks = {"relay": "onmeet.relay", "keeper": "onmeet.keeper", "web": "gunicorn"}
        found = [pid for pid in self.pids() if marks[part] in _command(pid)]
        assert found, f"there is no {part} process"
        for pid in found:
            _kill(pid)

    def keeper_pids(self) -> list[int]:
        """The keeper process; more than one, or none, only in between."""
        return [pid for pid in self.pids() if _command(pid).rstrip().endswith("onmeet.keeper")]

    def kill_relay(self) -> int:
        """SIGKILL the relay, wait until the supervisor has replaced it, return the new one's pid."""
        old = self.relay_pid()
        os.kill(old, signal.SIGKILL)

        def replaced() -> int:
            new = [pid for pid in self.pids() if _is_relay(pid)]
            return new[0] if new and new != [old] else 0

        return until(replaced, "a new relay process")


def _processes() -> list[int]:
    return sorted(int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit())


def _children(pid: int) -> list[int]:
    return [each for each in _processes() if _parent(each) == pid]


def _parent(pid: int) -> int:
    stat = _read(pid, "stat").rpartition(b")")[2].split()
    return int(stat[1]) if stat else 0


def _environment(pid: int) -> list[bytes]:
    return _read(pid, "environ").split(b"\0")


def _command(pid: int) -> str:
    return _read(pid, "cmdline").replace(b"\0", b" ").decode("utf-8", "replace")


def _is_relay(pid: int) -> bool:
    return _command(pid).rstrip().endswith("relay")


def _read(pid: int, name: str) -> bytes:
    """A file of /proc/PID; empty for a process that has just gone or belongs to somebody else."""
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except OSError:
        return b""


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    ends = time.monotonic() + 5
    while _read(pid, "cmdline") and time.monotonic() < ends:
        time.sleep(0.01)
