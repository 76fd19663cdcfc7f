"""Processes under measurement: start, pin, read CPU time and memory from /proc, end by their own id."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import fcntl
import functools
import os
import signal
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_SECONDS_TO_END = 5.0
_SERVER_NICENESS = -15
_PR_SET_PDEATHSIG = 1  # prctl(2)
_LIBC = ctypes.CDLL(None)


@dataclass(frozen=True)
class MachineTimes:
    """Jiffies of all cores since boot: everything, what the hypervisor took, and idle."""

    total: int
    steal: int
    idle: int

    @classmethod
    def now(cls) -> MachineTimes:
        """Read /proc/stat."""
        fields = [int(x) for x in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
        return cls(sum(fields), fields[7], fields[3] + fields[4])

    def steal_pct(self, since: MachineTimes) -> float:
        """Share of time that the hypervisor took between two readings, per cent."""
        total = self.total - since.total
        return 100 * (self.steal - since.steal) / total if total else 0.0

    def busy_seconds(self, since: MachineTimes) -> float:
        """Core-seconds in which any process ran."""
        used = (self.total - since.total) - (self.idle - since.idle) - (self.steal - since.steal)
        return used / _TICKS


def cpu_seconds(pid: int) -> float:
    """User and system time of a process with all its threads. Raises FileNotFoundError when it is gone."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def resident_kb(pid: int) -> int:
    """Resident memory of a process, kilobytes."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0


def thread_count(pid: int) -> int:
    """Threads of a process."""
    return len(list(Path(f"/proc/{pid}/task").iterdir()))


def descriptor_count(pid: int) -> int:
    """Open file descriptors of a process."""
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


@functools.cache
def cores() -> tuple[int, int]:
    """One core for the server and one for the load: the first and the last that we may use.

    Remembered from the first call, as pinning ourselves narrows what we may use.
    """
    allowed = sorted(os.sched_getaffinity(0))
    return allowed[0], allowed[-1]


def _urge(preferred: bool) -> None:
    """Have the load generator run on time whatever else runs (real-time scheduling), where we may.

    Only the generator: a server under real-time rules would switch threads less often than in real life.
    """
    policy, priority = (os.SCHED_RR, 1) if preferred else (os.SCHED_OTHER, 0)
    flag = os.SCHED_RESET_ON_FORK if preferred else 0  # servers that it starts are ordinary processes
    with contextlib.suppress(OSError):
        os.sched_setscheduler(0, policy | flag, os.sched_param(priority))


def _prefer_server() -> None:
    """Put a server before the other ordinary processes of a shared machine, where we may."""
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, 0, _SERVER_NICENESS)
        # where sessions are scheduled as groups (sched(7)), niceness counts only inside a group
        Path("/proc/self/autogroup").write_text(str(_SERVER_NICENESS))


@contextlib.contextmanager
def measuring() -> Iterator[None]:
    """Keep this process off the server's core, and both before everything else, for a time.

    Two measurements at once would spoil each other: the second waits for the first.
    """
    load = cores()[1]
    with (Path(tempfile.gettempdir()) / "onmeet-bench.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with _preferred(load):
            yield


@contextlib.contextmanager
def _preferred(load: int) -> Iterator[None]:
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {load})
    _urge(True)
    try:
        yield
    finally:
        _urge(False)
        os.sched_setaffinity(0, before)


class Server:
    """A started server process. Its output goes to a file in its folder."""

    def __init__(self, process: asyncio.subprocess.Process, folder: Path) -> None:
        self.process = process
        self.pid = process.pid
        self.folder = folder

    @classmethod
    async def start(
        cls, command: list[str], folder: Path, *, env: dict[str, str], core: int | None = None
    ) -> Server:
        """Run a command in the folder, on one core when told so."""

        def pin() -> None:
            _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)  # a killed benchmark leaves no server
            if core is not None:
                os.sched_setaffinity(0, {core})
                _prefer_server()

        with (folder / "output.txt").open("wb") as output:
            process = await asyncio.create_subprocess_exec(
                *command,
                cwd=folder,
                env=env,
                stdout=output,
                stderr=output,
                preexec_fn=pin,
                start_new_session=True,
            )
        return cls(process, folder)

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self.process.returncode is None

    def output(self) -> str:
        """What it has written so far."""
        return (self.folder / "output.txt").read_text(errors="replace")

    async def stop(self) -> None:
        """End it: politely, then not."""
        if not self.alive:
            return
        self.process.terminate()
        try:
            async with asyncio.timeout(_SECONDS_TO_END):
                await self.process.wait()
        except TimeoutError:
            self.process.send_signal(signal.SIGKILL)
            await self.process.wait()
