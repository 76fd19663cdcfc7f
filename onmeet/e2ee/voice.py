"""Who we are in a meeting, and everything that we say in our own name."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from onmeet.e2ee.derive import hello_mac, host_fingerprint, join_key, start_hash
from onmeet.e2ee.encoding import to_base64url, without
from onmeet.e2ee.epochs import Meeting
from onmeet.e2ee.link import Link
from onmeet.e2ee.signing import Json, signed

__all__ = ["Voice"]


class Voice:
    """Speaks with the host's key where it is the key of this very link, else with a new one."""

    def __init__(
        self,
        index: int,
        room: str,
        instance: str,
        link: Link,
        host_key: Ed25519PrivateKey | None = None,
    ) -> None:
        self.index = index
        self.meeting = Meeting(room, start_hash(room, instance), link.host_fingerprint)
        self.is_host = _is_for(host_key, link)
        self.key = host_key if host_key and self.is_host else Ed25519PrivateKey.generate()
        self.sig = to_base64url(self.key.public_key().public_bytes_raw())
        self._join_key = join_key(link.secret, room)
        self._last = -1

    def hello(self, kem: bytes, random: Callable[[int], bytes]) -> Json:
        body: Json = {"kind": "hello", "id": self.index, "sig": self.sig, "kem": to_base64url(kem)}
        body["nonce"] = to_base64url(random(16))
        return self._sign({**body, "mac": to_base64url(self.mac_of(body))})

    def mac_of(self, hello: Json) -> bytes:
        """What only somebody who knows the link can make."""
        return hello_mac(self._join_key, self.meeting.start, without(hello, "mac", "s"))

    def next(self, n: int, kem: bytes) -> Json:
        return self._sign({"kind": "next", "id": self.index, "n": n, "kem": to_base64url(kem)})

    def heartbeat(self, n: int, th: bytes, t: int) -> Json:
        body: Json = {"kind": "heartbeat", "id": self.index, "n": n, "th": to_base64url(th), "t": t}
        return self._sign(body)

    def standing(self, to: int, n: int, th: bytes) -> Json:
        """For the newcomer `to`: where the chain stands."""
        return self._sign({"kind": "standing", "id": self.index, "to": to, "n": n, "th": to_base64url(th)})

    def kick(self, who: Mapping[int, str]) -> Json:
        """`who` is everybody whom the host has put out so far."""
        rows = {str(index): sig for index, sig in who.items()}
        return self._sign({"kind": "kick", "who": rows, "host": self.sig})

    def grant(self, call: str, gw: bytes, start: int) -> Json:
        body: Json = {"kind": "grant", "call": call, "gw": to_base64url(gw), "cls": "audio"}
        return self._sign({**body, "from": start, "host": self.sig})

    def revoke(self, call: str) -> Json:
        return self._sign({"kind": "revoke", "call": call, "host": self.sig})

    def clock(self, elapsed: float) -> int:
        """Our clock for others: whole milliseconds, each one greater than the last."""
        self._last = max(self._last + 1, int(elapsed))
        return self._last

    def _sign(self, body: Json) -> Json:
        return signed(self.key, self.meeting.start, body)


def _is_for(host_key: Ed25519PrivateKey | None, link: Link) -> bool:
    if not host_key:
        return False
    return host_fingerprint(host_key.public_key().public_bytes_raw()) == link.host_fingerprint
