"""One peer connection's wire: socket, ICE, DTLS and SRTP, driven by `poll` (no event loop of its own)."""

from __future__ import annotations

import socket
import time
from dataclasses import dataclass
from typing import Protocol

from bench.client.batch import SLOT_BYTES, Batch, open_socket
from bench.client.dtls import DtlsClient, DtlsError, Identity
from bench.client.ice import CHECK_INTERVAL, CONSENT_INTERVAL, CONSENT_TIMEOUT, IceClient
from bench.client.network import Network
from bench.client.srtp import SrtpPair

_DTLS_RESEND_INTERVAL = 0.1


@dataclass(frozen=True)
class Remote:
    """What the other side's SDP says about its transport."""

    address: tuple[str, int]
    ufrag: str
    password: str
    fingerprint: str


class MediaSink(Protocol):
    """Takes what has been authenticated and decrypted."""

    def on_rtp(self, buffer: memoryview, start: int, length: int, arrival_ns: int) -> None:
        """A packet at `buffer[start:start + length]`, valid only during the call."""

    def on_rtcp(self, packet: bytes, arrival_ns: int) -> None:
        """A compound packet."""


class Transport:
    """`new` → `checking` → `handshaking` → `connected` → `closed` | `failed`."""

    def __init__(self, identity: Identity, batch: Batch, sink: MediaSink) -> None:
        self.state = "new"
        self.ice = IceClient()
        self.uplink: Network | None = None
        self.downlink: Network | None = None
        self.silent = False  # a peer that vanished: neither sends nor answers anything
        self.failure = ""  # why DTLS failed
        self.unauthentic = 0  # packets that SRTP refused
        self._identity = identity
        self._batch = batch
        self._sink = sink
        self._socket: socket.socket | None = None
        self._fd = -1
        self._dtls: DtlsClient | None = None
        self._srtp: SrtpPair | None = None
        self._remote: Remote | None = None
        self._next_check = 0.0
        self._next_resend = 0.0

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the local certificate, as SDP writes it."""
        return self._identity.fingerprint

    @property
    def profile(self) -> str:
        """The negotiated SRTP profile ('' before)."""
        return self._srtp.profile.name if self._srtp else ""

    @property
    def local_address(self) -> tuple[str, int]:
        """Where this side sends from."""
        if self._socket is None:
            raise RuntimeError("no socket yet")
        host, port = self._socket.getsockname()[:2]
        return host, port

    def open(self, towards: tuple[str, int]) -> tuple[str, int]:
        """Open the socket towards an address; the local address, for a candidate line."""
        if self._socket is None:
            self._socket = open_socket(towards)
            self._fd = self._socket.fileno()
        return self.local_address

    def connect(self, remote: Remote, now: float) -> None:
        """Start the checks, or take over changed ICE credentials of a running connection."""
        if self._remote is not None and self._remote.ufrag == remote.ufrag:
            return
        self.open(remote.address)
        if self._socket is not None and self._remote is None:
            self._socket.connect(remote.address)
        self._remote = remote
        self.ice.remote_ufrag, self.ice.remote_password = remote.ufrag, remote.password
        self.ice.answered = 0
        self.ice.last_answer = now
        self._next_check = now
        if self.state == "new":
            self.state = "checking"

    def restart(self) -> IceClient:
        """New local ICE credentials for the next offer or answer (RFC 8445 §9)."""
        self.ice = IceClient()
        return self.ice

    def move(self, now: float) -> None:
        """Continue from another source port, as a client does when its network changes."""
        if self._socket is None or self._remote is None:
            raise RuntimeError("nothing to move")
        self._socket.close()
        self._socket = open_socket(self._remote.address)
        self._fd = self._socket.fileno()
        self._next_check = now

    def send_rtp(self, packet: bytes | bytearray) -> None:
        """Protect and send one RTP packet."""
        if self._srtp is not None:
            self._transmit(self._srtp.protect(packet))

    def send_rtcp(self, packet: bytes) -> None:
        """Protect and send one compound RTCP packet."""
        if self._srtp is not None:
            self._transmit(self._srtp.protect(packet, rtcp=True))

    def poll(self, now: float) -> None:
        """Drain the socket and run whatever timer is due."""
        if self._fd < 0 or self.silent:
            return
        self._drain(now)
        if self.uplink is not None:
            for datagram in self.uplink.due(now):
                self._write(datagram)
        if self.downlink is not None:
            for datagram in self.downlink.due(now):
                self._batch.put(0, datagram)
                self._dispatch(0, len(datagram), time.time_ns(), now)
        if now >= self._next_check:
            self._check(now)
        if self.state == "handshaking" and now >= self._next_resend:
            self._next_resend = now + _DTLS_RESEND_INTERVAL
            self._flush(self._dtls.resend() if self._dtls else [])

    def close(self) -> None:
        """Say goodbye and release the socket."""
        if self._dtls is not None and self._srtp is not None and not self.silent:
            self._flush(self._dtls.close())
        self._release("closed")

    def vanish(self) -> None:
        """Release the socket without a word, as a lost peer does."""
        self.silent = True
        self._release("closed")

    def _release(self, state: str) -> None:
        if self._socket is not None:
            self._socket.close()
        self._socket, self._fd, self._srtp, self._dtls = None, -1, None, None
        self.state = state

    def _check(self, now: float) -> None:
        if self._remote is None:
            return
        if self.ice.answered and now - self.ice.last_answer > CONSENT_TIMEOUT:
            self._release("failed")
            return
        self._next_check = now + (CONSENT_INTERVAL if self.ice.answered else CHECK_INTERVAL)
        self._transmit(self.ice.check())

    def _drain(self, now: float) -> None:
        batch, downlink = self._batch, self.downlink
        count = batch.receive(self._fd)
        for slot in range(count):
            length, arrival_ns = batch.take(slot)
            if downlink is None:
                self._dispatch(slot, length, arrival_ns, now)
            else:
                start = slot * SLOT_BYTES
                downlink.send(bytes(batch.buffer[start : start + length]), now)

    def _dispatch(self, slot: int, length: int, arrival_ns: int, now: float) -> None:
        """Tell STUN, DTLS, RTP and RTCP apart by the first bytes (RFC 7983, RFC 5761 §4)."""
        start = slot * SLOT_BYTES
        buffer = self._batch.buffer
        first = buffer[start]
        if first >= 128:
            srtp = self._srtp
            if srtp is None:
                return
            rtcp = 192 <= buffer[start + 1] <= 223
            plain = srtp.unprotect_at(self._batch.address + start, length, rtcp=rtcp)
            if plain < 0:
                self.unauthentic += 1
            elif rtcp:
                self._sink.on_rtcp(bytes(buffer[start : start + plain]), arrival_ns)
            else:
                self._sink.on_rtp(buffer, start, plain, arrival_ns)
            return
        datagram = bytes(buffer[start : start + length])
        if first < 4:
            self._on_stun(datagram, now)
        elif 20 <= first < 64:
            self._on_dtls(datagram)

    def _on_stun(self, datagram: bytes, now: float) -> None:
        if self._remote is None:
            return
        answer = self.ice.feed(datagram, self._remote.address, now)
        if answer is not None:
            self._transmit(answer)
        if self.ice.answered and self.state == "checking":
            self._next_check = now + CONSENT_INTERVAL
            self._dtls = DtlsClient(self._identity, self._remote.fingerprint)
            self._next_resend = now + _DTLS_RESEND_INTERVAL
            self.state = "handshaking"
            self._flush(self._dtls.start())

    def _on_dtls(self, datagram: bytes) -> None:
        if self._dtls is None:
            return
        try:
            answers = self._dtls.feed(datagram)
        except DtlsError as error:
            self.failure = str(error)
            self._release("failed")
            return
        self._flush(answers)
        if self._dtls.srtp is not None and self._srtp is None:
            self._srtp = self._dtls.srtp
            self.state = "connected"
        elif self._dtls.closed:
            self._release("closed")

    def _flush(self, datagrams: list[bytes]) -> None:
        for datagram in datagrams:
            self._transmit(datagram)

    def _transmit(self, datagram: bytes | memoryview) -> None:
        if self.silent:
            return
        if self.uplink is None:
            self._write(datagram)
        else:
            now = time.monotonic()
            self.uplink.send(bytes(datagram), now)
            for ready in self.uplink.due(now):
                self._write(ready)

    def _write(self, datagram: bytes | memoryview) -> None:
        if self._socket is None:
            return
        try:
            self._socket.send(datagram)
        except (BlockingIOError, ConnectionRefusedError):
            return  # like any datagram, it may be lost
