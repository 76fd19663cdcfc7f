"""A far side that follows a script: it says exactly what a test wants, true or not."""

from __future__ import annotations

import asyncio
from itertools import count

from sip.core.message import Headers, Request, Response, encode, parse
from tests.sip.agent.network import Address, Network

__all__ = ["OFFER", "Peer", "sdp"]

_serial = count(1)


def sdp(host: str = "192.0.2.7", port: int = 40_000, *, codecs: str = "8 101", attributes: str = "") -> bytes:
    """A description of PCMA and digits."""
    return (
        f"v=0\r\no=- 1 {next(_serial)} IN IP4 {host}\r\ns=-\r\nc=IN IP4 {host}\r\nt=0 0\r\n"
        f"m=audio {port} RTP/AVP {codecs}\r\na=rtpmap:101 telephone-event/8000\r\n{attributes}"
    ).encode()


OFFER = sdp()


class Peer:
    """One telephone or exchange at an address. sdp: of its offers and answers."""

    def __init__(self, network: Network, address: Address, other: Address) -> None:
        self.network, self.address, self.other = network, address, other
        self.inbox: asyncio.Queue[Request | Response] = asyncio.Queue()
        self.seen: set[bytes] = set()
        self.received: list[Request | Response] = []
        self.every = False  # whether repeated messages are handed out as well
        self.present = True  # answers OPTIONS by itself
        self.call_id = f"call{next(_serial)}"
        self.tag = f"peer{next(_serial)}"
        self.their_tag = ""
        self.seq = 0
        self.invite: Request | None = None
        network.hosts[address] = self._arrived

    def _arrived(self, data: bytes, source: Address) -> None:
        message = parse(data)
        if isinstance(message, Request) and message.method == "OPTIONS" and self.present:
            self.answer(message, 200)
            return
        self.received.append(message)
        if self.every or data not in self.seen:
            self.seen.add(data)
            self.inbox.put_nowait(message)

    # ------------------------------------------------------------------ saying

    def send(self, message: Request | Response, *, source: Address | None = None) -> None:
        self.network.post(source or self.address, self.other, encode(message))

    def request(
        self,
        method: str,
        *,
        body: bytes = b"",
        kind: str = "application/sdp",
        seq: int | None = None,
        branch: str = "",
        uri: str = "",
        tag: str | None = None,
        their_tag: str | None = None,
        **headers: str,
    ) -> Request:
        """A request of this peer's; keyword arguments become headers (`Session_Expires="90"`)."""
        if seq is None:
            self.seq += 1
            seq = self.seq
        to = self.their_tag if their_tag is None else their_tag
        host, port = self.address
        lines = Headers(
            [
                ("Via", f"SIP/2.0/UDP {host}:{port};branch={branch or f'z9hG4bK-{next(_serial)}'};rport"),
                ("Max-Forwards", "70"),
                ("From", f"<sip:+49301234567@{host}>;tag={self.tag if tag is None else tag}"),
                ("To", f"<sip:100@{self.other[0]}>" + (f";tag={to}" if to else "")),
                ("Call-ID", self.call_id),
                ("CSeq", f"{seq} {method}"),
                ("Contact", f"<sip:peer@{host}:{port}>"),
            ]
        )
        for name, value in headers.items():
            lines.set(name.replace("_", "-"), value)
        if body:
            lines.add("Content-Type", kind)
        return Request(method, uri or f"sip:100@{self.other[0]}:{self.other[1]}", lines, body)

    def call(self, *, body: bytes = OFFER, **options: str) -> Request:
        """INVITE."""
        self.invite = self.request("INVITE", body=body, **options)
        self.send(self.invite)
        return self.invite

    def ask(self, method: str, **options: object) -> Request:
        """Send a request."""
        request = self.request(method, **options)  # type: ignore[arg-type]
        self.send(request)
        return request

    def ack(self, response: Response, *, body: bytes = b"", **options: str) -> None:
        """ACK of a 2xx: with a branch of its own."""
        self.send(self.request("ACK", seq=response.cseq.number, body=body, **options))

    def ack_refusal(self, invite: Request, response: Response) -> None:
        """ACK of a refusal: with the branch of the INVITE."""
        request = self.request("ACK", seq=invite.cseq.number, branch=invite.via.branch or "")
        request.headers.set("To", response.headers.get("To") or "")
        self.send(request)

    def cancel(self, invite: Request) -> None:
        """CANCEL."""
        self.send(
            self.request("CANCEL", seq=invite.cseq.number, branch=invite.via.branch or "", their_tag="")
        )

    def answer(
        self, request: Request, status: int, *, body: bytes = b"", tag: str | None = None, **headers: str
    ) -> Response:
        """A response to a request of theirs."""
        lines = Headers([("Via", via) for via in request.headers.all("Via")])
        to = request.headers.get("To") or ""
        tag = self.tag if tag is None else tag
        lines.add("From", request.headers.get("From") or "")
        lines.add("To", to if "tag=" in to or not tag or status == 100 else f"{to};tag={tag}")
        lines.add("Call-ID", request.call_id)
        lines.add("CSeq", request.headers.get("CSeq") or "")
        lines.add("Contact", f"<sip:peer@{self.address[0]}:{self.address[1]}>")
        for name, value in headers.items():
            lines.set(name.replace("_", "-"), value)
        if body:
            lines.add("Content-Type", "application/sdp")
        if request.method == "INVITE" and "tag=" not in to:
            self.their_tag, self.call_id = request.sender.tag or "", request.call_id
        response = Response(status, "Scripted", lines, body)
        self.send(response)
        return response

    # ------------------------------------------------------------------ hearing

    async def response(self, method: str, status: int | None = None) -> Response:
        """The next final response, or that of this status, to requests of this method."""
        async with asyncio.timeout(700):
            while True:
                message = await self.inbox.get()
                if isinstance(message, Response) and message.cseq.method == method:
                    if message.status == status or (status is None and message.status >= 200):
                        if method == "INVITE" and message.to.tag and message.status < 300:
                            self.their_tag = message.to.tag
                        return message
                    assert status is None or message.status < 200, f"{message.status} instead of {status}"

    async def asked(self, method: str) -> Request:
        """The next request of this method; everything else is passed by."""
        async with asyncio.timeout(7000):
            while True:
                message = await self.inbox.get()
                if isinstance(message, Request) and message.method == method:
                    return message

    async def establish(self, *, body: bytes = OFFER, **options: str) -> Response:
        """INVITE, 200, ACK."""
        self.call(body=body, **options)
        response = await self.response("INVITE", 200)
        self.ack(response)
        return response

    def quiet(self) -> bool:
        """Whether nothing waits to be read."""
        return self.inbox.empty()
