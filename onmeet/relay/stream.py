"""One incoming RTP stream (SSRC): its index, its history, its watchers, its reports.

What is common to sound, video and repair streams. Video runs on in `video_stream`, sound in `audio_stream`.
Everything here is off the common path, except what subclasses read of its fields.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from onmeet.relay.counters import Counters
from onmeet.relay.history import History
from onmeet.rtp.extensions import ONE_BYTE
from onmeet.rtp.packets import EXTENSION, MARKER, VERSION_BITS
from onmeet.rtp.rtcp import ReportBlock, SenderReport, compact_ntp
from onmeet.rtp.sequence import extend

if TYPE_CHECKING:
    from onmeet.relay.subscription import Subscription
    from onmeet.relay.track import Track
    from onmeet.rtp.vp8 import Descriptor

__all__ = ["OUT_HEAD", "REWRITE", "WITHOUT_STAMP", "Stream", "first_index"]

REWRITE = struct.Struct("!BHII")  # from octet 1 of a header on: marker + type, sequence, timestamp, SSRC
OUT_HEAD = struct.Struct("!BBHIIHHI")  # a header and one word of one-byte extensions
WITHOUT_STAMP = bytes((VERSION_BITS, *(0,) * 11))

_FLAGS = VERSION_BITS | EXTENSION
_pack_head = OUT_HEAD.pack
_rewrite = REWRITE.pack_into

_REPORT_CLOCK = 65536.0  # RFC 3550 §6.4.1: DLSR counts 1/65536 s


class Stream:
    """One SSRC of a track. Owned by the publisher's `Uplink`."""

    __slots__ = (
        "_bad_next",
        "_prior_expected",
        "_prior_lost",
        "active",
        "base",
        "clock_rate",
        "counters",
        "highest",
        "history",
        "jitter",
        "last_arrival",
        "last_timestamp",
        "layer",
        "lost",
        "newest",
        "octets",
        "packets",
        "payload_type",
        "plain",
        "rate",
        "rate_mark",
        "report",
        "report_at",
        "special",
        "ssrc",
        "stamp_id",
        "track",
        "transit",
        "waiting",
    )

    def __init__(
        self,
        track: Track,
        ssrc: int,
        payload_type: int,
        sequence: int,
        *,
        layer: int,
        clock_rate: int,
        history: History,
        counters: Counters,
    ) -> None:
        """sequence: of the first packet, which is about to be taken."""
        self.track = track
        self.ssrc = ssrc
        self.payload_type = payload_type
        self.layer = layer
        self.clock_rate = clock_rate
        self.history = history
        self.counters = counters
        self.base = first_index(sequence)
        self.highest = self.base - 1  # of all that arrived
        self.newest = self.highest  # of those that passed, so that a switch does not wait for the rest
        self.lost = 0  # passed over and not (yet) arrived
        self.packets, self.octets = 0, 0  # octets of payloads
        self.rate = 0.0  # bit/s, smoothed
        self.rate_mark = (0.0, 0)
        self.last_timestamp = 0
        self.last_arrival = 0.0
        self.transit = 0
        self.jitter = 0.0  # clock ticks, RFC 3550 §6.4.1
        self.report: SenderReport | None = None
        self.report_at = 0.0
        self.active: list[Subscription] = []
        self.waiting: list[Subscription] = []
        self.plain: tuple[Subscription, ...] = ()  # rewritten by header alone
        self.special: tuple[Subscription, ...] = ()
        self.stamp_id: int | None = None  # abs-send-time's id for all of `plain`
        self._bad_next = -1
        self._prior_expected = self._prior_lost = 0

    # --- the path of a packet -------------------------------------------------------------------

    def take(
        self, data: bytes, start: int, sequence: int, kind: int, timestamp: int, arrival: float, level: int
    ) -> None:
        """One packet: payload at `start`, marker and payload type in `kind`, RFC 6464 level or −1."""
        raise NotImplementedError

    def place(self, sequence: int, arrival: float) -> int:
        """The index of a packet that is not simply the next one, or −1 when it is to be dropped."""
        index = extend(sequence, self.highest)
        ahead = index - self.highest
        history = self.history
        if ahead > 0:
            if ahead > history.mask:
                return self._leap(sequence, arrival)
            history.skip(self.highest + 1, index)
            self.lost += ahead - 1
            self.passed_over(self.highest + 1, index, arrival)
            self.highest = index
            return index
        if index < self.base or not history.covers(index, self.highest):
            if -ahead > history.mask:
                return self._leap(sequence, arrival)
            self.counters.dropped_late += 1
            return -1
        if history.slots[index & history.mask] is not None:
            self.counters.dropped_duplicate += 1
            return -1
        self.lost -= 1
        self.found(index, arrival)
        return index

    def _leap(self, sequence: int, arrival: float) -> int:
        """Accept a far-away sequence when a second packet follows it (RFC 3550 §A.1)."""
        if sequence != self._bad_next:
            self._bad_next = (sequence + 1) & 0xFFFF
            self.counters.dropped_restart += 1
            return -1
        self._bad_next = -1
        self.suspend()
        # always onwards: an index is never used twice
        index = self.highest + ((sequence - self.highest) & 0xFFFF)
        self.highest = self.base = index
        self.lost = self._prior_expected = self._prior_lost = 0
        self.history.clear(index)
        self.restarted(arrival)
        return index

    def passed_over(self, first: int, end: int, arrival: float) -> None:
        """Hook: indexes `first` … `end - 1` are missing."""

    def found(self, index: int, arrival: float) -> None:
        """Hook: a missing index arrived."""

    def restarted(self, arrival: float) -> None:
        """Hook: the sequence leapt; every subscription waits again."""

    def note_transit(self, timestamp: int, arrival: float) -> None:
        """Interarrival jitter (RFC 3550 §A.8)."""
        transit = int(arrival * self.clock_rate) - timestamp
        delta = abs(transit - self.transit)
        self.transit = transit
        if delta < self.clock_rate:  # the first packet, a wrap or a pause says nothing
            self.jitter += (delta - self.jitter) / 16.0

    def forward(self, data: bytes, start: int, index: int, kind: int, timestamp: int, arrival: float) -> None:
        """Send the newest packet to all watchers. The hot loop: one buffer, one header rewrite each."""
        stamp_id = self.stamp_id
        if stamp_id is None:
            packet = bytearray(WITHOUT_STAMP)
        else:
            word = (stamp_id << 4 | 2) << 24 | int(arrival * 262144.0) & 0xFFFFFF  # abs-send-time
            packet = bytearray(_pack_head(_FLAGS, 0, 0, 0, 0, ONE_BYTE, 1, word))
        packet += data[start:]
        marker = kind & MARKER
        plain = self.plain
        for one in plain:
            _rewrite(
                packet,
                1,
                marker | one.type,
                (index + one.offset) & 0xFFFF,
                (timestamp + one.timestamp_offset) & 0xFFFFFFFF,
                one.ssrc,
            )
            one.send(packet)
        counters = self.counters
        counters.packets_out += len(plain)
        counters.octets_out += len(plain) * len(packet)
        if self.special:
            self.forward_special(packet, data, start, index, kind, timestamp, arrival)

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
        """Send the newest packet to those for whom more than the header differs."""
        for one in self.special:
            self.send_late_to(one, data, start, index, kind, timestamp, arrival)

    def forward_late(
        self, data: bytes, start: int, index: int, kind: int, timestamp: int, arrival: float
    ) -> None:
        """Send a packet that came out of order to all watchers whose spans hold it."""
        for one in self.active:
            self.send_late_to(one, data, start, index, kind, timestamp, arrival)

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
        """Send one packet to one watcher under the offsets that were valid at its index."""
        span = one.span_of(self, index)
        if span is not None:
            self.counters.packets_out += 1
            self.counters.octets_out += len(data) - start
            one.send_late(span, data, start, index, kind, timestamp, arrival)

    # --- watchers -------------------------------------------------------------------------------

    def regroup(self) -> None:
        """Sort the watchers into those who differ by header alone, and the rest."""
        active = self.active
        self.stamp_id = active[0].stamp_id if active else None
        self.plain = tuple(one for one in active if one.is_plain(self.stamp_id))
        self.special = tuple(one for one in active if not one.is_plain(self.stamp_id))

    def suspend(self) -> None:
        """Forward to nobody; who wants this stream waits for the next packet to begin with."""
        for subscription in tuple(self.active):
            subscription.detach()
            if subscription.goal is self:
                self.waiting.append(subscription)

    def admit(self, index: int, timestamp: int, arrival: float, frame: Descriptor | None) -> None:
        """Everybody who waits begins with this packet."""
        waiting, self.waiting = self.waiting, []
        for subscription in waiting:
            subscription.attach(self, index, timestamp, arrival, frame)

    def last_picture(self) -> tuple[int, int]:
        """Picture id and TL0PICIDX of the newest frame, −1 without."""
        return -1, -1

    def live(self, now: float, patience: float) -> bool:
        """Whether a packet came within the last `patience` seconds."""
        return self.packets > 0 and now - self.last_arrival < patience

    # --- reports and time -----------------------------------------------------------------------

    def take_report(self, report: SenderReport, arrival: float) -> None:
        """A sender report of the publisher: remembered, and passed to all watchers."""
        self.report, self.report_at = report, arrival
        for subscription in self.active:
            subscription.send_report(arrival)

    def report_block(self, now: float) -> ReportBlock:
        """Reception since the last call, for an RR to the publisher (RFC 3550 §A.3)."""
        expected = self.highest - self.base + 1
        new_expected = expected - self._prior_expected
        new_lost = self.lost - self._prior_lost
        self._prior_expected, self._prior_lost = expected, self.lost
        fraction = 0
        if new_expected > 0 and new_lost > 0:
            fraction = min(255, 256 * new_lost // new_expected)
        last = compact_ntp(self.report.ntp) if self.report else 0
        delay = int((now - self.report_at) * _REPORT_CLOCK) if self.report else 0
        return ReportBlock(
            self.ssrc, fraction, self.lost, self.highest, int(self.jitter), last, max(0, delay)
        )

    def measure(self, now: float) -> None:
        """Update `rate`; call a few times a second. A layer that stops keeps its rate, as its price."""
        then, octets = self.rate_mark
        self.rate_mark = (now, self.octets)
        if then and now > then and self.octets > octets:
            present = 8.0 * (self.octets - octets) / (now - then)
            self.rate += 0.5 * (present - self.rate) if self.rate else present

    def close(self) -> None:
        """Let go of packets and watchers."""
        for subscription in tuple(self.active):
            subscription.detach()
        self.waiting.clear()
        self.history.clear(self.highest + 1)


def first_index(sequence: int) -> int:
    """The index of a stream's first packet; room is left below for packets that it overtook."""
    return sequence + 0x10000
