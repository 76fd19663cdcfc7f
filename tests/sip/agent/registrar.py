"""A registrar in memory, of the strict kind: it challenges, and checks the digest."""

from __future__ import annotations

from sip.core.digest import Challenge, Credentials, compute
from sip.core.message import Headers, Request, Response, encode, parse
from sip.core.parsing import params
from tests.sip.agent.network import Address, Network

__all__ = ["Registrar"]


class Registrar:
    """Lets `user` in with `password`. bound: the Contact that is registered, "" without one."""

    def __init__(self, network: Network, address: Address, user: str, password: str) -> None:
        self.network, self.address = network, address
        self.who = Credentials(user, password)
        self.requests: list[Request] = []
        self.bound = ""
        self.granted = 600
        self.answers = True
        self.extra: dict[str, str] = {}
        network.hosts[address] = self._arrived

    def _arrived(self, data: bytes, source: Address) -> None:
        request = parse(data)
        if not isinstance(request, Request) or request.method != "REGISTER" or not self.answers:
            return
        self.requests.append(request)
        copied = ("Via", "From", "To", "Call-ID", "CSeq")
        headers = Headers([(name, value) for name, value in request.headers if name in copied])
        status = 200 if self._proven(request) else 401
        if status == 401:
            headers.add("WWW-Authenticate", 'Digest realm="home", nonce="n1", algorithm=SHA-256, qop="auth"')
        else:
            contact, expires = request.headers.get("Contact") or "", request.headers.get("Expires")
            self.bound = "" if expires == "0" else contact
            if self.bound:
                headers.add("Contact", f"{contact};expires={self.granted}")
            for name, value in self.extra.items():
                headers.add(name, value)
        self.network.post(self.address, source, encode(Response(status, "Scripted", headers)))

    def _proven(self, request: Request) -> bool:
        value = request.headers.get("Authorization")
        if value is None:
            return False
        found = params(value.partition(" ")[2], ",")
        challenge = Challenge("home", "n1", "SHA-256", False, ("auth",))
        count, cnonce = int(found.get("nc") or "0", 16), found.get("cnonce") or ""
        return found.get("response") == compute(
            challenge, self.who, "REGISTER", request.uri, request.body, "auth", count, cnonce
        )
