"""gunicorn names nobody in its log, not even those who send nonsense."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

CANARY = "/m/zzz-quil-fea?name=Zephyrine"

APP = """
def app(environ, start_response):
    if environ["PATH_INFO"].startswith("/m/"):
        raise RuntimeError("oops " + environ["PATH_INFO"])
    start_response("200 OK", [("Content-Length", "0")])
    return [b""]

app.extensions = {}
"""


def exchange(port: int, request: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(request)
        return connection.recv(4096)


@pytest.mark.promise("N1.2")
def test_broken_requests_and_failing_pages_leave_no_trace_of_the_visitor(tmp_path: Path):
    """Broken requests and failing pages leave no trace of the visitor in the log."""
    (tmp_path / "failing.py").write_text(APP)
    arguments = ["-c", "python:onmeet.web.gunicorn_conf", "-b", "127.0.0.1:0", "--chdir", str(tmp_path)]
    environment = {**os.environ, "ONMEET_LOG_LEVEL": "debug", "PYTHONPATH": os.getcwd()}
    server = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", *arguments, "--log-level", "info", "failing:app"],
        stderr=subprocess.PIPE,
        env=environment,
        text=True,
    )
    assert server.stderr is not None
    lines: list[str] = []
    try:
        for line in server.stderr:
            lines.append(line)
            if found := re.search(r"Listening at: http://127\.0\.0\.1:(\d+)", line):
                port = int(found[1])
            if "Booting worker" in line:
                break
        assert exchange(port, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").startswith(b"HTTP/1.1 200")
        failing = f"GET {CANARY} HTTP/1.1\r\nHost: a\r\n\r\n".encode()
        assert exchange(port, failing).startswith(b"HTTP/1.1 500")
        assert exchange(port, f"{CANARY} nonsense\r\n\r\n".encode()).startswith(b"HTTP/1.1 400")
    finally:
        server.terminate()
        lines += server.stderr.readlines()
        server.wait(40)
    events = [json.loads(line) for line in lines]
    assert "library message" in {event["event"] for event in events}
    assert {event["part"] for event in events} == {"web"}
    later = "".join(line for line in lines if "Listening" not in line)
    assert "Zephyrine" not in later
    assert "zzz-quil" not in later
    assert "127.0.0.1" not in later
