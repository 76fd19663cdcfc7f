"""What was received of one source: its sequence numbers, losses and jitter (RFC 3550 §A.1, §A.3, §A.8)."""

from __future__ import annotations

from dataclasses import dataclass

from onmeet.rtp.rtcp import ReportBlock
from onmeet.rtp.sequence import extend
from sip.media.codecs import TICKS_PER_SECOND

__all__ = ["Reception", "Sources"]

_DROPOUT = 3000  # RFC 3550 §A.1 MAX_DROPOUT: a larger gap is no loss
_MISORDER = 100  # §A.1 MAX_MISORDER
_TAKE_OVER = 3  # packets in a row of another SSRC while the known one still sends …
_QUIET = 0.06  # … or the first one, when that fell silent for so many seconds


class Reception:
    """One source's packets; `highest` is the extended highest sequence number."""

    def __init__(self, ssrc: int, highest: int) -> None:
        self.ssrc = ssrc
        self.highest = highest
        self.received = 0
        self.jitter = 0.0  # ticks
        self.heard = float("-inf")
        self._base = highest
        self._suspect: int | None = None
        self._transit: float | None = None
        self._earlier = 0  # expected, of parts that ended with a restart
        self._before = (0, 0)  # expected and received at the last report

    def place(self, sequence: int) -> tuple[int, bool] | None:
        """The packet's index, and whether the numbers began anew. None: a wild number, to be dropped."""
        index = extend(sequence, self.highest)
        if not -_MISORDER < index - self.highest < _DROPOUT:
            if self._suspect is None or sequence != (self._suspect + 1) & 0xFFFF:
                self._suspect = sequence
                return None
            self._earlier += self.highest - self._base + 1
            self._base = self.highest = index
            self._suspect = None
            return index, True
        self._suspect = None
        if index > self.highest:
            self.highest = index
        return index, False

    def count(self, timestamp: int, now: float) -> None:
        """A packet that was taken; its arrival gives the jitter."""
        self.received += 1
        self.heard = now
        transit = (now * TICKS_PER_SECOND - timestamp) % 0x100000000
        if self._transit is not None:
            change = abs(transit - self._transit)
            change = min(change, 0x100000000 - change)
            if change < TICKS_PER_SECOND:  # silence or a jump of the sender's numbers is no jitter
                self.jitter += (change - self.jitter) / 16
        self._transit = transit

    @property
    def expected(self) -> int:
        """Packets that should have come."""
        return self._earlier + self.highest - self._base + 1

    @property
    def lost(self) -> int:
        """Packets that did not; negative when some came twice."""
        return self.expected - self.received

    def report(self, last_sr: int, delay: int) -> ReportBlock:
        """A block for the next report; the fraction counts from the last one."""
        expected, received = self.expected - self._before[0], self.received - self._before[1]
        self._before = (self.expected, self.received)
        lost = max(0, expected - received)
        fraction = min(255, lost * 256 // expected) if expected > 0 else 0
        return ReportBlock(
            self.ssrc, fraction, self.lost, self.highest & 0xFFFFFFFF, int(self.jitter), last_sr, delay
        )


@dataclass(slots=True)
class _Claim:
    """Another SSRC that wants to be heard."""

    ssrc: int
    count: int


class Sources:
    """Which SSRC is heard: one at a time, so that a stray second stream never chops the first."""

    def __init__(self, heard: tuple[int, int, int] | None = None) -> None:
        self.current: Reception | None = None
        if heard is not None:
            ssrc, sequence, cycles = heard
            self.current = Reception(ssrc, cycles << 16 | sequence)
            self.current._base += 1  # that one was counted elsewhere
        self._claim: _Claim | None = None
        self._lost = 0

    def choose(self, ssrc: int, sequence: int, now: float) -> tuple[Reception, bool] | None:
        """The reception that this packet belongs to, and whether it is a new one. None: not heard now."""
        current = self.current
        if current is not None and current.ssrc == ssrc:
            self._claim = None
            return current, False
        if current is not None and now - current.heard < _QUIET:
            if self._claim is None or self._claim.ssrc != ssrc:
                self._claim = _Claim(ssrc, 0)
            self._claim.count += 1
            if self._claim.count < _TAKE_OVER:
                return None
        if current is not None:
            self._lost += max(0, current.lost)
        self._claim = None
        self.current = Reception(ssrc, sequence)
        return self.current, True

    @property
    def lost(self) -> int:
        """Packets of all sources that did not come."""
        return self._lost + (max(0, self.current.lost) if self.current else 0)
