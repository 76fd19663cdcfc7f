"""Serves the project's JavaScript modules and a few pages of the tests, without the product around them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from tests.running import ROOT

HERE = Path(__file__).parent


class _Files(SimpleHTTPRequestHandler):
    """Files of the project, and those beside this one under `/`."""

    def translate_path(self, path: str) -> str:
        beside = HERE / path.lstrip("/")
        return str(beside) if beside.is_file() else super().translate_path(path)

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def module_server() -> Iterator[str]:
    """Yields the address, with a slash at its end."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Files, directory=str(ROOT)))
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
