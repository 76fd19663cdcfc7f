"""One telephone leg: RTP and RTCP sockets on one side, frames of 20 ms at 16 kHz on the other."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import structlog
from numpy.typing import NDArray

from onmeet.clock import Clock, monotonic
from onmeet.rtp import packets
from sip.interface import FRAME, RATE, Agreement, LegState
from sip.media import codecs
from sip.media.inband import ToneDetector
from sip.media.incoming import Incoming
from sip.media.latching import Address, Latch, plain_host
from sip.media.noise import SILENT, level_of
from sip.media.reports import Reports, random_cname
from sip.media.resample import Upsampler
from sip.media.sending import Sending
from sip.media.srtp import Srtp

__all__ = ["Frame", "Leg", "Stats"]

log = structlog.get_logger()

Frame = NDArray[np.int16]
"""320 samples: 20 ms at 16 kHz."""

_DATAGRAM = 2048  # octets; what is longer is cut and refused
_BURST = 64  # datagrams taken in one go, so that a flood does not stop the event loop
_FRAME_TICKS = 160
_NOWHERE = ("0.0.0.0", "::", "")  # noqa: S104  (RFC 3264 §8.4: an old way to say hold)


@dataclass(slots=True)
class Stats:
    """What a leg counted so far.

    received, sent: RTP packets. lost, late, duplicated: of those expected. refused: dropped because of their
    source, form or SRTP check. jitter: of arrival (RFC 3550 §6.4.1), delay: of sound that waits to be read,
    both in ms. concealed: ms made up in gaps and silence. rtt: to the far side and back in ms, None until it
    reported.
    """

    received: int = 0
    sent: int = 0
    lost: int = 0
    late: int = 0
    duplicated: int = 0
    refused: int = 0
    jitter: float = 0.0
    delay: float = 0.0
    concealed: float = 0.0
    rtt: float | None = None


class Leg:
    """The sound of one call. Made and used on one running event loop; owns both sockets.

    on_digit: called with one of 0–9 * # A–D, once for each key that the caller presses.
    """

    def __init__(
        self,
        rtp: socket.socket,
        rtcp: socket.socket,
        agreement: Agreement,
        *,
        on_digit: Callable[[str], None],
        clock: Clock = monotonic,
    ) -> None:
        self._begin(rtp, rtcp, agreement, on_digit, clock, None)

    @classmethod
    def resume(
        cls,
        rtp: socket.socket,
        rtcp: socket.socket,
        state: LegState,
        *,
        on_digit: Callable[[str], None],
        clock: Clock = monotonic,
    ) -> Leg:
        """Go on where another process stopped: same SSRC, sequence, timestamps and roll-over counters."""
        leg = cls.__new__(cls)
        leg._begin(rtp, rtcp, state.agreement, on_digit, clock, state)
        return leg

    def _begin(
        self,
        rtp: socket.socket,
        rtcp: socket.socket,
        agreement: Agreement,
        on_digit: Callable[[str], None],
        clock: Clock,
        state: LegState | None,
    ) -> None:
        now = clock()
        self._rtp, self._rtcp, self._clock = rtp, rtcp, clock
        self._agreement, self._owner = agreement, on_digit
        self._in = Incoming(
            agreement,
            on_digit=self._on_digit,
            now=now,
            latched=state.latched if state else None,
            heard=state.heard if state else None,
            last_digit=state.last_digit if state else None,
        )
        self._sending = Sending(
            agreement.payload_type,
            agreement.ptime,
            ssrc=state.ssrc if state else None,
            index=state.sent_cycles << 16 | state.sequence if state else None,
            timestamp=state.timestamp if state else None,
        )
        self._srtp = self._secured(state)
        self._reports = Reports(state.cname if state else random_cname(), now)
        self._rtcp_latch = self._latch_for_reports(None)
        self._encoder = codecs.make(agreement.codec)
        self._up = Upsampler()
        self._tones: ToneDetector | None = None
        self._level = SILENT
        self._sent = 0
        self._closed = self._released = self._warned = False
        self._loop = asyncio.get_running_loop()
        for own, ready in ((rtp, self._on_rtp), (rtcp, self._on_rtcp)):
            own.setblocking(False)
            self._loop.add_reader(own, ready)

    def _secured(self, state: LegState | None) -> Srtp | None:
        keys = self._agreement.srtp
        if keys is None:
            return None
        if state is None:
            return Srtp(keys, ssrc=self._sending.ssrc)
        heard = (state.heard[0], state.heard[2] << 16 | state.heard[1]) if state.heard else None
        return Srtp(
            keys,
            ssrc=state.ssrc,
            sent=self._sending.index - 1,
            heard=heard,
            reports_sent=state.reports_sent,
        )

    def _latch_for_reports(self, latched: Address | None) -> Latch | None:
        remote = self._agreement.remote_rtcp
        if remote is None or self._agreement.rtcp_mux:
            return None
        return Latch(remote, (self._agreement.remote[0], *self._agreement.sources), latched)

    def read(self, now: float) -> Frame:
        """The caller's next 20 ms, always: sound, what fills a gap, or silence. Call it each 20 ms."""
        frame = self._in.playout.read(now)
        if self._agreement.event_type is None:
            self._listen_for_tones(frame)
        if self._in.playout.rate != RATE:
            frame = self._up.feed(frame)
        if self._agreement.held:  # the far side's music would play to the meeting
            frame = np.zeros(FRAME, np.int16)
        self._level = level_of(frame)
        if self._reports.due(now):
            self._send_report(self._reports.make(self._sending, self._in.sources.current, now))
        return frame

    def write(self, frame: Frame) -> None:
        """Send 20 ms to the phone. Call it each 20 ms; nothing goes out while the direction forbids it.

        Raises ValueError unless it is given 320 samples of int16.
        """
        if frame.shape != (FRAME,) or frame.dtype != np.int16:
            raise ValueError("a frame is 320 samples of int16")
        if self._closed or not self._may_send:
            self._sending.skip(_FRAME_TICKS)
            return
        for packet in self._sending.feed(self._encoder.encode(frame)):
            sealed = self._srtp.protect(packet) if self._srtp else packet
            self._sent += self._send(self._rtp, sealed, self._in.latch.target)

    def update(self, agreement: Agreement) -> None:
        """Media were renegotiated: address, codec, hold, keys."""
        before, self._agreement = self._agreement, agreement
        self._in.update(agreement)
        if agreement.codec != before.codec:
            self._encoder = codecs.make(agreement.codec)
        self._sending.change(agreement.payload_type, agreement.ptime)
        if agreement.srtp is None or self._srtp is None:
            if agreement.srtp is not None:
                self._sending.renew()
                self._srtp = Srtp(agreement.srtp, ssrc=self._sending.ssrc)
            else:
                self._srtp = None
        elif agreement.srtp != self._srtp.keys:
            if agreement.srtp.send != self._srtp.keys.send:
                self._sending.renew()
            current = self._in.sources.current
            heard = current.ssrc if current else None
            self._srtp.rekey(agreement.srtp, ssrc=self._sending.ssrc, heard=heard)
        same = agreement.remote_rtcp == before.remote_rtcp and self._rtcp_latch is not None
        self._rtcp_latch = self._latch_for_reports(
            self._rtcp_latch.latched if same and self._rtcp_latch else None
        )

    def state(self) -> LegState:
        """All that another process needs to go on. Call `release` first, or the two will send the same."""
        return LegState(
            agreement=self._agreement,
            ssrc=self._sending.ssrc,
            sequence=self._sending.index & 0xFFFF,
            timestamp=self._sending.timestamp,
            sent_cycles=self._sending.index >> 16,
            cname=self._reports.cname,
            heard=self._heard(),
            latched=self._in.latch.latched,
            last_digit=self._in.events.last,
            reports_sent=self._srtp.reports_sent if self._srtp else 0,
        )

    def _heard(self) -> tuple[int, int, int] | None:
        current = self._in.sources.current
        if current is None:
            return None
        highest = self._srtp.highest(current.ssrc) if self._srtp else None
        highest = current.highest if highest is None else highest
        return current.ssrc, highest & 0xFFFF, highest >> 16

    def release(self) -> LegState:
        """Stop without a goodbye, leave the sockets open, and tell the state: before a hand-over.

        What arrives from now on waits in the sockets for whoever resumes.
        """
        self._stop()
        self._released = True
        return self.state()

    def close(self) -> None:
        """RTCP BYE, stop, close both sockets. Idempotent; no BYE after `release`."""
        if not self._closed and not self._released:
            self._send_report(self._reports.goodbye(self._sending, self._in.sources.current, self._clock()))
        self._stop()
        self._rtp.close()
        self._rtcp.close()

    def _stop(self) -> None:
        if not self._closed:
            self._closed = True
            self._loop.remove_reader(self._rtp)
            self._loop.remove_reader(self._rtcp)

    @property
    def level(self) -> float:
        """Loudness of the last frame read, in dBov (RFC 6464): 0 is the loudest, -127 silence."""
        return self._level

    @property
    def stats(self) -> Stats:
        """Counts so far."""
        counts, current, rtt = self._in.counts, self._in.sources.current, self._reports.rtt
        return Stats(
            received=counts.received,
            sent=self._sent,
            lost=self._in.sources.lost,
            late=counts.late,
            duplicated=counts.duplicated,
            refused=counts.refused,
            jitter=current.jitter / 8 if current else 0.0,
            delay=self._in.playout.delay * 1000,
            concealed=self._in.playout.concealed / self._in.playout.rate * 1000,
            rtt=None if rtt is None else rtt * 1000,
        )

    def silent_for(self, now: float) -> float:
        """Seconds since the last valid packet, RTP or RTCP, came from the far side (or since the start).

        A phone that sends no sound while nobody talks still sends reports every few seconds.
        """
        return now - self._in.heard_at

    @property
    def _may_send(self) -> bool:
        agreement = self._agreement
        return not agreement.held and agreement.direction in ("sendrecv", "sendonly")

    def _listen_for_tones(self, frame: NDArray[np.int16]) -> None:
        if self._tones is None or self._tones.rate != self._in.playout.rate:
            self._tones = ToneDetector(self._in.playout.rate)
        for digit in self._tones.feed(frame):
            self._on_digit(digit)

    def _on_digit(self, digit: str) -> None:
        """A mistake of the owner's must not cost the sound."""
        try:
            self._owner(digit)
        except Exception:
            log.exception("A digit could not be handled")

    def _on_rtp(self) -> None:
        self._drain(self._rtp)

    def _on_rtcp(self) -> None:
        self._drain(self._rtcp)

    def _drain(self, own: socket.socket) -> None:
        now = self._clock()
        for _ in range(_BURST):
            try:
                data, source = own.recvfrom(_DATAGRAM)
            except OSError:  # nothing more, or an ICMP error of an earlier packet
                return
            if packets.is_rtcp(data):  # on either socket: RFC 5761 makes them distinct
                self._report(data, (source[0], source[1]), now, own)
            elif own is self._rtp:
                self._in.rtp(data, (source[0], source[1]), self._srtp, now)
            else:
                self._in.counts.refused += 1

    def _report(self, data: bytes, source: Address, now: float, own: socket.socket) -> None:
        source = (plain_host(source[0]), source[1])
        latch = self._in.latch if own is self._rtp else self._rtcp_latch
        known = latch is not None and latch.accepts(source, now)
        plain = self._srtp.unprotect_report(data) if known and self._srtp else data
        if not known or plain is None or not self._reports.hear(plain, self._sending, now):
            self._in.counts.refused += 1
            return
        self._in.heard_at = now
        if latch is not None and latch is self._rtcp_latch:
            latch.confirm(source, now)

    def _send_report(self, packet: bytes) -> None:
        target = self._in.latch.target if self._agreement.rtcp_mux else None
        own = self._rtp if self._agreement.rtcp_mux else self._rtcp
        if self._rtcp_latch is not None:
            target = self._rtcp_latch.target
        if target is not None and not self._closed:
            self._send(own, self._srtp.protect_report(packet) if self._srtp else packet, target)

    def _send(self, own: socket.socket, data: bytes, target: Address) -> bool:
        host, port = target
        if host in _NOWHERE or not port:
            return False
        if own.family == socket.AF_INET6 and ":" not in host:
            host = f"::ffff:{host}"
        try:
            own.sendto(data, (host, port))
        except OSError as error:  # a full buffer, or no way there: the next packet is 20 ms away
            if not self._warned:
                self._warned = True
                log.warning("A telephone leg cannot send", code=error.errno)
            return False
        return True
