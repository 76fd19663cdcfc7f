"""DTLS-SRTP (RFC 5764): one handshake a peer, done by aiortc over records that the endpoint hands in.

The one file that touches underscore methods of aiortc (1.16). Taken from there: the handshake with its
retransmissions and the check of the fingerprint. Replaced: the certificate's context is made once, the
flight is cut into datagrams at record borders, and the keys go to our own SRTP sessions.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, Literal, cast

from aiortc import rtcdtlstransport
from aiortc.rtcdtlstransport import (
    SRTP_AEAD_AES_128_GCM,
    SRTP_AES128_CM_SHA1_80,
    RTCCertificate,
    RTCDtlsFingerprint,
    RTCDtlsParameters,
    RTCDtlsTransport,
    SRTPProtectionProfile,
)
from OpenSSL import SSL

from onmeet.relay.srtp import SrtpKeys

__all__ = ["DtlsIdentity", "DtlsLink", "DtlsRole", "Fingerprint"]

DtlsRole = Literal["server", "client"]
Fingerprint = tuple[str, str]
"""Hash name and value as in `a=fingerprint` (RFC 8122 §5)."""

PROFILES = [SRTP_AEAD_AES_128_GCM, SRTP_AES128_CM_SHA1_80]
"""Best first; the server chooses. AES-GCM costs half of what AES-CM with SHA-1 does."""
EXPORTER_LABEL = b"EXTRACTOR-dtls_srtp"  # RFC 5764 §4.2
HANDSHAKE_SECONDS = 20.0
MAX_WAITING = 32
"""Records kept until the handshake takes them; they may come before the answer that admits them."""
MAX_DATAGRAM = 1200  # fits every path that carries IPv6
RECORD_HEADER = 13  # RFC 6347 §4.1
FLIGHT_SIZE = 16_384


class DtlsIdentity(RTCCertificate):  # type: ignore[misc, unused-ignore]
    """The relay's certificate, one for every peer and new with every start."""

    _context: SSL.Context | None = None

    @property
    def fingerprint(self) -> str:
        """The SHA-256 fingerprint, as it stands in an SDP."""
        return next(f.value for f in self.getFingerprints() if f.algorithm == "sha-256")

    def _create_ssl_context(self, srtp_profiles: list[SRTPProtectionProfile]) -> SSL.Context:
        if self._context is None:
            self._context = super()._create_ssl_context(srtp_profiles)
            # Nobody resumes, and the cache of a shared context would grow with every meeting.
            self._context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
        return self._context


class _Records:
    """What aiortc believes to be its ICE transport: a bounded queue in, a function out."""

    role = "controlled"
    state = "completed"

    def __init__(self, send: Callable[[bytes], None]) -> None:
        self._out: Callable[[bytes], None] | None = send
        self._queue: deque[bytes] = deque(maxlen=MAX_WAITING)
        self._news = asyncio.Event()

    def __len__(self) -> int:
        return len(self._queue)

    def put(self, record: bytes) -> None:
        self._queue.append(record)
        self._news.set()

    def close(self) -> None:
        self._out = None
        self._queue.clear()
        self._news.set()

    async def _recv(self) -> bytes:
        while not self._queue:
            if self._out is None:
                raise ConnectionError
            self._news.clear()
            await self._news.wait()
        return self._queue.popleft()

    async def _send(self, data: bytes) -> None:
        self.send(data)

    def send(self, data: bytes) -> None:
        if self._out is not None:
            for datagram in _datagrams(data):
                self._out(datagram)


def _datagrams(flight: bytes) -> Iterable[bytes]:
    """Cut a flight at record borders: OpenSSL's memory buffer does not keep them."""
    start = offset = 0
    while offset + RECORD_HEADER <= len(flight):
        end = offset + RECORD_HEADER + int.from_bytes(flight[offset + 11 : offset + 13])
        if end - start > MAX_DATAGRAM and offset > start:
            yield flight[start:offset]
            start = offset
        offset = end
    yield flight[start:]


class _Transport(RTCDtlsTransport):
    """aiortc's transport without its media half."""

    _transport: Any
    keys: SrtpKeys | None = None

    def __init__(self, records: _Records, identity: DtlsIdentity, role: DtlsRole) -> None:
        super().__init__(cast(Any, records), [identity])
        self._srtp_profiles = PROFILES
        self._set_role(role)

    def flush(self) -> None:
        """Send all that OpenSSL has ready."""
        try:
            data = cast(SSL.Connection, self._ssl).bio_read(FLIGHT_SIZE)
        except SSL.Error:
            return
        if data:
            self._transport.send(data)

    async def _write_ssl(self) -> None:
        self.flush()

    def _setup_srtp(self) -> None:
        connection = cast(SSL.Connection, self._ssl)
        chosen = connection.get_selected_srtp_profile()
        profile = next((p for p in PROFILES if p.openssl_profile == chosen), None)
        if profile is None:
            self._set_state(rtcdtlstransport.State.FAILED)
            return
        size = 2 * (profile.key_length + profile.salt_length)
        material = connection.export_keying_material(EXPORTER_LABEL, size)
        client, server = (profile.get_key_and_salt(material, index) for index in (0, 1))
        inbound, outbound = (client, server) if self._role == "server" else (server, client)
        self.keys = SrtpKeys(profile.libsrtp_profile, inbound, outbound)

    def abandon(self) -> None:
        """Stop at once, telling the peer when a connection stands (RFC 5246 §7.2.1)."""
        self.remove_all_listeners()
        if self._task is not None:
            self._task.cancel()
            self._task = None
        if self._ssl is not None and self.state == "connected":
            try:
                self._ssl.shutdown()
            except SSL.Error:
                return
            self.flush()


class DtlsLink:
    """One peer's DTLS connection: records in by `receive`, keys out by `on_keys`, end by `on_end`.

    on_end: the handshake failed (wrong fingerprint, no common profile, timeout), or the peer closed
    the connection. Neither callback comes after `close`.
    """

    def __init__(
        self,
        identity: DtlsIdentity,
        send: Callable[[bytes], None],
        on_keys: Callable[[SrtpKeys], None],
        on_end: Callable[[], None],
    ) -> None:
        self._identity = identity
        self._records = _Records(send)
        self._on_keys = on_keys
        self._on_end = on_end
        self._reachable = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._transport: _Transport | None = None

    @property
    def started(self) -> bool:
        """Whether the peer's fingerprint and role are known."""
        return self._transport is not None

    @property
    def waiting(self) -> int:
        """How many datagrams the handshake has not taken yet."""
        return len(self._records)

    def receive(self, record: bytes) -> None:
        """Take one datagram of DTLS records; kept until `start` when that is still to come."""
        self._records.put(record)

    def reachable(self) -> None:
        """The peer has a bound address: what is sent arrives from now on."""
        self._reachable.set()

    def start(self, role: DtlsRole, fingerprints: Iterable[Fingerprint]) -> None:
        """Begin the handshake. `role` is ours; the server waits for the peer's first flight."""
        self._transport = transport = _Transport(self._records, self._identity, role)
        parameters = RTCDtlsParameters(
            fingerprints=[RTCDtlsFingerprint(name, value) for name, value in fingerprints]
        )
        self._task = asyncio.get_running_loop().create_task(self._shake(transport, parameters))

    def close(self) -> None:
        """Tell the peer and release everything. Idempotent."""
        if self._task is not None:
            self._task.cancel()
            self._task = None
        if self._transport is not None:
            self._transport.abandon()
            self._transport = None
        self._records.close()

    async def _shake(self, transport: _Transport, parameters: RTCDtlsParameters) -> None:
        await self._reachable.wait()
        try:
            async with asyncio.timeout(HANDSHAKE_SECONDS):
                await transport.start(parameters)
        except (TimeoutError, SSL.Error, ValueError):
            pass  # an unfinished or unreadable handshake leaves the state short of `connected`
        keys, transport.keys = transport.keys, None
        if transport.state != "connected" or keys is None:
            self._on_end()
            return
        transport.on("statechange", self._ended)
        self._on_keys(keys)

    def _ended(self) -> None:
        transport = self._transport
        if transport is not None and transport.state == "closed":
            self._on_end()
