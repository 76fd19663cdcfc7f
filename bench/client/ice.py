"""The full-ICE side of one candidate pair, sans I/O: controlling, aggressive nomination, consent.

RFC 8445 against an ICE-lite peer, RFC 7675 for consent. STUN messages are aioice's.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from aioice import stun

CHECK_INTERVAL = 0.05  # seconds between checks until the first answer
CONSENT_INTERVAL = 4.0  # RFC 7675 §5.1: every 5 s, 20 % jitter left out on purpose
CONSENT_TIMEOUT = 30.0
_PRIORITY = (110 << 24) | (65535 << 8) | 255  # a peer-reflexive candidate (RFC 8445 §5.1.2.1)


@dataclass
class IceClient:
    """Credentials and check state of one connection."""

    ufrag: str = field(default_factory=lambda: secrets.token_hex(4))
    password: str = field(default_factory=lambda: secrets.token_hex(16))
    remote_ufrag: str = ""
    remote_password: str = ""
    answered: int = 0  # checks that the other side answered with the right integrity
    last_answer: float = 0.0
    _tie_breaker: int = field(default_factory=lambda: secrets.randbits(64))
    _open: set[bytes] = field(default_factory=set)

    def check(self) -> bytes:
        """A binding request with USE-CANDIDATE."""
        request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
        request.attributes["USERNAME"] = f"{self.remote_ufrag}:{self.ufrag}"
        request.attributes["PRIORITY"] = _PRIORITY
        request.attributes["ICE-CONTROLLING"] = self._tie_breaker
        request.attributes["USE-CANDIDATE"] = None
        request.add_message_integrity(self.remote_password.encode())
        if len(self._open) > 64:
            self._open.clear()
        self._open.add(request.transaction_id)
        return bytes(request)

    def feed(self, datagram: bytes, source: tuple[str, int], now: float) -> bytes | None:
        """Take a STUN message; the answer to send when it was a check of the other side."""
        try:
            message = stun.parse_message(datagram)
        except ValueError:
            return None
        if message.message_class == stun.Class.REQUEST:
            if not message.check_message_integrity(self.password.encode()):
                return None
            response = stun.Message(stun.Method.BINDING, stun.Class.RESPONSE, message.transaction_id)
            response.attributes["XOR-MAPPED-ADDRESS"] = source
            response.add_message_integrity(self.password.encode())
            return bytes(response)
        if (
            message.message_class == stun.Class.RESPONSE
            and message.transaction_id in self._open
            and message.check_message_integrity(self.remote_password.encode())
        ):
            self._open.discard(message.transaction_id)
            self.answered += 1
            self.last_answer = now
        return None
