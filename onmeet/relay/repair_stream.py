"""The RTX stream that repairs a video stream (RFC 4588): unwrapped, and given to it."""

from __future__ import annotations

from onmeet.relay.history import SEEN, History
from onmeet.relay.stream import Stream, first_index
from onmeet.relay.video_stream import VideoStream
from onmeet.rtp.packets import HEADER, MARKER, VERSION_BITS
from onmeet.rtp.rtx import OSN_LENGTH
from onmeet.rtp.sequence import extend

__all__ = ["RepairStream"]

_NUMBERS = 256  # remembered, against duplicates; the packets themselves are not


class RepairStream(Stream):
    """One RTX SSRC. Its own sequence is followed for receiver reports only."""

    __slots__ = ("media",)

    def __init__(self, media: VideoStream, ssrc: int, payload_type: int, sequence: int) -> None:
        super().__init__(
            media.track,
            ssrc,
            payload_type,
            sequence,
            layer=media.layer,
            clock_rate=media.clock_rate,
            history=History(_NUMBERS, keep=2.0, limit=1, start=first_index(sequence)),
            counters=media.counters,
        )
        self.media = media

    def take(
        self, data: bytes, start: int, sequence: int, kind: int, timestamp: int, arrival: float, level: int
    ) -> None:
        """One repair packet; an empty one is padding of a bandwidth probe."""
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
        self.history.slots[index & self.history.mask] = SEEN
        self.last_arrival = arrival
        self.packets += 1
        if len(data) - start <= OSN_LENGTH:
            self.counters.dropped_empty += 1
            return
        media = self.media
        original = data[start] << 8 | data[start + 1]
        kind = kind & MARKER | media.payload_type
        head = HEADER.pack(VERSION_BITS, kind, original, timestamp, media.ssrc)
        repaired = extend(original, media.highest)
        if not media.history.covers(repaired, media.highest):
            self.counters.dropped_late += 1  # browsers probe with packets of long ago
            return
        media.losses.repaired(repaired, arrival)
        before = media.packets
        media.take(head + data[start + OSN_LENGTH :], len(head), original, kind, timestamp, arrival, -1)
        if media.packets != before:
            self.counters.packets_repaired += 1
            media.lost += 1  # the media SSRC itself never delivered it (RFC 4588 §6.3)
