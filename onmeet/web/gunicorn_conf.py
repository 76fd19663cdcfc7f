"""gunicorn's settings, loaded as `-c python:onmeet.web.gunicorn_conf`.

One process, because the count of sockets and the rate limits are kept in its memory; one thread for each
socket and some for pages.
"""

from __future__ import annotations

import signal
from types import FrameType
from typing import Any

worker_class = "onmeet.web.worker.Worker"
workers = 1
threads = 256
worker_connections = 1024
backlog = 512
timeout = 60
graceful_timeout = 5
keepalive = 15
# An access log would be a list of visitors.
accesslog = None
errorlog = "-"
logger_class = "onmeet.web.gunicorn_log.Logger"
# A warning would be a line for each broken request: strangers do not decide how long the log is.
loglevel = "error"
# Otherwise a control socket appears under HOME.
control_socket_disable = True
# Who may say where a request comes from is settled by ONMEET_PROXIES alone.
forwarded_allow_ips = ""
limit_request_fields = 60
limit_request_line = 4094


def post_worker_init(worker: Any) -> None:
    """SIGTERM closes the WebSockets with 1012 before the worker waits for its threads."""
    stop = signal.getsignal(signal.SIGTERM)

    def close_then_stop(number: int, frame: FrameType | None) -> None:
        _close_sockets(worker)
        if callable(stop):
            stop(number, frame)

    signal.signal(signal.SIGTERM, close_then_stop)
    signal.siginterrupt(signal.SIGTERM, False)


def worker_int(worker: Any) -> None:
    """SIGINT and SIGQUIT end the worker within a tenth of a second: enough for a close frame."""
    _close_sockets(worker)


def worker_exit(_server: Any, worker: Any) -> None:
    """What was noted in memory is written down before the process ends."""
    from onmeet.web.noting import close  # as below

    if worker.wsgi is not None:
        close(worker.wsgi)


def _close_sockets(worker: Any) -> None:
    from onmeet.web.socket import close_sockets  # the arbiter, which reads this file, needs no Flask

    close_sockets(worker.wsgi)
