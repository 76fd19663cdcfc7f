"""Logs that hold nothing about people: declared keys, exceptions without their values.

Logs are stored data too. An event is a fixed sentence and keys that `onmeet.notices.outlets` declares; any
other key is dropped before anything is written. None of them may hold a category of data, whatever the notice
permits: logs go where no sweep comes. An exception is written as its type and the places it passed, never its
message, which may quote what somebody typed.
"""

from __future__ import annotations

import logging
import sys
import threading
import traceback
from collections.abc import MutableMapping
from pathlib import PurePath
from types import TracebackType
from typing import Any, TextIO

import structlog

from onmeet.notices import outlets

__all__ = ["configure"]

# These libraries write SDP, addresses or candidates even at level INFO or WARNING, or a line for each request
# that somebody sends wrong, so that a stranger could fill the disk.
_TALKATIVE = (
    "aiortc",
    "aioice",
    "aiosqlite",
    "websockets",
    "alembic",
    "sqlalchemy",
    "simple_websocket",
    "flask_wtf",
)

Event = MutableMapping[str, Any]


def configure(level: str, part: str) -> None:
    """Send this process's structlog and standard-library logs to stderr, one JSON object a line.

    `part` is the process (`web`, `relay`, `serve`); `level` one of debug, info, warning, error.
    """
    number = getattr(logging, level.upper())
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(allow=()),
        _describe_exception,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _Part(part),
    ]
    structlog.configure(
        processors=[*shared, _declared, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = _Handler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[_name_only, *shared],
            processors=[
                _declared,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(number, logging.INFO))
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    logging.captureWarnings(True)
    sys.excepthook = _log_uncaught
    threading.excepthook = _log_uncaught_in_thread
    sys.unraisablehook = _log_unraisable


class _Handler(logging.StreamHandler[TextIO]):
    """Does not print the message and its arguments when they do not fit together, as logging would."""

    def handleError(self, _record: logging.LogRecord) -> None:
        """logging's hook."""
        structlog.get_logger().error("a log line could not be written")


class _Part:
    """Adds the name of the process to each event."""

    def __init__(self, part: str) -> None:
        self._part = part

    def __call__(self, _logger: Any, _method: str, event: Event) -> Event:
        event["part"] = self._part
        return event


def _declared(_logger: Any, _method: str, event: Event) -> Event:
    """Drops every key that is not declared."""
    return {key: value for key, value in event.items() if outlets.is_log_key(key)}


def _name_only(logger: Any, _method: str, event: Event) -> Event:
    """A library's message may quote anything and is reduced to who wrote it.

    gunicorn's start and stop lines are known sentences and stay; its warnings quote addresses and paths.
    """
    record: logging.LogRecord = event["_record"]
    event["logger"] = record.name
    known = record.name.startswith("gunicorn") and record.levelno <= logging.INFO
    if not known:
        event["event"] = "library message"
    return event


def _describe_exception(_logger: Any, _method: str, event: Event) -> Event:
    info = event.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()
    if isinstance(info, BaseException):
        info = (type(info), info, info.__traceback__)
    if isinstance(info, tuple) and info[0] is not None:
        event["exception"] = _places(info[0], info[2])
    return event


def _places(kind: type[BaseException], trace: TracebackType | None) -> str:
    frames = traceback.extract_tb(trace)[-12:]
    places = (f"{PurePath(f.filename).name}:{f.lineno} {f.name}" for f in frames)
    return f"{kind.__name__} at " + " < ".join(reversed(list(places)))


def _log_uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    structlog.get_logger().error("uncaught exception", exc_info=(kind, error, trace))


def _log_uncaught_in_thread(arguments: threading.ExceptHookArgs) -> None:
    if issubclass(arguments.exc_type, SystemExit):
        return
    info = (arguments.exc_type, arguments.exc_value, arguments.exc_traceback)
    structlog.get_logger().error("uncaught exception in a thread", exc_info=info)


def _log_unraisable(arguments: sys.UnraisableHookArgs) -> None:
    """From `__del__` and the like; the object itself is not named: its repr may quote anything."""
    info = (arguments.exc_type, arguments.exc_value, arguments.exc_traceback)
    structlog.get_logger().error("uncaught exception in clean-up", exc_info=info)
