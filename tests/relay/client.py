"""A browser's media side for tests: ICE checks by aioice, DTLS-SRTP by aiortc, over a real socket.

It shares no code with what it tests except reading SDP.
"""

from __future__ import annotations

import asyncio
import secrets
import socket
import struct
from collections.abc import Callable, Iterable
from typing import Any

from aioice import stun
from aiortc.rtcdtlstransport import (
    RTCCertificate,
    RTCDtlsFingerprint,
    RTCDtlsParameters,
    RTCDtlsTransport,
    SRTPProtectionProfile,
)

from onmeet.relay.sdp import Session, parse
from tests.relay.captures import camera, description, microphone, transport

DTLS_HANDSHAKE = 22  # RFC 6347 §4.1, the type of a record
CLIENT_HELLO = 1  # RFC 5246 §7.4, the type of its first message, after 13 bytes of header

WITHIN = 30.0
"""Seconds until something that never comes fails a test."""


async def eventually(check: Callable[[], object]) -> None:
    """Let the loop run until `check` holds."""
    async with asyncio.timeout(WITHIN):
        while True:
            if check():
                return
            await asyncio.sleep(0)


def rtp(ssrc: int, sequence: int, payload_type: int, payload: bytes, mid: str = "") -> bytes:
    """A packet, with a MID extension (id 1) when `mid` is given."""
    extension = b""
    if mid:
        body = bytes([1 << 4 | len(mid) - 1]) + mid.encode()
        body += bytes(-len(body) % 4)
        extension = struct.pack("!HH", 0xBEDE, len(body) // 4) + body
    head = struct.pack("!BBHII", 0x90 if extension else 0x80, payload_type, sequence, sequence * 960, ssrc)
    return head + extension + payload


class _Wire(asyncio.DatagramProtocol):
    def __init__(self, client: Client) -> None:
        self._client = client

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self._client.received(data)


class Client:
    """One browser connection."""

    role = "controlling"
    state = "completed"

    def __init__(self, host: str) -> None:
        self.host = host
        self.ufrag = secrets.token_hex(4)
        self.rtp: asyncio.Queue[bytes] = asyncio.Queue()
        self.rtcp: asyncio.Queue[bytes] = asyncio.Queue()
        self._records: asyncio.Queue[bytes] = asyncio.Queue()
        self._hellos_left = 1 << 30
        self._answers: dict[bytes, asyncio.Future[stun.Message]] = {}
        self._wire: asyncio.DatagramTransport | None = None
        self.remote: tuple[Any, ...] = ()
        self.remote_ufrag = self.remote_password = ""
        self.identify(RTCCertificate.generateCertificate())

    def identify(self, certificate: RTCCertificate) -> None:
        """Go by this certificate."""
        self.certificate = certificate
        self.dtls = RTCDtlsTransport(self, [certificate])  # type: ignore[arg-type]

    async def open(self) -> None:
        """Take a local port; called again, another one, as after a change of network."""
        if self._wire is not None:
            self._wire.close()
        loop = asyncio.get_running_loop()
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        self._wire, _ = await loop.create_datagram_endpoint(
            lambda: _Wire(self), local_addr=(self.host, 0), family=family
        )

    @property
    def fingerprint(self) -> str:
        value = next(f.value for f in self.certificate.getFingerprints())
        return f"sha-256 {value}"

    def offer(self, setup: str = "actpass", fingerprint: str = "") -> str:
        """A microphone (MID 0, SSRC 1111) and a camera (MID 1, SSRC 2222)."""
        lines = transport(setup, fingerprint or self.fingerprint, self.ufrag)
        return description([microphone(), camera()], "0 1", lines)

    def answer(self, offer: str, setup: str = "active") -> str:
        """Take everything offered."""
        self.meet(offer)
        media = []
        session = parse(offer)
        for line in session.media:
            maps = [f"a=rtpmap:{n} {c.name}/{c.clock_rate}" for n, c in line.codecs.items()]
            direction = "recvonly" if line.direction == "sendonly" else "inactive"
            numbers = " ".join(map(str, line.codecs)) or "0"
            head = f"m={line.kind} {line.port} {line.protocol} {numbers}"
            media.append([head, f"a=mid:{line.mid}", f"a={direction}", "a=rtcp-mux", *maps])
        lines = transport(setup, self.fingerprint, self.ufrag)
        return description(media, " ".join(session.bundle), lines)

    def meet(self, remote: str) -> Session:
        """Learn the relay's side from its description."""
        session = parse(remote)
        first = next(media for media in session.media if media.port)
        self.remote_ufrag, self.remote_password = first.ufrag, first.password
        self.fingerprints = first.fingerprints
        for line in remote.split("\r\n"):
            parts = line.split()
            if line.startswith("a=candidate:") and (":" in parts[4]) == (":" in self.host):
                self.remote = (parts[4], int(parts[5]))
        return session

    def send(self, datagram: bytes) -> None:
        """Send bytes as they are."""
        assert self._wire is not None
        self._wire.sendto(datagram, self.remote)

    def received(self, data: bytes) -> None:
        """Sort what comes (RFC 7983)."""
        if data[0] < 4:
            message = stun.parse_message(data)
            waiting = self._answers.pop(message.transaction_id, None)
            if waiting is not None and not waiting.done():
                waiting.set_result(message)
        elif data[0] < 64:
            self._records.put_nowait(data)
        elif 64 <= data[1] & 0x7F < 96:
            self.rtcp.put_nowait(self.dtls._rx_srtp.unprotect_rtcp(data))
        else:
            self.rtp.put_nowait(self.dtls._rx_srtp.unprotect(data))

    async def check(self, nominate: bool = True) -> stun.Message:
        """One connectivity check; returns the relay's response."""
        message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
        message.attributes["USERNAME"] = f"{self.remote_ufrag}:{self.ufrag}"
        message.attributes["PRIORITY"] = 1 << 24
        message.attributes["ICE-CONTROLLING"] = 1
        if nominate:
            message.attributes["USE-CANDIDATE"] = None
        message.add_message_integrity(self.remote_password.encode())
        waiting = asyncio.get_running_loop().create_future()
        self._answers[message.transaction_id] = waiting
        self.send(bytes(message))
        async with asyncio.timeout(WITHIN):
            return await waiting

    async def connect(self, role: str = "client", profiles: Iterable[SRTPProtectionProfile] = ()) -> None:
        """Nominate, then shake hands; `dtls.state` says how it went."""
        response = await self.check()
        assert response.message_class is stun.Class.RESPONSE
        if profiles:
            self.dtls._srtp_profiles = list(profiles)
        self.dtls._set_role(role)
        parameters = RTCDtlsParameters([RTCDtlsFingerprint(*pair) for pair in self.fingerprints])
        async with asyncio.timeout(WITHIN):
            await self.dtls.start(parameters)

    def send_rtp(self, packet: bytes) -> None:
        """Protect and send."""
        self.send(self.dtls._tx_srtp.protect(packet))

    def send_rtcp(self, packet: bytes) -> None:
        """Protect and send."""
        self.send(self.dtls._tx_srtp.protect_rtcp(packet))

    async def next_rtp(self) -> bytes:
        """The next packet from the relay."""
        async with asyncio.timeout(WITHIN):
            return await self.rtp.get()

    def says_hello_once(self) -> None:
        """Send no ClientHello again when the first one stays without an answer."""
        self._hellos_left = 1

    async def close(self) -> None:
        """Leave politely."""
        await self.dtls.stop()
        self.vanish()

    def vanish(self) -> None:
        """Leave without a word."""
        if self.dtls._task is not None:
            self.dtls._task.cancel()
        if self._wire is not None:
            self._wire.close()
            self._wire = None

    async def _recv(self) -> bytes:
        return await self._records.get()

    async def _send(self, data: bytes) -> None:
        if data[0] == DTLS_HANDSHAKE and data[13] == CLIENT_HELLO:
            self._hellos_left -= 1
            if self._hellos_left < 0:
                return
        if self._wire is not None:
            self.send(data)
