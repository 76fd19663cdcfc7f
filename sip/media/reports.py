"""RTCP of one leg: reports out, reports in (RFC 3550 §6); sans I/O. It tells a random CNAME, nothing else."""

from __future__ import annotations

import secrets

from onmeet.rtp import rtcp
from sip.media.reception import Reception
from sip.media.sending import Sending

__all__ = ["Reports", "random_cname"]

_INTERVAL = 5.0  # s, RFC 3550 §6.2; each time between half and one and a half of it (§6.3.1)
_LONGEST_TRIP = 10.0  # s; more is a stale or a forged report
_FRACTION = 1 << 32


def random_cname() -> str:
    """96 random bits, new for every call (RFC 7022 §4.2)."""
    return secrets.token_urlsafe(12)


class Reports:
    """When a report is due, what is in it, and what the far side's reports say.

    rtt: seconds to the far side and back, None until known.
    """

    def __init__(self, cname: str, now: float) -> None:
        self.cname = cname
        self.rtt: float | None = None
        # NTP time may count from anywhere (§4); a random start tells nobody how long this machine has run.
        self._epoch = secrets.randbits(31)
        self._next = now + self._wait() / 2
        self._last_sr: tuple[int, int, float] | None = None  # SSRC, LSR, when it came

    def due(self, now: float) -> bool:
        """Whether to send a report now."""
        return now >= self._next

    def make(self, sending: Sending, heard: Reception | None, now: float) -> bytes:
        """The report; the next is due about five seconds later."""
        self._next = now + self._wait()
        blocks = [self._block(heard, now)] if heard is not None and heard.received else []
        if sending.packets:
            report = rtcp.SenderReport(
                sending.ssrc, self._ntp(now), sending.timestamp, sending.packets, sending.octets
            )
            first = rtcp.sender_report(report, blocks)
        else:
            first = rtcp.receiver_report(sending.ssrc, blocks)
        return first + rtcp.sdes_cname(sending.ssrc, self.cname)

    def goodbye(self, sending: Sending, heard: Reception | None, now: float) -> bytes:
        """The last packet of a leg (§6.6)."""
        return self.make(sending, heard, now) + rtcp.bye([sending.ssrc])

    def hear(self, packet: bytes, sending: Sending, now: float) -> bool:
        """A compound packet came. False when it is malformed."""
        parts = rtcp.split(packet)
        if not parts or parts[0].kind not in (rtcp.SR, rtcp.RR):
            return False
        for part in parts:
            if part.kind == rtcp.SR and (report := rtcp.parse_sender(packet, part)) is not None:
                self._last_sr = (report.ssrc, rtcp.compact_ntp(report.ntp), now)
            if part.kind in (rtcp.SR, rtcp.RR):
                self._round_trip(rtcp.parse_report_blocks(packet, part), sending.ssrc, now)
        return True

    def _round_trip(self, report: rtcp.ReceiverReport | None, ssrc: int, now: float) -> None:
        """RFC 3550 §6.4.1: now - LSR - DLSR, in 1/65536 s."""
        for block in report.blocks if report else ():
            if block.ssrc == ssrc and block.last_sr:
                trip = (rtcp.compact_ntp(self._ntp(now)) - block.last_sr - block.delay) & 0xFFFFFFFF
                if trip < _LONGEST_TRIP * 65536:
                    self.rtt = trip / 65536

    def _block(self, heard: Reception, now: float) -> rtcp.ReportBlock:
        last_sr, delay = 0, 0
        if self._last_sr is not None and self._last_sr[0] == heard.ssrc:
            # a frame's ideal moment may lie a little before the arrival of a report
            last_sr, delay = self._last_sr[1], max(0, int((now - self._last_sr[2]) * 65536))
        return heard.report(last_sr, delay)

    def _ntp(self, now: float) -> int:
        return int((self._epoch + now) * _FRACTION)

    def _wait(self) -> float:
        return _INTERVAL * (0.5 + secrets.randbelow(1000) / 1000)
