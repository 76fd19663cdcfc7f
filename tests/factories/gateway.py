"""A telephone gateway that answers what it is told to, on its Unix socket."""

from __future__ import annotations

import json
import socket
import threading
from pathlib import Path
from types import TracebackType
from typing import Any

__all__ = ["ScriptedGateway"]


class ScriptedGateway:
    """Listens at `path` while it is entered; answers each question with `answer`, bytes as they are.

    asked: the questions so far.
    """

    def __init__(self, path: Path, answer: dict[str, Any] | bytes) -> None:
        self.asked: list[dict[str, Any]] = []
        self._path = path
        self._answer = answer if isinstance(answer, bytes) else json.dumps(answer).encode() + b"\n"
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> ScriptedGateway:
        self._listener.bind(str(self._path))
        self._listener.listen()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)  # wakes the thread
        self._listener.close()
        self._thread.join()
        self._path.unlink()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection, connection.makefile("rb") as lines:
                self.asked.append(json.loads(lines.readline()))
                connection.sendall(self._answer)
