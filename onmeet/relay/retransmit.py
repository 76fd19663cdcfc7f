"""Answering a subscriber's NACKs from the shared history, through RTX (RFC 4588).

A packet is repeated at most three times and not twice within a round trip; all repairs of a subscriber
together are bounded by a bucket, so a storm of NACKs cannot become a storm of packets.
"""

from __future__ import annotations

from collections.abc import Iterable

from onmeet.relay.counters import Counters
from onmeet.relay.subscription import Subscription, payload_under
from onmeet.rtp import packets, rtx

__all__ = ["RepairBudget", "Retransmitter"]

_MOST_REPEATS = 3
_SHORTEST = 0.02  # s between two repeats of one packet, however near the subscriber
_REMEMBERED = 1024  # numbers
_FORGET_AFTER = 4.0  # s: longer than any history, after which a number cannot be asked for
_SHARE = 0.5  # of the estimated bit rate may go to repairs
_LEAST_RATE = 25_000.0  # octets a second
_BURST = 150_000.0  # octets: a key frame of a screen


class RepairBudget:
    """A bucket of octets for one subscriber's repairs."""

    __slots__ = ("_left", "_then")

    def __init__(self, now: float) -> None:
        self._left = _BURST
        self._then = now

    def refill(self, bitrate: float, now: float) -> None:
        """Add what time has brought, given the subscriber's estimated bit rate."""
        rate = max(_LEAST_RATE, _SHARE * bitrate / 8.0)
        self._left = min(_BURST, self._left + rate * max(0.0, now - self._then))
        self._then = now

    def spend(self, octets: int) -> bool:
        """Take octets out; False when there are not enough."""
        if octets > self._left:
            return False
        self._left -= octets
        return True


class Retransmitter:
    """The RTX stream of one subscription."""

    __slots__ = ("_counters", "_repeats", "_sequence", "_subscription")

    def __init__(self, subscription: Subscription, counters: Counters) -> None:
        self._subscription = subscription
        self._counters = counters
        self._sequence = (subscription.spec.rtx_ssrc or 0) & 0x7FFF  # RFC 3711 §3.3.1: below 2^15
        self._repeats: dict[int, tuple[int, float]] = {}  # output number → times, last time

    def answer(self, numbers: Iterable[int], budget: RepairBudget, round_trip: float, now: float) -> None:
        """Repeat what is still held and not repeated too often."""
        wait = max(_SHORTEST, round_trip)
        for number in numbers:
            times, last = self._repeats.get(number, (0, 0.0))
            if times and now - last > _FORGET_AFTER:
                times = 0  # the number has come round again
            if times >= _MOST_REPEATS or (times and now - last < wait):
                self._counters.retransmissions_denied += 1
                continue
            packet = self._repeat(number, now)
            if packet is None or not budget.spend(len(packet)):
                self._counters.retransmissions_denied += 1
                continue
            self._sequence += 1
            self._repeats[number] = (times + 1, now)
            self._subscription.send(packet)
            self._counters.retransmissions += 1
            self._counters.octets_out += len(packet)
        self._forget(now)

    def _repeat(self, number: int, now: float) -> bytes | None:
        one = self._subscription
        spec = one.spec
        found = one.origin_of(number)
        if found is None or spec.rtx_ssrc is None or spec.rtx_pt is None:
            return None
        span, index = found
        data = span.stream.history.get(index, span.stream.highest)
        header = packets.parse(data) if data else None
        if data is None or header is None:
            return None
        return rtx.wrap(
            payload_under(span, data, header.start),
            number,
            payload_type=spec.rtx_pt,
            sequence=self._sequence,
            timestamp=header.timestamp + span.timestamp,
            ssrc=spec.rtx_ssrc,
            marker=header.marker,
            extensions=one.stamp_block(now)[packets.HEADER_LENGTH :],
        )

    def _forget(self, now: float) -> None:
        if len(self._repeats) <= _REMEMBERED:
            return
        old = [n for n, (_, last) in self._repeats.items() if now - last > _FORGET_AFTER]
        for number in old:
            del self._repeats[number]
        while len(self._repeats) > 4 * _REMEMBERED:
            del self._repeats[next(iter(self._repeats))]
