"""The gateway's Unix socket: one JSON line in, one JSON line out. Pages ask for health, and for calls."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import stat
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import structlog

from onmeet.errors import ConfigError

__all__ = ["Control"]

LINE_LIMIT = 4096
SECONDS = 10.0
"""How long one connection may take."""

log = structlog.get_logger()

Answer = Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]


class Control:
    """Serves questions by their `do`. One that cannot be understood gets `{"error": "bad-question"}`."""

    def __init__(self, path: Path, answers: Mapping[str, Answer]) -> None:
        self._path = path
        self._answers = answers
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        """Listen, with mode 0600. Raises ConfigError."""
        with contextlib.suppress(FileNotFoundError):
            if not stat.S_ISSOCK(self._path.lstat().st_mode):
                raise ConfigError(f"ONMEET_DATA: {self._path.name} in the run folder is not a socket")
            self._path.unlink()
        mask = os.umask(0o177)
        try:
            self._server = await asyncio.start_unix_server(self._serve, str(self._path), limit=LINE_LIMIT)
        except OSError as error:
            raise ConfigError(f"ONMEET_DATA: no socket can be made there ({error.strerror})") from None
        finally:
            os.umask(mask)

    async def close(self) -> None:
        """Stop listening."""
        if self._server is not None:
            self._server.close()
            self._path.unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(SECONDS):
                answer = await self._answer(await reader.readline())
                writer.write(json.dumps(answer).encode() + b"\n")
                await writer.drain()
        except (OSError, ValueError, TimeoutError):
            pass  # whoever asked has gone, or never finished the question
        finally:
            writer.close()

    async def _answer(self, line: bytes) -> dict[str, Any]:
        try:
            question = json.loads(line)
            answer = self._answers[question["do"]]
        except (ValueError, RecursionError, LookupError, TypeError):
            return {"error": "bad-question"}
        try:
            return await answer(question)
        except Exception:
            log.error("a question to the telephone gateway failed", exc_info=True)
            return {"error": "internal"}
