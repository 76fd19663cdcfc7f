"""How good a participant's connection is, in four levels: 3 good, 2 fair, 1 poor, 0 lost."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["FAIR", "GOOD", "LOST", "POOR", "Link", "Quality", "rate"]

GOOD, FAIR, POOR, LOST = 3, 2, 1, 0

_FAIR_LOSS, _POOR_LOSS = 0.02, 0.08
_FAIR_TRIP, _POOR_TRIP = 0.25, 0.6  # s; ITU-T G.114: beyond 150 ms one way talk begins to suffer
_FAIR_SHARE, _POOR_SHARE = 0.8, 0.35  # of the wanted bit rate that the path carries
_SILENT_AFTER = 12.0  # s without anything: more than two of the longest report intervals


class Link(NamedTuple):
    """One direction of one participant."""

    loss: float  # share of packets
    round_trip: float  # s, 0 = unknown
    share: float  # of the wanted bit rate that fits, 1 = all
    silent: float  # s since anything came from the peer


def rate(link: Link) -> int:
    """The level of one direction."""
    if link.silent > _SILENT_AFTER:
        return LOST
    if link.loss > _POOR_LOSS or link.round_trip > _POOR_TRIP or link.share < _POOR_SHARE:
        return POOR
    if link.loss > _FAIR_LOSS or link.round_trip > _FAIR_TRIP or link.share < _FAIR_SHARE:
        return FAIR
    return GOOD


class Quality:
    """Levels by participant; a level improves only after it was seen twice."""

    __slots__ = ("_levels", "_rising")

    def __init__(self) -> None:
        self._levels: dict[int, int] = {}
        self._rising: set[int] = set()

    def update(self, links: dict[int, list[Link]]) -> dict[int, int]:
        """The levels that changed. links: both directions of everybody present."""
        changed: dict[int, int] = {}
        for index, directions in links.items():
            level = min((rate(link) for link in directions), default=GOOD)
            before = self._levels.get(index)
            if before is not None and level > before and index not in self._rising:
                self._rising.add(index)
                continue
            self._rising.discard(index)
            if level != before:
                self._levels[index] = changed[index] = level
        for index in self._levels.keys() - links.keys():
            del self._levels[index]
            self._rising.discard(index)
        return changed
