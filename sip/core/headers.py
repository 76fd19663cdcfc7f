"""Header fields of a message: an ordered multi-map with names as RFC 3261 §7.3 compares them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sip.core.parsing import split_list

__all__ = ["Headers", "canonical"]

_COMPACT = {
    "a": "Accept-Contact",  # RFC 3841
    "b": "Referred-By",  # RFC 3892
    "c": "Content-Type",  # RFC 3261 §7.3.3, as all without a note
    "d": "Request-Disposition",  # RFC 3841
    "e": "Content-Encoding",
    "f": "From",
    "i": "Call-ID",
    "j": "Reject-Contact",  # RFC 3841
    "k": "Supported",
    "l": "Content-Length",
    "m": "Contact",
    "n": "Identity-Info",  # RFC 4474
    "o": "Event",  # RFC 6665
    "r": "Refer-To",  # RFC 3515
    "s": "Subject",
    "t": "To",
    "u": "Allow-Events",  # RFC 6665
    "v": "Via",
    "x": "Session-Expires",  # RFC 4028
    "y": "Identity",  # RFC 8224
}

_LISTS = frozenset(
    name.lower()
    for name in (
        "Accept",
        "Accept-Contact",
        "Accept-Encoding",
        "Accept-Language",
        "Alert-Info",
        "Allow",
        "Allow-Events",
        "Call-Info",
        "Contact",
        "Content-Encoding",
        "Content-Language",
        "Diversion",  # RFC 5806
        "Error-Info",
        "History-Info",  # RFC 7044
        "In-Reply-To",
        "P-Asserted-Identity",  # RFC 3325
        "P-Associated-URI",  # RFC 7315
        "P-Preferred-Identity",  # RFC 3325
        "Path",  # RFC 3327
        "Proxy-Require",
        "Reason",  # RFC 3326
        "Record-Route",
        "Reject-Contact",
        "Remote-Party-ID",
        "Request-Disposition",
        "Require",
        "Route",
        "Service-Route",  # RFC 3608
        "Supported",
        "Unsupported",
        "Via",
        "Warning",
    )
)
"""Headers whose values may share a line, separated by commas. Not the four of authentication (§7.3.1)."""

_UNUSUAL = {
    "call-id": "Call-ID",
    "cseq": "CSeq",
    "mime-version": "MIME-Version",
    "min-se": "Min-SE",
    "rack": "RAck",
    "remote-party-id": "Remote-Party-ID",
    "rseq": "RSeq",
    "www-authenticate": "WWW-Authenticate",
}


def canonical(name: str) -> str:
    """The full name with its usual capitals: `i` and `call-id` → `Call-ID`."""
    name = name.lower()
    return _COMPACT.get(name) or _UNUSUAL.get(name) or "-".join(word.capitalize() for word in name.split("-"))


def _key(name: str) -> str:
    """By which names are compared."""
    name = name.lower()
    full = _COMPACT.get(name)
    return full.lower() if full else name


class Headers:
    """Header fields in their order. Names ignore case, and compact forms are their full names.

    Iteration gives `(name, value)` line by line, as received or added. Values never hold a line break:
    one raises ValueError, so that nothing taken from elsewhere can add a header.
    """

    __slots__ = ("_lines",)

    def __init__(self, lines: Iterable[tuple[str, str]] = ()) -> None:
        self._lines: list[tuple[str, str, str]] = []
        for name, value in lines:
            self.add(name, value)

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return ((name, value) for _, name, value in self._lines)

    def __len__(self) -> int:
        return len(self._lines)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and any(key == _key(name) for key, _, _ in self._lines)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Headers) and [(k, v) for k, _, v in self._lines] == [
            (k, v) for k, _, v in other._lines
        ]

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<Headers: {len(self)} lines>"  # a repr ends up in tracebacks; contents must not

    def get(self, name: str) -> str | None:
        """The first value, `""` when the header is there but empty, None when it is not there."""
        key = _key(name)
        first: str | None = None
        for found, _, value in self._lines:
            if found != key:
                continue
            if key not in _LISTS:
                return value
            for part in split_list(value):
                return part
            first = ""
        return first

    def all(self, name: str) -> list[str]:
        """All values in order; comma lists are cut where RFC 3261 §7.3.1 allows them, empty parts dropped."""
        key = _key(name)
        lines = [value for found, _, value in self._lines if found == key]
        return [part for line in lines for part in split_list(line)] if key in _LISTS else lines

    def add(self, name: str, value: str) -> None:
        """Append one line."""
        self._lines.append(_line(name, value))

    def prepend(self, name: str, value: str) -> None:
        """Put one line in front of all others: it becomes the first value of this name."""
        self._lines.insert(0, _line(name, value))

    def set(self, name: str, value: str) -> None:
        """Make this the only value; it takes the place of the first one, or the end."""
        line = _line(name, value)
        place = next((i for i, (key, _, _) in enumerate(self._lines) if key == line[0]), len(self._lines))
        before = self._lines[:place]
        self._lines = [*before, line, *(old for old in self._lines[place:] if old[0] != line[0])]

    def remove(self, name: str) -> None:
        """Drop all lines of this name."""
        key = _key(name)
        self._lines = [line for line in self._lines if line[0] != key]

    def remove_first(self, name: str) -> str | None:
        """Take away the first value of this name, say the top Via or Route, and return it."""
        key = _key(name)
        kept = iter(self._lines)
        before: list[tuple[str, str, str]] = []
        for line in kept:
            found, written, value = line
            if found != key:
                before.append(line)
                continue
            parts = split_list(value) if key in _LISTS else [value]
            if parts:
                rest = [(key, written, ", ".join(parts[1:]))] if len(parts) > 1 else []
                self._lines = [*before, *rest, *kept]
                return parts[0]
        self._lines = before
        return None

    def copy(self) -> Headers:
        """A copy of its own."""
        twin = Headers()
        twin._lines = self._lines.copy()
        return twin


def _line(name: str, value: str) -> tuple[str, str, str]:
    if "\r" in value or "\n" in value or "\r" in name or "\n" in name:
        raise ValueError("a header may not hold a line break")
    return _key(name), name, value
