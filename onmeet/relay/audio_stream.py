"""One incoming Opus stream: checked packet by packet, measured, and forwarded while its gate is open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from onmeet.relay.counters import Counters
from onmeet.relay.history import SEEN, History
from onmeet.relay.sframe_check import carries_header, key_prefix
from onmeet.relay.stream import Stream, first_index

if TYPE_CHECKING:
    from onmeet.relay.track import Track

__all__ = ["SILENCE", "AudioStream", "Doorkeeper"]

AUDIO_CLOCK = 48_000  # RFC 7587 §4.1
SILENCE = 127  # RFC 6464 §3: −dBov
_HISTORY_PACKETS = 128  # a second at 10 ms a packet
_HISTORY_SECONDS = 1.0
_HISTORY_OCTETS = 64_000
_POWER = tuple(10.0 ** (-level / 10) for level in range(SILENCE + 1))  # RFC 6464 level → power


class Doorkeeper(Protocol):
    """Decides which streams of a room are heard."""

    def knock(self, stream: AudioStream, level: int) -> None:
        """A packet of this level came for a stream that is not open."""


class AudioStream(Stream):
    """The one stream of a microphone, or of a screen's sound."""

    __slots__ = ("_check", "_gate", "_prefix", "level_count", "open", "power", "refused")

    def __init__(
        self,
        track: Track,
        ssrc: int,
        payload_type: int,
        sequence: int,
        *,
        counters: Counters,
        check: bool,
        gate: Doorkeeper,
    ) -> None:
        """check: demand SFrame headers."""
        super().__init__(
            track,
            ssrc,
            payload_type,
            sequence,
            layer=0,
            clock_rate=AUDIO_CLOCK,
            history=History(_HISTORY_PACKETS, _HISTORY_SECONDS, _HISTORY_OCTETS, first_index(sequence)),
            counters=counters,
        )
        self.open = True
        self.power, self.level_count = 0.0, 0  # sum and number of levels since the gate last looked
        self.refused = 0  # frames, since the last report to the publisher
        self._check = check
        self._prefix = key_prefix(track.source, track.index)
        self._gate = gate

    def take(
        self, data: bytes, start: int, sequence: int, kind: int, timestamp: int, arrival: float, level: int
    ) -> None:
        """One packet, which is one frame (RFC 7587 §4.2)."""
        if kind & 0x7F != self.payload_type:
            self.counters.dropped_unknown += 1
            return
        index = self.highest + 1
        if index & 0xFFFF == sequence:
            self.highest = index
        else:
            index = self.place(sequence, arrival)
            if index < 0:
                return
        slot = index & self.history.mask
        if self.track.muted or (self._check and not carries_header(data, start, self._prefix, True)):
            self.history.slots[slot] = SEEN
            self._drop(index, len(data) - start)
            return
        self.history.slots[slot] = data
        if level >= 0:
            self.power += _POWER[level]
            self.level_count += 1
        if index == self.highest:
            self.note_transit(timestamp, arrival)
            self.last_timestamp = timestamp
            if not self.open:
                self._gate.knock(self, level)
            if self.waiting and self.open:
                self.admit(index, timestamp, arrival, None)
            if self.active:
                self.forward(data, start, index, kind, timestamp, arrival)
            elif not self.open:
                self.counters.dropped_quiet += 1
        else:
            self.forward_late(data, start, index, kind, timestamp, arrival)
        self.newest = max(self.newest, index)
        self.packets += 1
        self.octets += len(data) - start
        self.last_arrival = arrival

    def _drop(self, index: int, size: int) -> None:
        if self.track.muted:
            self.counters.dropped_muted += 1
            return
        if size <= 0:
            self.counters.dropped_empty += 1
        else:
            self.refused += 1
            self.counters.dropped_refused += 1
        if index == self.highest:
            for one in self.active:
                one.skip(index)

    def set_open(self, is_open: bool) -> None:
        """Let the stream be heard, or not. Sequences stay unbroken either way."""
        if is_open == self.open:
            return
        self.open = is_open
        if not is_open:
            self.suspend()
