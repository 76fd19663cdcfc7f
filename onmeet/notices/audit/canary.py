"""Searches bytes for given strings, however they may have been written down.

A name lives on as UTF-8, as UTF-16, in JSON escapes, percent-encoded in an address, as HTML, in base64 or
hex. All of these are looked for, without regard to the case of ASCII letters, in files of any size.
"""

from __future__ import annotations

import base64
import contextlib
import html
import json
import quopri
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote, quote_plus

from onmeet.errors import UserError

__all__ = ["SHORTEST", "Canaries"]

SHORTEST = 4
"""Characters that a string must have: shorter ones are found anywhere by chance."""

CHUNK = 1 << 20


class Canaries:
    """Strings to look for. Raises `UserError` for one that is too short to mean anything."""

    def __init__(self, texts: Iterable[str]) -> None:
        self.texts = tuple(dict.fromkeys(text.strip() for text in texts if text.strip()))
        spellings: dict[bytes, str] = {}
        for text in self.texts:
            if len(text) < SHORTEST:
                raise UserError(f"a string to look for must have at least {SHORTEST} characters")
            for spelling in _spellings(text):
                spellings.setdefault(spelling.lower(), text)
        self._spellings = spellings
        self._longest = max(map(len, spellings), default=0)

    @classmethod
    def from_file(cls, path: Path) -> Canaries:
        """One string a line, UTF-8. Raises `UserError` when it cannot be read."""
        try:
            return cls(path.read_text("utf-8").splitlines())
        except (OSError, UnicodeDecodeError):
            raise UserError(f"{path} cannot be read as UTF-8 text") from None

    def in_bytes(self, data: bytes) -> set[str]:
        """Which of them stand in `data`."""
        # one search after the other is twenty times faster than a regular expression of all
        lower = data.lower() if data.strip(b"\0") else b""
        return {text for spelling, text in self._spellings.items() if spelling in lower}

    def in_text(self, text: str) -> set[str]:
        """Which of them stand in a text as it is read by people."""
        return self.in_bytes(text.encode("utf-8", "surrogatepass"))

    def in_file(self, path: Path) -> set[str]:
        """Which of them stand in a file; one that has gone in the meantime holds nothing."""
        found: set[str] = set()
        try:
            with path.open("rb") as file:
                for piece in self._pieces(file):
                    found |= self.in_bytes(piece)
        except FileNotFoundError:
            pass
        return found

    def _pieces(self, file: BinaryIO) -> Iterator[bytes]:
        """The file in chunks that overlap by the longest spelling."""
        rest = b""
        while chunk := file.read(CHUNK):
            piece = rest + chunk
            yield piece
            rest = piece[-(self._longest - 1) :] if self._longest > 1 else b""


def _spellings(text: str) -> Iterator[bytes]:
    plain = text.encode("utf-8", "surrogatepass")
    yield plain
    yield text.encode("utf-16-le", "surrogatepass")
    yield text.encode("utf-16-be", "surrogatepass")
    with contextlib.suppress(UnicodeEncodeError):
        yield text.encode("latin-1")
    yield json.dumps(text)[1:-1].encode()
    yield json.dumps(text, ensure_ascii=False)[1:-1].encode("utf-8", "surrogatepass")
    yield quote(text, errors="replace").encode()
    yield quote(text, safe="", errors="replace").encode()
    yield quote_plus(text, errors="replace").encode()
    yield html.escape(text).encode("utf-8", "surrogatepass")
    yield repr(text)[1:-1].encode("utf-8", "surrogatepass")
    yield quopri.encodestring(plain).rstrip(b"=\n")
    yield plain.hex().encode()
    yield from _base64(plain)


def _base64(plain: bytes) -> Iterator[bytes]:
    """What base64 makes of the bytes in the middle of other bytes, at each of the three alignments."""
    for lead in range(3):
        # the first and last groups depend on the neighbours and are left out
        encoded = base64.b64encode(b"\0" * lead + plain)
        start = 0 if lead == 0 else 4
        end = len(encoded) - 4 if (lead + len(plain)) % 3 else len(encoded)
        if end - start >= 8:
            core = encoded[start:end]
            yield core
            yield core.replace(b"+", b"-").replace(b"/", b"_")
