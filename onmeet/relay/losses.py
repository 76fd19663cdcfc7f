"""Which packets of an incoming stream are missing, and when to ask for them (RFC 4585 §6.2.1)."""

from __future__ import annotations

__all__ = ["Losses"]

_PATIENCE, _MOST_PATIENCE = 0.005, 0.08  # s: reordering on the way is no loss yet
_FORGIVING = 0.98  # how slowly patience shrinks again, for each packet that is truly lost
_SHORTEST = 0.04  # s between two requests for one packet, however near the publisher
_GIVE_UP = 1.0  # s: a picture that old helps nobody
_MAX_TRIES = 10
_MAX_MISSING = 512  # beyond this a key frame is cheaper
_START_RTT = 0.1  # s, until an answer has been measured
_GAIN = 0.125  # RFC 6298 §2: weight of a new round-trip sample


class Losses:
    """The missing indexes of one stream, and the round trip that their repair shows."""

    __slots__ = ("_missing", "_patience", "given_up", "rtt")

    def __init__(self) -> None:
        self._missing: dict[int, list[float]] = {}  # index → [due, tries, asked, since]
        self._patience = _PATIENCE
        self.rtt = _START_RTT
        self.given_up = 0

    def __len__(self) -> int:
        return len(self._missing)

    def open(self, first: int, end: int, now: float) -> None:
        """Indexes `first` … `end - 1` were passed over."""
        missing = self._missing
        first = max(first, end - _MAX_MISSING)
        for index in range(first, end):
            missing[index] = [now + self._patience, 0, 0.0, now]
        while len(missing) > _MAX_MISSING:
            del missing[next(iter(missing))]
            self.given_up += 1

    def arrived(self, index: int, now: float) -> None:
        """An index came by itself, overtaken by others: wait that long for the next ones."""
        entry = self._missing.pop(index, None)
        if entry is not None:
            self._patience = min(_MOST_PATIENCE, max(self._patience, now - entry[3] + _PATIENCE))

    def repaired(self, index: int, now: float) -> None:
        """An index came by RTX, as asked."""
        entry = self._missing.pop(index, None)
        if entry is None:
            return
        self._patience = max(_PATIENCE, _FORGIVING * self._patience)
        if entry[1] == 1:  # several requests would leave open which one was answered
            self.rtt += _GAIN * (min(now - entry[2], _GIVE_UP) - self.rtt)

    def due(self, now: float) -> list[int]:
        """What to ask for now, in rising order; what nobody needs any more is forgotten."""
        asked: list[int] = []
        gone: list[int] = []
        wait = max(_SHORTEST, 1.5 * self.rtt)
        for index, entry in self._missing.items():
            if now < entry[0]:
                continue
            if entry[1] >= _MAX_TRIES or now - entry[3] >= _GIVE_UP:
                gone.append(index)
                continue
            entry[0], entry[2] = now + wait, now
            entry[1] += 1
            asked.append(index)
        for index in gone:
            del self._missing[index]
        self.given_up += len(gone)
        asked.sort()
        return asked

    def clear(self) -> None:
        """Ask for nothing any more."""
        self._missing.clear()
