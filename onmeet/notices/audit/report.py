"""What an audit found, as values that can be printed or written as JSON."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Literal

__all__ = ["Finding", "Held", "Kind", "Report", "Sighting"]

Kind = Literal[
    "overdue",
    "not permitted",
    "not declared",
    "wrong form",
    "not sealed",
    "key missing",
    "key left over",
    "not readable",
]


@dataclass(frozen=True, slots=True)
class Held:
    """How many values of a category a store holds, and when the next of them goes (None: by an event)."""

    store: str
    place: str
    category: str
    count: int
    next_goes: datetime | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that must not be. `place` is a table and column, a file, a key; never a value."""

    kind: Kind
    store: str
    place: str
    count: int
    remedy: str


@dataclass(frozen=True, slots=True)
class Sighting:
    """A string that was looked for and found. `permitted`: it is a value that the notice lets stand there."""

    text: str
    store: str
    place: str
    permitted: bool


@dataclass(slots=True)
class Report:
    """Everything: the audit is clean when there is no finding and no sighting that is not permitted."""

    at: datetime
    notice: str
    version: str
    stores: list[str] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    sightings: list[Sighting] = field(default_factory=list)
    holds: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings and all(sighting.permitted for sighting in self.sightings)

    def add(self, part: Iterable[Held | Finding | Sighting]) -> None:
        """Take up what the look at one store yields."""
        for entry in part:
            match entry:
                case Held():
                    self.held.append(entry)
                case Finding():
                    self.findings.append(entry)
                case Sighting():
                    self.sightings.append(entry)

    def as_json(self) -> dict[str, Any]:
        """Plain values; times in ISO 8601."""
        plain: dict[str, Any] = {"clean": self.clean, **asdict(self)}
        plain["at"] = self.at.isoformat()
        for held in plain["held"]:
            held["next_goes"] = held["next_goes"].isoformat() if held["next_goes"] else None
        return plain
