"""Keys that are thrown away: hashes made with the key of an ended period can no longer be linked to anything.

One file for each length of period and each period, in the data folder's `keys/rotating/`. All processes of an
instance share them; whoever comes first makes the key, and the keys of ended periods are destroyed as soon
as anybody asks for the present one.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import time
from collections.abc import Callable
from pathlib import Path

from onmeet.errors import ConfigError

__all__ = ["RotatingKeys"]

_DAY = 86_400
_NAME = re.compile(r"(\d+)-(\d+)")
_BYTES = 32


class RotatingKeys:
    """The keys of one data folder. `wall` gives the time as unix seconds."""

    def __init__(self, folder: Path, wall: Callable[[], float] = time.time) -> None:
        self._folder = folder
        self._wall = wall
        self._present: dict[int, tuple[int, bytes]] = {}

    def key(self, days: int) -> bytes:
        """The key of the present period of `days` days; the same one in every process, until it ends."""
        period = int(self._wall() // (days * _DAY))
        held = self._present.get(days)
        if held is None or held[0] != period:
            self.destroy_ended()
            held = self._present[days] = (period, self._read_or_make(days, period))
        return held[1]

    def destroy_ended(self) -> int:
        """Destroy the keys of periods that are over; returns how many. To be called now and then."""
        ended = [path for path, days, period in self._files() if (period + 1) * days * _DAY <= self._wall()]
        ended += self._folder.glob("ended.*")  # of a process that was killed half-way
        for path in ended:
            _destroy(path)
        return len(ended)

    def _files(self) -> list[tuple[Path, int, int]]:
        found = ((path, _NAME.fullmatch(path.name)) for path in self._folder.glob("*-*"))
        return [(path, int(name[1]), int(name[2])) for path, name in found if name is not None]

    def _read_or_make(self, days: int, period: int) -> bytes:
        """The key in its file; a new one is linked into place whole, so that two processes agree on one."""
        path = self._folder / f"{days}-{period}"
        try:
            if not path.exists():
                _make(path)
            key = path.read_bytes()
        except OSError as error:
            reason = error.strerror or "unknown reason"
            raise ConfigError(
                f"ONMEET_DATA: the keys of pseudonyms in keys/rotating cannot be used ({reason})"
            ) from None
        if len(key) != _BYTES:
            raise ConfigError(
                f"ONMEET_DATA: keys/rotating/{path.name} is damaged: delete it, a new one is made"
            )
        return key


def _make(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f"draft.{secrets.token_hex(8)}")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as handle:
        handle.write(secrets.token_bytes(_BYTES))
        handle.flush()
        os.fsync(handle.fileno())
    try:
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink()


def _destroy(path: Path) -> None:
    """Out of the way first, so that nobody takes the zeros for a key; then overwrite, then remove."""
    with contextlib.suppress(FileNotFoundError):
        ended = path.rename(path.with_name(f"ended.{secrets.token_hex(8)}"))
        with ended.open("r+b") as handle:
            handle.write(bytes(_BYTES))
            handle.flush()
            os.fsync(handle.fileno())
        ended.unlink()
