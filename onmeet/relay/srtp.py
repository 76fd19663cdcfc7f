"""SRTP for one peer (RFC 3711, RFC 7714), in place in shared buffers.

The one file that reaches below pylibsrtp's public face: its `Session` copies every packet twice and
allocates a length per call, which is a fifth of what forwarding a packet may cost. Here the datagram
is received, opened, sealed and sent from two buffers that the whole relay shares; the one copy left is
the plain packet that a track's history keeps.

Neither class is thread-safe: libsrtp's sessions are not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from socket import htonl
from struct import Struct
from typing import Any

import pylibsrtp
from pylibsrtp import _binding

from onmeet.clock import Clock
from onmeet.relay.ice import Address
from onmeet.relay.settings import Capture

__all__ = ["PacketBuffer", "PacketHandler", "SrtpKeys", "SrtpReceiver", "SrtpSender"]

BUFFER_SIZE = 2048
"""Above the largest datagram that a path of 1,500 bytes carries, trailers included."""
MAX_PLAIN = BUFFER_SIZE - 160  # room for tag and SRTCP index
REPLAY_WINDOW = 1024
MAX_SSRCS = 256
"""Streams that one peer may open; libsrtp keeps a context for each. The oldest gives way."""

RTP_HEADER = 12  # RFC 3550 §5.1
SSRC_OF_RTP = Struct("!I")
OK: int = _binding.lib.srtp_err_status_ok
_protect = _binding.lib.srtp_protect
_unprotect = _binding.lib.srtp_unprotect

PacketHandler = Callable[[bytes, float], None]
"""Takes one plain packet and its arrival time in seconds."""
SendTo = Callable[[Any, Address], int]


@dataclass(frozen=True, slots=True)
class SrtpKeys:
    """What a DTLS handshake yields: libsrtp's number of the profile, and master key ‖ salt each way."""

    profile: int
    inbound: bytes = field(repr=False)
    outbound: bytes = field(repr=False)


class PacketBuffer:
    """One datagram's worth of memory that the socket, libsrtp and Python see at the same time."""

    __slots__ = ("length", "memory", "pointer", "view", "window")

    def __init__(self) -> None:
        self.memory = bytearray(BUFFER_SIZE)
        self.view = memoryview(self.memory)
        self.pointer = _binding.ffi.from_buffer("char[]", self.memory)
        self.window = _binding.ffi.buffer(self.pointer)
        self.length = _binding.ffi.new("int *")


def _session(profile: int, key: bytes, direction: int) -> Any:
    policy = pylibsrtp.Policy(key=key, ssrc_type=direction, srtp_profile=profile)
    policy.window_size = REPLAY_WINDOW
    policy.allow_repeat_tx = False
    return pylibsrtp.Session(policy)


class SrtpSender:
    """A `PacketSink`: seals packets and sends them to the peer's bound address.

    Without keys, address or consent it drops silently: forwarding need not know. A sequence number
    sent twice would reuse a nonce, so libsrtp refuses it and it counts as failed.
    """

    __slots__ = (
        "_address",
        "_keep",
        "_length",
        "_pointer",
        "_sendto",
        "_session",
        "_view",
        "bytes",
        "failed",
        "packets",
    )

    def __init__(self, buffer: PacketBuffer) -> None:
        self._view = buffer.view
        self._pointer = buffer.pointer
        self._length = buffer.length
        self._session: Any = None
        self._keep: Any = None
        self._sendto: SendTo | None = None
        self._address: Address = ("", 0)
        self.packets = 0
        self.bytes = 0
        self.failed = 0

    def key(self, keys: SrtpKeys) -> None:
        """Start with the keys of a handshake."""
        self._keep = _session(keys.profile, keys.outbound, pylibsrtp.Policy.SSRC_ANY_OUTBOUND)
        self._session = self._keep._srtp[0]

    def direct(self, sendto: SendTo | None, address: Address = ("", 0)) -> None:
        """Send to `address` through `sendto` from now on; None stops sending."""
        self._sendto = sendto
        self._address = address

    def forget(self, ssrc: int) -> None:
        """Drop the context of an SSRC that will never be sent again."""
        if self._session is not None:
            _binding.lib.srtp_remove_stream(self._session, htonl(ssrc))

    def send_rtp(self, packet: bytes | bytearray | memoryview) -> None:
        """Seal and send one RTP packet. Never raises, never waits."""
        # The hot path: once for every forwarded packet, so no further call is made from here.
        sendto, session = self._sendto, self._session
        if sendto is None or session is None:
            return
        size = len(packet)
        if size > MAX_PLAIN:
            self.failed += 1
            return
        view, length = self._view, self._length
        view[:size] = packet
        length[0] = size
        if _protect(session, self._pointer, length) != OK:
            self.failed += 1
            return
        size = length[0]
        try:
            sendto(view[:size], self._address)
        except OSError:
            # A full socket buffer or a vanished network: UDP may lose it, NACK repairs.
            self.failed += 1
            return
        self.packets += 1
        self.bytes += size

    def send_rtcp(self, packet: bytes) -> None:
        """Seal and send one compound RTCP packet. Never raises, never waits."""
        sendto, size = self._sendto, len(packet)
        if sendto is None or self._session is None or size > MAX_PLAIN:
            return
        self._view[:size] = packet
        self._length[0] = size
        if _binding.lib.srtp_protect_rtcp(self._session, self._pointer, self._length) != OK:
            self.failed += 1
            return
        try:
            sendto(self._view[: self._length[0]], self._address)
        except OSError:
            self.failed += 1

    def unkey(self) -> None:
        """Forget the keys; `key` may give new ones."""
        self._session = self._keep = None

    def close(self) -> None:
        """Forget keys and address."""
        self.unkey()
        self._sendto = None


class SrtpReceiver:
    """Opens what the shared inbox holds and hands the plain packet on."""

    __slots__ = (
        "_capture",
        "_clock",
        "_inbox",
        "_keep",
        "_length",
        "_memory",
        "_on_rtcp",
        "_on_rtp",
        "_pointer",
        "_session",
        "_ssrcs",
        "_window",
        "bytes",
        "packets",
        "rejected",
    )

    def __init__(
        self,
        buffer: PacketBuffer,
        clock: Clock,
        capture: Capture | None = None,
    ) -> None:
        self._memory = buffer.memory
        self._window = buffer.window
        self._pointer = buffer.pointer
        self._length = buffer.length
        self._on_rtp: PacketHandler | None = None
        self._on_rtcp: PacketHandler | None = None
        self._clock = clock
        self._capture = capture
        self._session: Any = None
        self._keep: Any = None
        self._ssrcs: dict[int, None] = {}
        self.packets = 0
        self.bytes = 0
        self.rejected = 0

    def key(self, keys: SrtpKeys) -> None:
        """Start with the keys of a handshake."""
        self._keep = _session(keys.profile, keys.inbound, pylibsrtp.Policy.SSRC_ANY_INBOUND)
        self._session = self._keep._srtp[0]

    @property
    def streams(self) -> int:
        """How many SSRCs the peer has open."""
        return len(self._ssrcs)

    def deliver(self, on_rtp: PacketHandler | None, on_rtcp: PacketHandler) -> None:
        """Hand plain packets to these. Without `on_rtp`, RTP is dropped unopened."""
        self._on_rtp = on_rtp
        self._on_rtcp = on_rtcp

    def receive(self, size: int) -> None:
        """Take the datagram of `size` bytes that lies in the inbox; its first byte says RTP/RTCP."""
        session = self._session
        if session is None or size < RTP_HEADER:
            return
        memory = self._memory
        if 64 <= memory[1] & 0x7F < 96:  # RFC 5761 §4
            self._receive_rtcp(size)
            return
        on_rtp = self._on_rtp
        if on_rtp is None:
            return
        length = self._length
        length[0] = size
        ssrc = SSRC_OF_RTP.unpack_from(memory, 8)[0]
        if _unprotect(session, self._pointer, length) != OK:
            self.rejected += 1
            return
        if ssrc not in self._ssrcs:
            self._admit(ssrc)
        self.packets += 1
        self.bytes += size
        data: bytes = self._window[0 : length[0]]
        if self._capture is not None:
            self._capture(data)
        on_rtp(data, self._clock())

    def unkey(self) -> None:
        """Forget the keys; `key` may give new ones."""
        self._session = self._keep = None
        self._ssrcs.clear()

    def close(self) -> None:
        """Forget the keys and whom packets went to."""
        self.unkey()
        self._on_rtp = self._on_rtcp = self._capture = None

    def _receive_rtcp(self, size: int) -> None:
        length = self._length
        length[0] = size
        on_rtcp = self._on_rtcp
        if _binding.lib.srtp_unprotect_rtcp(self._session, self._pointer, length) != OK:
            self.rejected += 1
        elif on_rtcp is not None:
            on_rtcp(self._window[0 : length[0]], self._clock())

    def _admit(self, ssrc: int) -> None:
        """Count a stream that libsrtp has just opened, closing the oldest when there are too many."""
        if len(self._ssrcs) >= MAX_SSRCS:
            oldest = next(iter(self._ssrcs))
            del self._ssrcs[oldest]
            _binding.lib.srtp_remove_stream(self._session, htonl(oldest))
        self._ssrcs[ssrc] = None
