"""Slow clients keep nobody else waiting: real gunicorn, more of them than it has threads."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator

import pytest

from onmeet.web import gunicorn_conf
from onmeet.web.worker import REQUEST_SECONDS
from tests.web.gunicorn import Gunicorn

CROWD = gunicorn_conf.threads + 20

HALF_A_HEAD = b"GET / HTTP/1.1\r\nHost: localhost\r\nX-"
HALF_A_BODY = b"POST /m HTTP/1.1\r\nHost: localhost\r\nContent-Length: 60000\r\n\r\nhalf"


@pytest.fixture(scope="module")
def web() -> Iterator[Gunicorn]:
    with Gunicorn() as web:
        yield web


@contextlib.contextmanager
def crowd(web: Gunicorn, says: bytes, count: int = CROWD) -> Iterator[list[socket.socket]]:
    with contextlib.ExitStack() as stack:
        clients = []
        for _ in range(count):
            client = socket.create_connection(("127.0.0.1", web.port), timeout=REQUEST_SECONDS + 20)
            stack.enter_context(client)
            client.sendall(says)
            clients.append(client)
        yield clients


def test_clients_that_say_nothing_hold_no_thread(web: Gunicorn) -> None:
    with crowd(web, b""):
        assert web.get("/robots.txt", timeout=REQUEST_SECONDS - 5)[0] == 200


@pytest.mark.parametrize("says", [HALF_A_HEAD, HALF_A_BODY], ids=["head", "body"])
def test_clients_that_say_half_a_request_lose_their_threads(web: Gunicorn, says: bytes) -> None:
    with crowd(web, says) as clients:
        assert web.get("/robots.txt", timeout=REQUEST_SECONDS + 10)[0] == 200
        with contextlib.suppress(ConnectionResetError):
            while clients[0].recv(4096):
                pass


def test_idle_clients_give_way_when_there_are_too_many(web: Gunicorn) -> None:
    with crowd(web, b"", gunicorn_conf.worker_connections - 5):
        for _ in range(10):
            with socket.create_connection(("127.0.0.1", web.port), timeout=30) as late:
                late.sendall(b"GET /robots.txt HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                assert late.recv(12) == b"HTTP/1.1 200"
