"""sipp, running one of our scenarios (tests/sip/peers/scenarios) against somebody.

caller = Sipp("call", to=("127.0.0.1", port), folder=tmp_path, calls=10, rate=10)
await caller.finished()                       # AssertionError with its errors when a call failed

with Sipp("answers", folder=tmp_path, calls=1) as called:     # a telephone that waits at called.port
    …
"""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from itertools import count
from pathlib import Path
from types import TracebackType

import pytest

from tests.ports import free_port, free_ports
from tests.running import ROOT, end_with_parent
from tests.waiting import until

__all__ = ["Sipp", "need_sipp"]

SCENARIOS = ROOT / "tests" / "sip" / "peers" / "scenarios"

_numbers = count(1)


def need_sipp() -> None:
    """Skip, with the reason, where it is not installed."""
    if shutil.which("sipp") is None:
        pytest.skip("sipp is not installed: sudo apt-get install sip-tester")


class Sipp:
    """One run of a scenario; it starts at once.

    to: where to call; None for a scenario that waits to be called at `port`. address: its own.
    transport: "udp" or "tcp" (one socket for all calls). calls: after so many it ends. rate: calls a
    second. keys: values for [keywords] of the scenario.
    """

    def __init__(
        self,
        scenario: str,
        *,
        folder: Path,
        to: tuple[str, int] | None = None,
        user: str = "onmeet",
        address: str = "127.0.0.1",
        port: int = 0,
        transport: str = "udp",
        calls: int = 1,
        rate: int = 10,
        seconds: int = 50,
        keys: dict[str, str] | None = None,
    ) -> None:
        need_sipp()
        self.address = address
        self.port = port or free_port(address)
        self._folder = folder / f"sipp-{next(_numbers)}"
        self._folder.mkdir(parents=True)
        self._seconds = seconds
        command = ["sipp", *([f"{to[0]}:{to[1]}"] if to else [])]
        command += [
            "-sf",
            str(SCENARIOS / f"{scenario}.xml"),
            "-s",
            user,
            "-i",
            address,
            "-p",
            str(self.port),
        ]
        command += ["-t", {"udp": "u1", "tcp": "t1"}[transport], "-m", str(calls), "-r", str(rate)]
        command += ["-nostdin", "-timeout", f"{seconds}s", "-timeout_error", "-default_behaviors", "all"]
        command += ["-trace_err", "-error_file", str(self._folder / "errors")]
        command += ["-trace_msg", "-message_file", str(self._folder / "messages")]
        media = free_ports(4, address)  # sipp binds two of them, and gives up when one is taken
        command += ["-recv_timeout", "15000", "-mi", address, "-mp", str(media)]
        for name, value in (keys or {}).items():
            command += ["-key", name, value]
        self._process = subprocess.Popen(
            command,
            cwd=self._folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=(self._folder / "stderr").open("wb"),
            preexec_fn=end_with_parent,
        )
        if to is None:
            until(lambda: self._ready(transport), "sipp to wait for calls", within=30, every=0.01)

    def _ready(self, transport: str) -> bool:
        """Whether its port is open, without a word to it that it would take for a call."""
        assert self._process.poll() is None, f"sipp has ended\n{self._text('stderr')}"
        wanted = f":{self.port:04X}"
        lines = Path(f"/proc/net/{transport}").read_text().splitlines()[1:]
        return any(line.split()[1].endswith(wanted) for line in lines)

    def messages(self) -> str:
        """All that it sent and received so far."""
        return self._text("messages")

    def wait(self) -> None:
        """Wait until all calls are over. AssertionError when one failed."""
        try:
            code = self._process.wait(self._seconds + 10)
        except subprocess.TimeoutExpired:
            self.end()
            code = -1
        assert code == 0, (
            f"sipp ended with {code}\n{self._text('stderr')}{self._text('errors')}{self.messages()}"
        )

    async def finished(self) -> None:
        """As `wait`, while the loop goes on."""
        await asyncio.to_thread(self.wait)

    def end(self) -> None:
        """Stop it, whatever it does."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait(10)

    def __enter__(self) -> Sipp:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def _text(self, name: str) -> str:
        file = self._folder / name
        return file.read_text(errors="replace") if file.exists() else ""
