"""The web process alone, as production runs it: real gunicorn, real settings, a data folder of its own."""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from tests.factories.house import known_marks
from tests.peers.signalling_client import SignallingClient
from tests.ports import free_port
from tests.running import ROOT
from tests.waiting import until

__all__ = ["CODE", "Gunicorn"]

CODE = "abc-defg-hjk"


class Gunicorn:
    """A context manager: entering waits until pages are served."""

    def __init__(self, **settings: str) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="onmeet-web-")
        self.port = free_port()
        self.host = f"127.0.0.1:{self.port}"
        self.origin = f"http://{self.host}"
        self.data = known_marks(Path(self._folder.name))
        self.relay_socket = self.data / "run" / "relay.sock"
        self.log = self.data / "web.log"
        self._environment = {
            "PATH": os.environ["PATH"], "HOME": self._folder.name, "LANG": "C.UTF-8",
            "ONMEET_DATA": str(self.data), "ONMEET_MEDIA_IP": "127.0.0.1", **settings,
        }  # fmt: skip

    def __enter__(self) -> Gunicorn:
        python = [sys.executable, "-m"]
        upgrade = [*python, "onmeet.cli", "db", "upgrade"]
        subprocess.run(upgrade, check=True, cwd=ROOT, env=self._environment)
        serve = [*python, "gunicorn", "-c", "python:onmeet.web.gunicorn_conf", "-b", self.host, "app:app"]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                serve, cwd=ROOT, env=self._environment, stdout=log, stderr=subprocess.STDOUT
            )
        until(self.serves, "gunicorn to serve", within=50)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.end()
        finally:
            self._folder.cleanup()

    def end(self) -> None:
        """SIGTERM, as the supervisor sends it."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(40)
            except subprocess.TimeoutExpired:
                self.process.kill()
                raise

    def serves(self) -> bool:
        """Whether a page comes."""
        try:
            return self.get("/")[0] == 200
        except OSError:
            return False

    def get(
        self, path: str, timeout: float = 30, headers: Mapping[str, str] | None = None
    ) -> tuple[int, http.client.HTTPMessage]:
        """Status and headers of a page."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request("GET", path, headers=dict(headers or {"Connection": "close"}))
            response = connection.getresponse()
            response.read()
            return response.status, response.headers
        finally:
            connection.close()

    def worker_pid(self) -> int:
        """The process that serves, a child of the one that was started."""
        pid = self.process.pid
        (child,) = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return int(child)

    def cookie(self) -> str:
        """The cookie of a browser that has opened the meeting's page."""
        _status, headers = self.get(f"/m/{CODE}")
        return headers["Set-Cookie"].partition(";")[0]

    @property
    def socket_url(self) -> str:
        return f"ws://{self.host}/m/{CODE}/socket"

    async def client(self, cookie: str, origin: str | None = None) -> SignallingClient:
        """A browser whose socket is open."""
        return await SignallingClient.over_websocket(
            self.socket_url, origin=origin or self.origin, cookie=cookie
        )
