"""DTLS client handshake for DTLS-SRTP, sans I/O: datagrams in, datagrams out (RFC 5764, RFC 6347)."""

from __future__ import annotations

import hashlib
from struct import unpack_from
from typing import Any

from aiortc.rtcdtlstransport import RTCCertificate
from cryptography.hazmat.primitives.serialization import Encoding
from OpenSSL import SSL

from bench.client.srtp import PROFILES, SrtpPair

_DATAGRAM_LIMIT = 1200
_RECORD_HEADER = 13  # RFC 6347 §4.1


class DtlsError(Exception):
    """The handshake failed, or the other side is not who its SDP said."""


class Identity:
    """A certificate and its SSL context; one serves all clients of a process."""

    def __init__(self) -> None:
        certificate: Any = RTCCertificate.generateCertificate()
        context = SSL.Context(SSL.DTLS_METHOD)
        context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, lambda *_arguments: True)
        context.use_certificate(certificate._cert)
        context.use_privatekey(certificate._key)
        context.set_tlsext_use_srtp(":".join(p.name for p in PROFILES).encode())
        self.context = context
        self.fingerprint = _fingerprint(certificate._cert)


class DtlsClient:
    """One handshake. `srtp` is set when it is done; `closed` when the other side said goodbye."""

    def __init__(self, identity: Identity, remote_fingerprint: str) -> None:
        self._expected = remote_fingerprint.upper()
        self._connection = SSL.Connection(identity.context, None)
        self._connection.set_connect_state()
        self._connection.set_ciphertext_mtu(_DATAGRAM_LIMIT)
        self.srtp: SrtpPair | None = None
        self.closed = False

    def start(self) -> list[bytes]:
        """The first flight."""
        return self._advance()

    def feed(self, datagram: bytes) -> list[bytes]:
        """Take one received datagram; the datagrams to send. Raises DtlsError."""
        self._connection.bio_write(datagram)
        if self.srtp is None:
            return self._advance()
        try:
            self._connection.recv(2048)
        except SSL.WantReadError:
            pass
        except (SSL.ZeroReturnError, SSL.Error):
            self.closed = True
        return self._outgoing()

    def resend(self) -> list[bytes]:
        """Repeat the last flight if its timer has run out (RFC 6347 §4.2.4)."""
        if self.srtp is None:
            self._connection.DTLSv1_handle_timeout()
        return self._outgoing()

    def close(self) -> list[bytes]:
        """The close_notify alert."""
        try:
            self._connection.shutdown()
        except SSL.Error:
            return []
        return self._outgoing()

    def _advance(self) -> list[bytes]:
        try:
            self._connection.do_handshake()
        except SSL.WantReadError:
            return self._outgoing()
        except SSL.Error as error:
            raise DtlsError(f"handshake refused: {error}") from error
        self._finish()
        return self._outgoing()

    def _finish(self) -> None:
        certificate = self._connection.get_peer_certificate(as_cryptography=True)
        if certificate is None or _fingerprint(certificate) != self._expected:
            raise DtlsError("the certificate does not match the fingerprint in the SDP")
        chosen = self._connection.get_selected_srtp_profile().decode()
        for profile in PROFILES:
            if profile.name == chosen:
                size = 2 * (profile.key + profile.salt)
                material = self._connection.export_keying_material(b"EXTRACTOR-dtls_srtp", size)
                self.srtp = SrtpPair(profile, material)
                return
        raise DtlsError("no SRTP profile in common")

    def _outgoing(self) -> list[bytes]:
        flight = b""
        while True:
            try:
                flight += self._connection.bio_read(16384)
            except SSL.WantReadError:
                return list(_datagrams(flight))


def _datagrams(flight: bytes) -> list[bytes]:
    """Group whole records into datagrams: a memory BIO is a stream and does not keep their borders."""
    grouped: list[bytes] = []
    position = 0
    while position + _RECORD_HEADER <= len(flight):
        end = position + _RECORD_HEADER + int(unpack_from("!H", flight, position + 11)[0])
        record = flight[position:end]
        if grouped and len(grouped[-1]) + len(record) <= _DATAGRAM_LIMIT:
            grouped[-1] += record
        else:
            grouped.append(record)
        position = end
    return grouped


def _fingerprint(certificate: Any) -> str:
    digest = hashlib.sha256(certificate.public_bytes(Encoding.DER)).hexdigest().upper()
    return ":".join(digest[i : i + 2] for i in range(0, len(digest), 2))
