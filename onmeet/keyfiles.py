"""Secrets that an instance makes for itself at its first start and keeps in files of its own."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path

__all__ = ["PRIVATE", "read_or_make", "sync_folder", "write_new"]

PRIVATE = 0o077
"""File mode mask of every process: nobody else reads what it writes, in folders that were there, either."""


def read_or_make(file: Path, make: Callable[[], str]) -> str:
    """The secret in `file`; a new one is linked into place whole, so that two starts agree on one.

    Killed or out of power at any point, there is either no file or a whole one. Raises `OSError` and
    `UnicodeDecodeError` when the file cannot be made or read.
    """
    if not file.exists():
        draft = file.with_name(f"{file.name}.{secrets.token_hex(8)}")
        try:
            write_new(draft, make())
            os.link(draft, file)
        except FileExistsError:
            pass
        finally:
            draft.unlink(missing_ok=True)
        sync_folder(file.parent)
    return file.read_text("ascii").strip()


def write_new(file: Path, text: str) -> None:
    """Write a file that nobody else can read and that outlasts a power failure. It must not exist yet."""
    with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as handle:
        handle.write(text)
        handle.flush()
        os.fsync(handle.fileno())


def sync_folder(folder: Path) -> None:
    """Make names in `folder` that were added or removed outlast a power failure."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
