"""Who speaks, and which microphones are forwarded in a big meeting (RFC 6464 levels, −dBov: 0 is loudest).

The power of 400 ms is averaged, in four slices. A silent microphone that is forwarded gives its place to a
voice at that voice's first packet, so no syllable is clipped; a place in use changes hands only for a voice
that is clearly louder.
"""

from __future__ import annotations

from collections import deque
from math import log10

from onmeet.relay.audio_stream import SILENCE, AudioStream

__all__ = ["Gate", "Speakers"]

_SLICE = 0.1  # s
_SLICES = 4
_PACKETS_A_SLICE = 5  # at the usual 20 ms: fewer means silence between (Opus DTX)
_SPEAKING = 35  # −dBov: as loud as this on average counts as speaking
_STILL_SPEAKING = 42  # and down to this it goes on
_QUIET = 50  # −dBov: softer than this is no voice worth a place
_CLEARLY = 10  # dB by which one packet must beat an average to take its place at once
_LOUDER = 4  # dB between averages for taking a place, or for changing the order of speakers
_MOST_SPEAKERS = 4  # PROTOCOL.md `speakers`


_LEAST_POWER = 10.0 ** (-SILENCE / 10)


class _Ear:
    """The average level of one microphone."""

    __slots__ = ("_slices", "level", "speaking", "stream")

    def __init__(self, stream: AudioStream) -> None:
        self.stream = stream
        self.level = float(SILENCE)  # −dBov over the window
        self.speaking = False
        self._slices: deque[float] = deque((0.0,) * _SLICES, maxlen=_SLICES)

    def turn(self) -> None:
        """End a slice; packets that did not come count as silent."""
        stream = self.stream
        self._slices.append(stream.power / max(stream.level_count, _PACKETS_A_SLICE))
        stream.power, stream.level_count = 0.0, 0
        self.level = _decibels(sum(self._slices) / _SLICES)

    def present(self) -> float:
        """The level including a voice that has only just begun."""
        stream = self.stream
        if not stream.level_count:
            return self.level
        return min(self.level, _decibels(stream.power / stream.level_count))


def _decibels(power: float) -> float:
    return -10.0 * log10(max(power, _LEAST_POWER))


def _level(ear: _Ear) -> float:
    return ear.level


class Gate:
    """The places of a room: at most `loudest` microphones are forwarded at a time."""

    __slots__ = ("_due", "_ears", "_loudest")

    def __init__(self, loudest: int) -> None:
        self._loudest = loudest
        self._ears: dict[int, _Ear] = {}  # by SSRC object id, in order of arrival
        self._due = 0.0

    def add(self, stream: AudioStream) -> None:
        """A microphone begins; it is heard at once while places are free."""
        taken = self._taken()
        self._ears[id(stream)] = _Ear(stream)
        stream.set_open(taken < self._loudest and not stream.track.muted)

    def mute(self, stream: AudioStream) -> None:
        """A microphone was muted or unmuted (`track.muted`)."""
        stream.set_open(False)
        self.refill()

    def remove(self, stream: AudioStream) -> None:
        """A microphone ends."""
        self._ears.pop(id(stream), None)
        self.refill()

    def refill(self) -> None:
        """Give free places to the loudest of those without one."""
        closed = [ear for ear in self._ears.values() if not ear.stream.open and not ear.stream.track.muted]
        closed.sort(key=_level)
        for ear in closed[: max(0, self._loudest - self._taken())]:
            ear.stream.set_open(True)

    def _taken(self) -> int:
        return sum(1 for ear in self._ears.values() if ear.stream.open)

    def knock(self, stream: AudioStream, level: int) -> None:
        """A packet of a closed microphone: open it when somebody quieter holds a place."""
        if not 0 <= level <= _QUIET:
            return
        if self._taken() < self._loudest:
            stream.set_open(True)
            return
        holders = [ear for ear in self._ears.values() if ear.stream.open]
        quietest = max(holders, key=_Ear.present, default=None)
        if quietest is not None and quietest.present() > min(_QUIET, level + _CLEARLY):
            quietest.stream.set_open(False)
            stream.set_open(True)

    def _quietest(self) -> _Ear | None:
        holders = [ear for ear in self._ears.values() if ear.stream.open]
        return max(holders, key=_level, default=None)

    def tick(self, now: float) -> bool:
        """Turn the slices every 100 ms; whether it did."""
        if now < self._due:
            return False
        self._due = now + _SLICE
        for ear in self._ears.values():
            ear.turn()
        self._compare()
        return True

    def _compare(self) -> None:
        """Hand a place from the quietest holder to the loudest outsider, when the averages say so."""
        outside = [e for e in self._ears.values() if not e.stream.open and not e.stream.track.muted]
        if not outside:
            return
        loudest = min(outside, key=_level)
        quietest = self._quietest()
        if quietest is not None and loudest.level + _LOUDER < quietest.level:
            quietest.stream.set_open(False)
            loudest.stream.set_open(True)

    def ears(self) -> list[_Ear]:
        """All microphones, for `Speakers`."""
        return list(self._ears.values())


class Speakers:
    """The list of those who speak, loudest first, without flicker."""

    __slots__ = ("_gate", "indexes")

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self.indexes: tuple[int, ...] = ()

    def update(self) -> bool:
        """Look again (after `Gate.tick`); whether the list changed."""
        levels: dict[int, float] = {}
        for ear in self._gate.ears():
            ear.speaking = ear.level <= (_STILL_SPEAKING if ear.speaking else _SPEAKING)
            if ear.speaking:
                levels[ear.stream.track.index] = ear.level
        indexes = tuple(self._ordered(levels)[:_MOST_SPEAKERS])
        changed = indexes != self.indexes
        self.indexes = indexes
        return changed

    def _ordered(self, levels: dict[int, float]) -> list[int]:
        """The order of before, in which only who is clearly louder overtakes."""
        order = [index for index in self.indexes if index in levels]
        order += sorted(levels.keys() - set(order), key=levels.__getitem__)
        for end in range(1, len(order)):
            at = end
            while at and levels[order[at]] + _LOUDER < levels[order[at - 1]]:
                order[at - 1], order[at] = order[at], order[at - 1]
                at -= 1
        return order
