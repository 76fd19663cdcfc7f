"""The country of a visit, guessed from its address at this moment, for the currency of prices (N2.8).

The ranges of addresses come from `@ip-location-db/geo-whois-asn-country` (statistics of the Number Resource
Organization, nro.net), which `./dev run` fetches by its hash. They are files of lines
`first,last,country`, numbers in order, which are searched where they lie: mapped into memory, never read as a
whole. Without them no country is known, and prices are shown in the first currency. Nothing is stored here
and nothing logged: an address goes in, two letters come out.
"""

from __future__ import annotations

import ipaddress
import mmap
from collections.abc import Mapping
from pathlib import Path

__all__ = ["FOLDER", "Countries"]

FOLDER = Path(__file__).parents[2] / "node_modules" / "@ip-location-db" / "geo-whois-asn-country"
"""Where npm puts the files; not part of this repository."""

_FILE = "geo-whois-asn-country-ipv{version}-num.csv"


class Countries:
    """Where addresses are. `folder`: of the two files; one that is missing knows no country."""

    def __init__(self, folder: Path = FOLDER) -> None:
        found = {version: _mapped(folder / _FILE.format(version=version)) for version in (4, 6)}
        self._files: Mapping[int, mmap.mmap] = {v: file for v, file in found.items() if file is not None}

    @property
    def known(self) -> bool:
        """Whether there are any files."""
        return bool(self._files)

    def of(self, address: str | None) -> str | None:
        """Two letters (ISO 3166-1), None for an address that is nowhere, such as one of this network."""
        try:
            ip = ipaddress.ip_address(address or "")
        except ValueError:
            return None
        ip = getattr(ip, "ipv4_mapped", None) or ip
        file = self._files.get(ip.version)
        return _find(file, int(ip)) if file is not None else None

    def close(self) -> None:
        """Let go of the files."""
        for file in self._files.values():
            file.close()


def _mapped(path: Path) -> mmap.mmap | None:
    try:
        with path.open("rb") as file:
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError):  # missing, or empty
        return None


def _find(lines: mmap.mmap, number: int) -> str | None:
    """Halve the file, always at the line around the middle, until the range is found."""
    low, high = 0, len(lines)
    while low < high:
        middle = (low + high) // 2
        begin = max(low, lines.rfind(b"\n", low, middle) + 1)
        end = lines.find(b"\n", middle, high)
        end = high if end < 0 else end
        try:
            first, last, country = lines[begin:end].decode("ascii").strip().split(",")
            if number < int(first):
                high = begin
            elif number > int(last):
                low = end + 1
            else:
                return country
        except ValueError:  # no such line is in the files; one who writes others is told nothing
            return None
    return None
