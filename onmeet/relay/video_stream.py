"""One incoming VP8 stream: frames judged by their first packet, switches on key frames, thinning.

Continuation packets follow the verdict on their frame. While the first packet is missing they are parked: not
forwarded, and released when it arrives late (reordered, or repaired by RTX) and passes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from onmeet.relay.counters import Counters
from onmeet.relay.history import SEEN, History
from onmeet.relay.keyframes import KeyframeRequests
from onmeet.relay.losses import Losses
from onmeet.relay.sframe_check import FrameVerdicts, carries_header, key_prefix
from onmeet.relay.stream import REWRITE, Stream, first_index
from onmeet.rtp import vp8
from onmeet.rtp.packets import MARKER
from onmeet.rtp.sequence import is_newer_timestamp

if TYPE_CHECKING:
    from onmeet.relay.subscription import Subscription
    from onmeet.relay.track import Track

__all__ = ["VideoStream"]

VIDEO_CLOCK = 90_000  # RFC 7741 §6.1
_HISTORY_PACKETS = 1024
_HISTORY_SECONDS = 2.0
_HISTORY_OCTETS = 1_500_000

# docs/e2ee.md: what stays readable before the SFrame header, so that relays see key frames
_CLEAR_KEY, _CLEAR_DELTA = vp8.KEY_FRAME_HEADER, 1
_INTER_FRAME = 1  # RFC 6386 §9.1: lowest bit of the first payload octet, clear on key frames

_MAX_PARKED = 256
_PARK_SECONDS = 1.0  # as long as the first packet is asked for

_rewrite = REWRITE.pack_into
_parse = vp8.parse


class _Parked(NamedTuple):
    data: bytes
    start: int
    kind: int
    timestamp: int
    arrival: float


class VideoStream(Stream):
    """One simulcast layer, or the only layer, of a camera or a screen."""

    __slots__ = (
        "_check",
        "_frame_ok",
        "_frame_time",
        "_parked",
        "_picture",
        "_prefix",
        "_repairable",
        "_tl0",
        "_verdicts",
        "keyframes",
        "losses",
        "refused",
        "size",
    )

    def __init__(
        self,
        track: Track,
        ssrc: int,
        payload_type: int,
        sequence: int,
        *,
        layer: int,
        counters: Counters,
        check: bool,
        repairable: bool,
    ) -> None:
        """check: demand SFrame headers. repairable: the publisher answers NACKs by RTX."""
        super().__init__(
            track,
            ssrc,
            payload_type,
            sequence,
            layer=layer,
            clock_rate=VIDEO_CLOCK,
            history=History(_HISTORY_PACKETS, _HISTORY_SECONDS, _HISTORY_OCTETS, first_index(sequence)),
            counters=counters,
        )
        self.keyframes = KeyframeRequests()
        self.losses = Losses()
        self.refused = 0  # frames, since the last report to the publisher
        self.size: tuple[int, int] | None = None  # of the latest key frame
        self._check = check
        self._repairable = repairable
        self._prefix = key_prefix(track.source, track.index)
        self._verdicts = FrameVerdicts()
        self._frame_time = -1
        self._frame_ok = False
        self._picture = self._tl0 = -1
        self._parked: dict[int, _Parked] = {}

    def take(
        self, data: bytes, start: int, sequence: int, kind: int, timestamp: int, arrival: float, level: int
    ) -> None:
        """One packet (see `Stream.take`)."""
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
        size = len(data) - start
        if size <= 0 or self.track.muted:
            self._set_aside(index, size)
            return
        begins = data[start] & vp8.FRAME_START_MASK == vp8.FRAME_START
        if begins:
            passed: bool | None = self._judge(data, start, index, kind, timestamp, arrival)
        elif timestamp == self._frame_time:
            passed = self._frame_ok
        else:
            passed = self._verdicts.get(timestamp)
        if passed:
            self.history.slots[index & self.history.mask] = data
            if index > self.newest:
                self.newest = index
            self.packets += 1
            self.octets += size
            self.last_arrival = arrival
            if index != self.highest:
                self.forward_late(data, start, index, kind, timestamp, arrival)
            elif self.active:
                self.forward(data, start, index, kind, timestamp, arrival)
        else:
            self._withhold(index, passed, _Parked(data, start, kind, timestamp, arrival))
        if begins and self._parked:
            self._release(timestamp, bool(passed))

    # --- frames ---------------------------------------------------------------------------------

    def _judge(self, data: bytes, start: int, index: int, kind: int, timestamp: int, arrival: float) -> bool:
        """The verdict on a frame, from its first packet."""
        frame = _parse(data, start, len(data))
        if frame is None:
            self.counters.dropped_malformed += 1
            self._verdicts.note(timestamp, False)
            return False
        key = not data[frame.payload] & _INTER_FRAME
        passed = True
        if self._check:
            clear = _CLEAR_KEY if key else _CLEAR_DELTA
            passed = carries_header(data, frame.payload + clear, self._prefix, kind & MARKER != 0)
            if not passed:
                self.refused += 1
        passed = self._verdicts.note(timestamp, passed)
        if self._frame_time < 0 or is_newer_timestamp(timestamp, self._frame_time):
            self._frame_time = self.last_timestamp = timestamp
            self._frame_ok = passed
            self._picture, self._tl0 = frame.picture_id, frame.tl0
            self.note_transit(timestamp, arrival)
        elif timestamp == self._frame_time:
            self._frame_ok = passed
        if key and passed:
            self.keyframes.arrived()
            self.size = vp8.dimensions(data, frame.payload) or self.size
            for one in self.special:
                one.tid_limit = one.tid_goal  # nothing older is referred to
            if self.waiting:
                self.admit(index, timestamp, arrival, frame)
        return passed

    def last_picture(self) -> tuple[int, int]:
        """Picture id and TL0PICIDX of the newest frame, −1 without."""
        return self._picture, self._tl0

    def _set_aside(self, index: int, size: int) -> None:
        """Padding, or a packet of a muted track: counted, numbered, not forwarded."""
        self.history.slots[index & self.history.mask] = SEEN
        if size > 0:
            self.counters.dropped_muted += 1
            return
        self.counters.dropped_empty += 1
        self._leave_out(index)

    def _leave_out(self, index: int) -> None:
        if index == self.highest:
            for one in self.active:
                one.skip(index)

    def _withhold(self, index: int, passed: bool | None, packet: _Parked) -> None:
        self.history.slots[index & self.history.mask] = SEEN
        if passed is None and len(self._parked) < _MAX_PARKED:
            self._parked[index] = packet
        elif passed is None:
            self.counters.dropped_unverified += 1
        else:
            self.counters.dropped_refused += 1
            self._leave_out(index)

    def _release(self, timestamp: int, passed: bool) -> None:
        """The first packet of a frame has come: its parked packets follow its verdict."""
        for index in sorted(i for i, one in self._parked.items() if one.timestamp == timestamp):
            one = self._parked.pop(index)
            if not passed:
                self.counters.dropped_refused += 1
                continue
            if self.history.covers(index, self.highest):
                self.history.slots[index & self.history.mask] = one.data
            self.newest = max(self.newest, index)
            self.packets += 1
            self.octets += len(one.data) - one.start
            self.forward_late(one.data, one.start, index, one.kind, one.timestamp, one.arrival)

    def expire(self, now: float) -> None:
        """Drop parked packets whose first packet never came."""
        old = [i for i, one in self._parked.items() if now - one.arrival >= _PARK_SECONDS]
        for index in old:
            del self._parked[index]
        self.counters.dropped_unverified += len(old)

    # --- watchers with more than another header ---------------------------------------------------

    def forward_special(
        self,
        packet: bytearray,
        data: bytes,
        start: int,
        index: int,
        kind: int,
        timestamp: int,
        arrival: float,
    ) -> None:
        """Rewrite picture ids, leave out temporal layers."""
        frame = _parse(data, start, len(data))
        if frame is None:
            return
        shift = len(packet) - len(data)
        marker = kind & MARKER
        counters = self.counters
        for one in self.special:
            if frame.starts_frame and one.tid_goal != one.tid_limit:
                _follow_tid(one, frame)
            if frame.tid > one.tid_limit:
                one.skip(index, frame.picture_id)
                counters.dropped_thinned += 1
                continue
            if one.stamp_id != self.stamp_id:
                self.send_late_to(one, data, start, index, kind, timestamp, arrival)
                continue
            _rewrite(
                packet,
                1,
                marker | one.type,
                (index + one.offset) & 0xFFFF,
                (timestamp + one.timestamp_offset) & 0xFFFFFFFF,
                one.ssrc,
            )
            vp8.rewrite(packet, shift, frame, one.picture_offset, one.tl0_offset)
            one.send(packet)
            counters.packets_out += 1
            counters.octets_out += len(packet)

    def send_late_to(
        self,
        one: Subscription,
        data: bytes,
        start: int,
        index: int,
        kind: int,
        timestamp: int,
        arrival: float,
    ) -> None:
        """As `Stream.send_late_to`; a temporal layer that is left out becomes padding."""
        if one.tid_limit < vp8.HIGHEST_TID:
            frame = _parse(data, start, len(data))
            span = one.span_of(self, index)
            if frame is not None and frame.tid > one.tid_limit:
                if span is not None:
                    one.fill(span, index, timestamp)
                return
        super().send_late_to(one, data, start, index, kind, timestamp, arrival)

    # --- hooks ----------------------------------------------------------------------------------

    def passed_over(self, first: int, end: int, arrival: float) -> None:
        """Ask for what is missing, when somebody could use it."""
        if self._repairable and (self.active or self.waiting) and not self.track.muted:
            self.losses.open(first, end, arrival)

    def found(self, index: int, arrival: float) -> None:
        """A missing packet arrived."""
        self.losses.arrived(index, arrival)

    def restarted(self, arrival: float) -> None:
        """The sequence leapt: only a key frame helps those who wait."""
        self.losses.clear()
        self._parked.clear()
        self._verdicts.clear()
        self._frame_time = -1
        if self.waiting:
            self.keyframes.want()

    def suspend(self) -> None:
        """As `Stream.suspend`; whoever waits will need a key frame."""
        super().suspend()
        self.losses.clear()
        if self.waiting:
            self.keyframes.want()

    def close(self) -> None:
        """Let go of everything."""
        super().close()
        self.losses.clear()
        self._parked.clear()


def _follow_tid(one: Subscription, frame: vp8.Descriptor) -> None:
    """At the start of a frame: fewer temporal layers at once, more only where the layer allows it."""
    if one.tid_goal < one.tid_limit:
        one.tid_limit = one.tid_goal
    elif frame.sync and frame.tid == one.tid_limit + 1:
        one.tid_limit = (
            vp8.HIGHEST_TID
            if one.tid_goal == vp8.HIGHEST_TID and frame.tid == vp8.HIGHEST_TID - 1
            else frame.tid
        )
