"""Digits as telephone-events (RFC 4733): each pressed key once, at the first packet that is seen of it."""

from __future__ import annotations

from onmeet.rtp.sequence import timestamp_distance

__all__ = ["DIGITS", "DigitReceiver", "build_event"]

DIGITS = "0123456789*#ABCD"
"""RFC 4733 §3.2: events 0 to 15, by number."""

_EVENT = 4  # octets: event, end + reserved + volume, duration
_END = 0x80  # RFC 4733 §2.3.2
_LONGEST = 0xFFFF  # §2.5.1.3: a longer event goes on in another segment with a new timestamp
_NEAR = 480  # ticks, 60 ms: two presses of one key never begin so close to each other
_MOST_EVENTS = 8  # in one packet (§2.5.1.5); more is no honest packet


def build_event(event: int, duration: int, *, end: bool, volume: int = 10) -> bytes:
    """A payload; duration in ticks, volume in -dBm0."""
    return bytes((event, (_END if end else 0) | volume)) + min(duration, _LONGEST).to_bytes(2, "big")


class DigitReceiver:
    """Turns packets into digits. `last`: timestamp and event of the last one, so that others can go on."""

    def __init__(self, last: tuple[int, int] | None = None) -> None:
        self.last = last
        self._ended = last is not None

    def feed(self, timestamp: int, payload: bytes, *, marker: bool = False) -> str:
        """The digits that began with this packet: "" mostly, else one (several only in a bundled packet)."""
        out = ""
        for at in range(0, min(len(payload), _EVENT * _MOST_EVENTS) - _EVENT + 1, _EVENT):
            event, flags = payload[at], payload[at + 1]
            duration = int.from_bytes(payload[at + 2 : at + 4], "big")
            if at and not duration:  # padding, not a bundled event
                break
            if self._begins(timestamp, event, marker=marker):
                out += DIGITS[event] if event < len(DIGITS) else ""
                self._ended = False
            if self.last == (timestamp, event) and flags & _END:
                self._ended = True
            timestamp = (timestamp + duration) & 0xFFFFFFFF
        return out

    def _begins(self, timestamp: int, event: int, *, marker: bool) -> bool:
        """Whether this is another press; `last` follows."""
        if self.last is None:
            self.last = (timestamp, event)
            return True
        before, known = self.last
        ahead = timestamp_distance(timestamp, before)
        if ahead == 0 and event == known:
            return False
        if -_LONGEST < ahead < 0:  # an older packet that was overtaken
            return False
        self.last = (timestamp, event)
        if event != known or marker or self._ended:
            return True
        # The same key, still held: its next segment, or a sender that moves the timestamp while it is held.
        return not (0 < ahead < _NEAR or abs(ahead - _LONGEST) < _NEAR)
