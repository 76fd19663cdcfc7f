"""Master keys, which wrap the keys of data subjects: each in a file of its own beside them.

A master key lies there as it is (`FileWrapping`), or wrapped by a key service (`CommandWrapping`), which is
asked once when a process first needs it. Another service is another class with `name`, `wrap` and `unwrap`.
"""

from __future__ import annotations

import base64
import binascii
import fcntl
import os
import secrets
import shlex
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, Protocol

from onmeet import keyfiles
from onmeet.errors import ConfigError, ProviderError

__all__ = ["CommandWrapping", "FileWrapping", "Masters", "Wrapping", "try_out", "wrapping"]

_SIZE = 32
_COMMAND_SECONDS = 30


class Wrapping(Protocol):
    """How a master key is protected where it lies: the interface to a key service (KMS)."""

    @property
    def name(self) -> str:
        """Written before what it wrapped, so that it is known later who can unwrap it. No colon."""

    def wrap(self, key: bytes) -> bytes:
        """Protect a key. Raises `ProviderError`."""

    def unwrap(self, wrapped: bytes) -> bytes:
        """The key that was wrapped. Raises `ProviderError`."""


class FileWrapping:
    """No protection but the file's mode: whoever can read the folder of the keys can read the key."""

    name = "file"

    def wrap(self, key: bytes) -> bytes:
        """The key as it is."""
        return key

    def unwrap(self, wrapped: bytes) -> bytes:
        """The key as it is."""
        return wrapped


class CommandWrapping:
    """A program that speaks to a key service: `<command> wrap` and `<command> unwrap`.

    It reads one line of base64 from standard input and writes one line of base64 to standard output.
    """

    name = "command"

    def __init__(self, command: str) -> None:
        try:
            self._command: Sequence[str] = shlex.split(command)
        except ValueError:
            raise ConfigError("ONMEET_KMS_COMMAND cannot be understood: check its quotes") from None

    def wrap(self, key: bytes) -> bytes:
        """See `Wrapping`."""
        return self._ask("wrap", key)

    def unwrap(self, wrapped: bytes) -> bytes:
        """See `Wrapping`."""
        return self._ask("unwrap", wrapped)

    def _ask(self, what: Literal["wrap", "unwrap"], given: bytes) -> bytes:
        """What the program answers; its complaints go to our standard error, never the keys."""
        try:
            done = subprocess.run(  # noqa: S603 - the operator's own setting
                [*self._command, what],
                input=base64.b64encode(given) + b"\n",
                stdout=subprocess.PIPE,
                timeout=_COMMAND_SECONDS,
                check=True,
            )
            answer = base64.b64decode(done.stdout.strip(), validate=True)
        except FileNotFoundError:
            raise ConfigError("ONMEET_KMS_COMMAND: there is no such program") from None
        except subprocess.CalledProcessError as error:
            raise ProviderError(f"the key service's program ended with status {error.returncode}") from None
        except (subprocess.TimeoutExpired, OSError, binascii.Error) as error:
            raise ProviderError(f"the key service gave no usable answer ({type(error).__name__})") from None
        if not answer:
            raise ProviderError("the key service gave an empty answer")
        return answer


def wrapping(command: str | None) -> Wrapping:
    """The protection that the settings ask for (`ONMEET_KMS_COMMAND`)."""
    return CommandWrapping(command) if command else FileWrapping()


def try_out(protection: Wrapping) -> None:
    """Wrap and unwrap a key made for this alone. Raises `ConfigError` when it does not come back."""
    key = secrets.token_bytes(_SIZE)
    try:
        same = protection.unwrap(protection.wrap(key)) == key
    except ProviderError as error:
        raise ConfigError(f"ONMEET_KMS_COMMAND: {error}") from None
    if not same:
        raise ConfigError("ONMEET_KMS_COMMAND: what the program wraps does not come back from unwrap")


class Masters:
    """The master keys in a folder, by number. Thread-safe.

    new: protects those made from now on. Older ones stay readable as long as what protects them is
    `FileWrapping` or `new`.
    """

    def __init__(self, folder: Path, new: Wrapping) -> None:
        self._folder = folder
        self._new = new
        self._known: dict[int, bytes] = {}
        self._lock = threading.Lock()

    def get(self, number: int) -> bytes:
        """A master key. Raises `ConfigError` when it is missing or cannot be unwrapped."""
        with self._lock:
            if number not in self._known:
                self._known[number] = self._read(number)
            return self._known[number]

    def make(self, after: int) -> int:
        """Write a new master key, whole and for good; its number. One left unused is taken."""
        number = after + 1
        file = self._file(number)
        draft = file.with_name(f"{file.name}.{secrets.token_hex(8)}")
        try:
            content = base64.b64encode(self._new.wrap(secrets.token_bytes(_SIZE))).decode()
            keyfiles.write_new(draft, f"{self._new.name}:{content}\n")
            draft.replace(file)  # nothing has been wrapped by a file that was there already
            keyfiles.sync_folder(self._folder)
        except OSError as error:
            raise ConfigError(f"ONMEET_KEYS: no key can be written there ({error.strerror})") from None
        finally:
            draft.unlink(missing_ok=True)
        with self._lock:
            self._known.pop(number, None)
        self.get(number)  # before anything depends on it
        return number

    def destroy_all_but(self, number: int) -> None:
        """Overwrite and remove every other master key. Nothing may be wrapped by them any more."""
        with self._lock:
            for file in self._folder.glob("master-*.key*"):
                if file != self._file(number):
                    _shred(file)
            keyfiles.sync_folder(self._folder)
            self._known = {kept: key for kept, key in self._known.items() if kept == number}

    def protected_by(self, number: int) -> str:
        """The name of the protection of a master key."""
        return self._content(number)[0]

    @contextmanager
    def alone(self) -> Iterator[None]:
        """No other process changes master keys during the block."""
        with (self._folder / "master.lock").open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield

    def _file(self, number: int) -> Path:
        return self._folder / f"master-{number}.key"

    def _content(self, number: int) -> tuple[str, bytes]:
        try:
            name, _, content = self._file(number).read_text("ascii").strip().partition(":")
            return name, base64.b64decode(content, validate=True)
        except (OSError, ValueError):
            raise ConfigError(
                f"ONMEET_KEYS: {self._file(number)} is missing or damaged; without it nothing that was"
                " sealed can be opened: put the folder of the keys back as it was"
            ) from None

    def _read(self, number: int) -> bytes:
        name, wrapped = self._content(number)
        ways: dict[str, Wrapping] = {FileWrapping.name: FileWrapping(), self._new.name: self._new}
        if name not in ways:
            raise ConfigError(f"ONMEET_KMS_COMMAND must be set: the master key is protected by a {name}")
        try:
            key = ways[name].unwrap(wrapped)
        except ProviderError as error:
            raise ConfigError(f"ONMEET_KMS_COMMAND: {error}") from None
        if len(key) != _SIZE:
            raise ConfigError("ONMEET_KMS_COMMAND: what it unwrapped is no master key")
        return key


def _shred(file: Path) -> None:
    with open(os.open(file, os.O_WRONLY), "wb") as handle:
        handle.write(b"\0" * file.stat().st_size)
        handle.flush()
        os.fsync(handle.fileno())
    file.unlink()
