"""The jitter buffer: puts packets in order and says when each is due; sans I/O.

All in ticks of 8 kHz; one octet of payload lasts one tick. A packet's *transit* is its arrival minus its
timestamp, both in ticks; its zero means nothing, its differences are the network's jitter. The buffer plays a
packet when its transit would be `target`: what nearly all of the last five seconds' packets kept to.

Nothing is skipped because it is late as long as its place has not been filled by what came after: an empty
buffer holds its position, so that one long delay costs time, not words. `excess` says how much too late (or
too early) playing has become; whoever plays shortens or stretches the sound accordingly (`adjusted`).
"""

from __future__ import annotations

from bisect import insort
from collections import deque
from typing import Literal

from onmeet.rtp.sequence import timestamp_distance
from sip.media.codecs import TICKS_PER_SECOND

__all__ = ["JitterBuffer", "Verdict"]

Verdict = Literal["kept", "late", "duplicate", "unusable"]

_WINDOW = 250  # packets whose transit is remembered: five seconds
_FEW = 50  # packets: with fewer the network is not known yet
_LOOK_EVERY = 10  # packets between two looks at the window
_OUTLIERS = 3  # of a full window that may come too late
_MARGIN = 24  # 3 ms: the event loop's own irregularity
_START_MARGIN = 160  # 20 ms more as long as the network is not known
_MOST = 3200  # 400 ms: more sound than that is never held back
_KEEP = 800  # 100 ms: of which so much is kept when the rest is dropped
_KEEP_AT_START = 160  # 20 ms: the same of what lay in the socket before anybody listened
_JOIN = 40  # 5 ms to make up where it was dropped, so that the parts are joined without a click
_WORST = 2400  # 300 ms: more than that behind the quickest packet none is waited for
_JUMP = 4000  # 500 ms: a change of transit that no network makes between two packets in a row
_LONGEST_PAYLOAD = 1600  # 200 ms
_FETCHES = 10  # after so many packets played the excess is known


class JitterBuffer:
    """Packets of one stream; `reset` when the stream begins anew."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget everything: another SSRC, or its numbers began anew."""
        self._waiting: dict[int, bytes] = {}
        self._order: list[int] = []
        self._position: int | None = None  # timestamp of the next tick to play
        self._filled = 0  # ticks made up at this position
        self._newest: tuple[int, int, int, float] | None = None  # index, timestamp, ticks, transit
        self._transits: deque[float] = deque(maxlen=_WINDOW)
        self._seen = 0
        self._put_at = 0.0
        self._target = 0.0
        self._slack: deque[float] = deque(maxlen=_FETCHES)
        self.dropped = 0

    def put(self, index: int, timestamp: int, payload: bytes, now: float) -> Verdict:
        """A packet came. index: its sequence number with cycles; timestamp: 32 bits; now: seconds."""
        if not 0 < len(payload) <= _LONGEST_PAYLOAD:
            return "unusable"
        at = self._unwrapped(timestamp)
        transit = now * TICKS_PER_SECOND - at
        self._watch(index, at, len(payload), transit)
        if at in self._waiting:
            return "duplicate"
        together = now == self._put_at
        self._put_at = now
        if together and self._position is None:
            self._transits.clear()  # that it lay in the socket says nothing of the network
        self._learn(transit)
        if self._position is not None and at < self._position:
            overlap = self._position - at
            if overlap >= len(payload):
                return "late"
            at, payload = self._position, payload[overlap:]
            if at in self._waiting:
                return "duplicate"
        self._waiting[at] = payload
        insort(self._order, at)
        if together and self._position is None:
            self._drop_but(_KEEP_AT_START)
        elif self._order[-1] - self._order[0] > _MOST:  # a long burst
            self._drop_but(_KEEP)
            self._position = self._order[0] - _JOIN
            self._filled = 0
            self._slack.clear()
        return "kept"

    def take(self, now: float) -> bytes | int:
        """What comes next at `now`: a payload, or how many ticks to make up first (0: as many as wanted).

        Tell `filled` how many were made up, then ask again.
        """
        if not self._order:
            return 0
        first = self._order[0]
        delay = now * TICKS_PER_SECOND - first
        if self._position is not None:
            gap = first - self._position
            if gap > self._filled and (delay < self._target or not self._filled):
                return gap - self._filled
            if self._filled > gap:  # the position was held: all is later now
                self._slack.clear()
        elif delay < self._target:  # a stream begins: build up the delay first
            return 0
        payload = self._waiting.pop(self._order.pop(0))
        self._position = first + len(payload)
        self._filled = 0
        self._slack.append(delay - self._target)
        return payload

    def filled(self, ticks: int) -> None:
        """So many ticks were made up instead of sound."""
        if self._position is not None:
            self._filled += ticks

    @property
    def excess(self) -> float:
        """Ticks by which packets are played later than needed; negative: too early. 0 until it is known."""
        return min(self._slack) if len(self._slack) == _FETCHES else 0.0

    def adjusted(self, ticks: int) -> None:
        """Sound was made so many ticks shorter (positive) or longer (negative) on its way out."""
        self._slack.clear()

    @property
    def waiting(self) -> int:
        """Ticks of sound that wait."""
        return sum(len(payload) for payload in self._waiting.values())

    def _unwrapped(self, timestamp: int) -> int:
        if self._newest is None:
            return timestamp
        return self._newest[1] + timestamp_distance(timestamp, self._newest[1] & 0xFFFFFFFF)

    def _watch(self, index: int, at: int, ticks: int, transit: float) -> None:
        """Notice that the sender's timestamps jumped: then what is known about transits is void."""
        newest = self._newest
        if newest is None or index > newest[0]:
            self._newest = (index, at, ticks, transit)
        if newest is None or index <= newest[0]:
            return
        steady = at - newest[1] == (index - newest[0]) * newest[2]
        if at < newest[1] or (abs(transit - newest[3]) > _JUMP and not steady):
            dropped = self.dropped + len(self._order)
            self.reset()
            self.dropped = dropped
            self._newest = (index, at, ticks, transit)

    def _learn(self, transit: float) -> None:
        self._transits.append(transit)
        self._seen += 1
        if self._seen % _LOOK_EVERY == 0 or self._seen < _FEW:
            ordered = sorted(self._transits)
            full = len(ordered) == _WINDOW
            self._target = min(ordered[-1 - _OUTLIERS if full else -1] + _MARGIN, ordered[0] + _WORST)
            if self._seen < _FEW:
                self._target = max(self._target, ordered[0] + _START_MARGIN)

    def _drop_but(self, ticks: int) -> None:
        """Go on with the latest sound."""
        edge = self._order[-1] - ticks
        while self._order[0] < edge:
            del self._waiting[self._order.pop(0)]
            self.dropped += 1
