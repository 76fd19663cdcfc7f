"""TLS on both sides (RFC 3261 §26.3, RFC 5922): our certificate, and whom we believe."""

from __future__ import annotations

import os
import ssl

import structlog

from onmeet.errors import ConfigError

__all__ = ["Certificate", "client_context"]

log = structlog.get_logger()


class Certificate:
    """Our certificate, read again when its file was renewed.

    Raises `ConfigError` when the files cannot be used at the start.
    """

    def __init__(self, certificate: str, key: str) -> None:
        self._certificate = certificate
        self._key = key
        self._version = self._stat()
        try:
            self._context = self._read()
        except (OSError, ssl.SSLError) as error:
            raise ConfigError(_complaint(error)) from None

    def context(self) -> ssl.SSLContext:
        """For the next handshake. A renewal that cannot be read leaves the former certificate in place."""
        version = self._stat()
        if version != self._version:
            self._version = version
            try:
                self._context = self._read()
            except (OSError, ssl.SSLError):
                log.warning("the renewed certificate of the telephone cannot be used", exc_info=True)
        return self._context

    def _read(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        # Without a password function OpenSSL would ask on the terminal for that of an encrypted key.
        context.load_cert_chain(self._certificate, self._key, password=lambda: "")
        return context

    def _stat(self) -> tuple[tuple[int, int, int], ...]:
        try:
            found = [os.stat(path) for path in (self._certificate, self._key)]
        except OSError:
            return ()
        return tuple((one.st_mtime_ns, one.st_size, one.st_ino) for one in found)


def _complaint(error: OSError) -> str:
    if isinstance(error, ssl.SSLError):
        if error.reason == "KEY_VALUES_MISMATCH":
            return "tls_key does not belong to tls_certificate: name the key that goes with it"
        return "tls_certificate and tls_key must be PEM files, the key without a password"
    reason = error.strerror or "unknown reason"
    return f"tls_certificate or tls_key cannot be read ({reason}): let this process read both"


def client_context(authority: str = "") -> ssl.SSLContext:
    """For connections of ours: the far side shows a certificate of its name, signed by `authority` (a file)
    or, without, by one of those that the system trusts.

    Raises `ConfigError` when the file cannot be used.
    """
    try:
        context = ssl.create_default_context(cafile=authority or None)
    except (OSError, ssl.SSLError):
        raise ConfigError("tls_authority must be a readable PEM file with the CA's certificate") from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
