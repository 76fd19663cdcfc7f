"""SRTP for one peer connection: libsrtp sessions, used in place on raw buffers (RFC 3711, RFC 7714)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pylibsrtp
from pylibsrtp import Policy, Session

ffi: Any = pylibsrtp._binding.ffi
lib: Any = pylibsrtp._binding.lib


@dataclass(frozen=True)
class Profile:
    """A DTLS-SRTP protection profile: names on both sides, key and salt lengths in bytes."""

    name: str
    policy: int
    key: int
    salt: int


PROFILES = (
    Profile("SRTP_AEAD_AES_128_GCM", Policy.SRTP_PROFILE_AEAD_AES_128_GCM, 16, 12),
    Profile("SRTP_AES128_CM_SHA1_80", Policy.SRTP_PROFILE_AES128_CM_SHA1_80, 16, 14),
)


class SrtpError(Exception):
    """A packet failed authentication, was a replay, or could not be protected."""


class SrtpPair:
    """Both directions of one connection, client side (RFC 5764 §4.2 order of the exported material)."""

    def __init__(self, profile: Profile, material: bytes) -> None:
        key, salt = profile.key, profile.salt
        salts = material[2 * key :]
        self.profile = profile
        self._tx = _session(profile, material[:key] + salts[:salt], Policy.SSRC_ANY_OUTBOUND)
        self._rx = _session(
            profile, material[key : 2 * key] + salts[salt : 2 * salt], Policy.SSRC_ANY_INBOUND
        )
        self._tx_handle = self._tx._srtp[0]
        self._rx_handle = self._rx._srtp[0]
        self._length = ffi.new("int *")
        self._out = ffi.new("char[]", 2048)
        self._out_view = memoryview(ffi.buffer(self._out))

    def protect(self, packet: bytes | bytearray, *, rtcp: bool = False) -> memoryview:
        """Encrypt a packet; the view is valid until the next call. Raises SrtpError."""
        size = len(packet)
        self._out_view[:size] = packet
        self._length[0] = size
        call = lib.srtp_protect_rtcp if rtcp else lib.srtp_protect
        status = call(self._tx_handle, self._out, self._length)
        if status:
            raise SrtpError(f"libsrtp status {status}")
        return self._out_view[: self._length[0]]

    def unprotect_at(self, address: int, length: int, *, rtcp: bool = False) -> int:
        """Decrypt in place at a memory address; the plain length, or -1 when it does not authenticate."""
        self._length[0] = length
        call = lib.srtp_unprotect_rtcp if rtcp else lib.srtp_unprotect
        if call(self._rx_handle, ffi.cast("void *", address), self._length):
            return -1
        plain: int = self._length[0]
        return plain


def _session(profile: Profile, key: bytes, ssrc_type: int) -> Session:
    policy = Policy(key=key, ssrc_type=ssrc_type, srtp_profile=profile.policy)
    policy.window_size = 2048
    return Session(policy)
