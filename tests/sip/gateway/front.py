"""The whole server with its gateway, and who calls it: honest telephones, hosts with keys, and strangers."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import secrets
import signal
import socket
import struct
import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from onmeet.e2ee.link import Link, create_link
from onmeet.phone.settings import PhoneSettings, Trunk
from sip.agent import Agent
from sip.core.message import MessageError, Request, Response, parse
from sip.ivr.steps import Prompt
from sip.wire.options import Options
from sip.wire.transport import Transport
from tests.browser.eavesdropper import memory_of
from tests.factories.members import KeyedMember
from tests.factories.softphone import Softphone
from tests.running import OnMeetServer
from tests.sip.room.house import record, short_prompts
from tests.waiting import eventually

__all__ = [
    "WRONG_HERTZ",
    "Front",
    "Meeting",
    "Stranger",
    "descriptors",
    "exists",
    "media_of",
    "phone",
    "rtp_packet",
]

ENGLISH = 'languages = ["en"]\n'

WRONG_HERTZ = 1700
"""What the prompt for a wrong PIN sounds like: unlike all others, and long enough not to be missed."""


class Front(OnMeetServer):
    """A server whose prompts are short, so that nobody waits for speech."""

    def __init__(self, phone: str = ENGLISH, *, module: str = "onmeet.serve", **settings: str) -> None:
        super().__init__(module, **{"ONMEET_SIP": "on", "ONMEET_PHONE": phone, **settings})
        (self.data / "prompts").mkdir(parents=True)
        short_prompts(self.data / "prompts")
        record(self.data / "prompts", Prompt.PIN_WRONG, WRONG_HERTZ, 0.6)

    @property
    def sip_port(self) -> int:
        return int(self.environment["ONMEET_SIP_PORT"])

    @property
    def relay_socket(self) -> Path:
        return self.data / "run" / "relay.sock"

    def gateway_pid(self) -> int:
        """The gateway's process, 0 while there is none."""
        found = [pid for pid in self.pids() if _words(pid)[-2:] == ["-m", "sip"]]
        return found[0] if found else 0

    def nursery_pid(self) -> int:
        """The warm parent of room processes, 0 while there is none."""
        found = [pid for pid in _children(self.gateway_pid()) if "sip.room" in _words(pid)]
        return found[0] if found else 0

    def room_pids(self) -> list[int]:
        """The processes of meetings with callers."""
        return _children(self.nursery_pid())

    def whole_log(self) -> str:
        """Everything that all parts have written."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def parts(self) -> dict[str, Any]:
        """`/healthz` in full, whatever its status."""
        with socket.create_connection(("127.0.0.1", self.port), 20) as asking:
            asking.sendall(b"GET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n")
            answer = b"".join(iter(lambda: asking.recv(4096), b""))
        found: dict[str, Any] = json.loads(answer.partition(b"\r\n\r\n")[2])
        return found

    def page(self, path: str) -> int:
        """The status of a page."""
        with urllib.request.urlopen(f"{self.base_url}{path}", timeout=30) as answer:
            return int(answer.status)

    def __enter__(self) -> Front:
        super().__enter__()
        return self

    def ask(self, line: bytes, seconds: float = 20.0) -> dict[str, Any]:
        """A line to the control socket, and its answer; {} when it hangs up."""
        with socket.socket(socket.AF_UNIX) as asking:
            asking.settimeout(seconds)
            asking.connect(str(self.data / "run" / "sip.sock"))
            with contextlib.suppress(OSError):
                asking.sendall(line)
                answer = asking.makefile("rb").readline()
                return dict(json.loads(answer)) if answer else {}
        return {}

    def calls(self) -> int:
        """Calls that the gateway counts."""
        return int(self.ask(b'{"do": "status"}\n')["calls"])

    def relay_pid_or_none(self) -> int | None:
        """The relay, None in between."""
        found = [pid for pid in self.pids() if _words(pid)[-1:] == ["onmeet.relay"]]
        return found[0] if found else None

    @contextlib.contextmanager
    def stopped(self) -> Iterator[None]:
        """The supervisor stands still meanwhile: nothing that ends is started again."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def remembers(self, pid: int, traces: list[str]) -> set[str]:
        """Which of these stand in the memory of a process."""
        pieces = memory_of(pid)
        return {trace for piece in pieces for trace in traces if trace.encode() in piece}

    def discard(self) -> None:
        """Forget the data of a server that was ended by hand."""
        self._folder.cleanup()

    async def until_empty(self, within: float = 30.0, *, left: int = 0) -> None:
        """Wait until no room process is left, and no more calls than these."""
        await eventually(lambda: self.calls() <= left and not self.room_pids(), "calls to end", within)


class Meeting:
    """One meeting with a host who has its keys."""

    def __init__(self, front: Front, like: Meeting | None = None) -> None:
        """like: the same meeting, once more."""
        self.front = front
        self.room: str = like.room if like else f"test-{secrets.token_hex(4)}"
        self.link: Link
        self.host_key: Ed25519PrivateKey
        self.link, self.host_key = (like.link, like.host_key) if like else create_link()
        self.members: list[KeyedMember] = []

    async def __aenter__(self) -> Meeting:
        self.host = await self.join(host=True)
        return self

    async def __aexit__(self, *_: object) -> None:
        for member in self.members:
            with contextlib.suppress(Exception):
                await asyncio.wait_for(member.leave(), 10)

    async def join(self, *, host: bool = False) -> KeyedMember:
        member = await KeyedMember.join(
            self.front.relay_socket,
            ("127.0.0.1", self.front.media_port),
            self.room,
            self.link,
            host_key=self.host_key if host else None,
            phone=True,
        )
        self.members.append(member)
        await member.until(lambda: member.epoch is not None, "an epoch")
        return member

    @property
    def pin(self) -> str:
        """As the relay told the host."""
        return str(self.host.said("welcome")[0]["room"]["pin"])

    @property
    def waiting(self) -> int:
        """How many the host sees in the lobby."""
        return len(self.host.waiting)

    def phones(self) -> dict[int, dict[str, Any]]:
        """The telephones in the meeting as the host sees them."""
        everybody = self.host.peer.participants.items()
        return {index: one for index, one in everybody if one.get("kind") == "phone"}

    async def bring_in(self, caller: Softphone) -> int:
        """The caller dials the PIN and is let in; the index, once the microphone is open."""
        before = set(self.phones())
        if caller.call is None:
            await caller.dial(self.pin)
        await eventually(lambda: self.waiting, "the lobby")
        for each in list(self.host.waiting):
            self.host.admit(each["call"])
        await eventually(lambda: set(self.phones()) - before, "the phone to join")
        (index,) = set(self.phones()) - before
        await eventually(lambda: not self.phones()[index]["muted"], "the microphone to open")
        return index


@asynccontextmanager
async def phone(front: Front, *, source: str = "127.0.0.1", number: str = "") -> AsyncIterator[Softphone]:
    """An honest telephone at an address of the loopback network."""
    trunk = Trunk(name="gateway", host="127.0.0.1", port=front.sip_port, keep_alive=0, from_user=number)
    settings = PhoneSettings(trunks=(trunk,))
    agent = Agent(
        Transport(Options(bind=source, port=0), upstreams=settings.trunks), settings, lambda _: None
    )
    await agent.start()
    one = Softphone(agent)
    try:
        yield one
    finally:
        if one.reason is None and one.call is not None:
            one.call.hang_up()
        await one.close()
        await agent.close()


class Stranger:
    """A socket that says what it likes, in SIP or not. Call-ID and tags are its own, and may be set."""

    def __init__(self, front: Front | None, source: str = "127.0.0.1", *, port: int = 0) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((source, port))
        self.socket.setblocking(False)
        self.source, self.port = self.socket.getsockname()
        self.target = ("127.0.0.1", front.sip_port if front else 0)
        self.call_id, self.tag, self.to_tag = secrets.token_hex(8), secrets.token_hex(4), ""
        self.user, self.dialled, self.serial = "stranger", "meet", 0
        self.media = ("127.0.0.1", 40_000)
        self._asked: dict[str, tuple[str, int]] = {}  # by method, what an answer to the last request names

    def __enter__(self) -> Stranger:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def say(self, data: bytes) -> None:
        """One datagram."""
        with contextlib.suppress(BlockingIOError, ConnectionRefusedError):
            self.socket.sendto(data, self.target)

    def offer(self) -> bytes:
        """PCMA and digits."""
        host, port = self.media
        lines = ["v=0", f"o=- 1 1 IN IP4 {host}", "s=-", f"c=IN IP4 {host}", "t=0 0"]
        lines += [f"m=audio {port} RTP/AVP 8 101", "a=rtpmap:101 telephone-event/8000", ""]
        return "\r\n".join(lines).encode()

    def request(self, method: str, *, seq: int | None = None, branch: str = "", body: bytes = b"") -> bytes:
        """A request of this stranger's call, or of the one whose names it has taken."""
        if seq is None:
            self.serial += 1
            seq = self.serial
        self._asked[method] = (self.call_id, seq)
        to = f"<sip:{self.dialled}@127.0.0.1>" + (f";tag={self.to_tag}" if self.to_tag else "")
        branch = branch or f"z9hG4bK{secrets.token_hex(8)}"
        head = [
            f"{method} sip:{self.dialled}@127.0.0.1:{self.target[1]} SIP/2.0",
            f"Via: SIP/2.0/UDP {self.source}:{self.port};branch={branch};rport",
            "Max-Forwards: 70",
            f"From: <sip:{self.user}@{self.source}>;tag={self.tag}",
            f"To: {to}",
            f"Call-ID: {self.call_id}",
            f"CSeq: {seq} {method}",
            f"Contact: <sip:{self.user}@{self.source}:{self.port}>",
        ]
        head += ["Content-Type: application/sdp"] if body else []
        return "\r\n".join([*head, f"Content-Length: {len(body)}", "", ""]).encode() + body

    def invite(self, **more: Any) -> bytes:
        """An INVITE with an offer; sent, too."""
        data = self.request("INVITE", body=self.offer(), **more)
        self.say(data)
        return data

    async def answered(self) -> Response:
        """An honest call, up to the ACK; the answer of the gateway."""
        self.invite()
        response = await self.final()
        assert response is not None
        assert response.status == 200
        self.say(self.request("ACK", seq=response.cseq.number))
        return response

    async def goodbye(self) -> None:
        """An honest end of it."""
        self.say(self.request("BYE"))
        response = await self.final("BYE")
        assert response is not None
        assert response.status == 200

    async def message(self, within: float = 20.0) -> Request | Response | None:
        """The next that comes, None when nothing does in time."""
        try:
            data = await asyncio.wait_for(asyncio.get_running_loop().sock_recv(self.socket, 65_536), within)
        except TimeoutError:
            return None
        try:
            return parse(data)
        except MessageError:
            return None

    async def final(
        self, method: str = "INVITE", within: float = 20.0, *, of_any: bool = False
    ) -> Response | None:
        """The next final response to the last request of a method, None without one in time.

        Its tag is kept. An answer to an earlier request, which is repeated when our ACK comes late, is passed
        over, but for `of_any`.
        """
        async with asyncio.timeout(within + 5):
            while (got := await self.message(within)) is not None:
                if isinstance(got, Response) and got.cseq.method == method and got.status >= 200:
                    if not of_any and (got.call_id, got.cseq.number) != self._asked.get(method):
                        continue
                    if method == "INVITE" and got.status < 300:
                        self.to_tag = got.to.tag or ""
                    return got
        return None

    async def asked(self, method: str, within: float = 20.0) -> Request | None:
        """The next request of a method."""
        async with asyncio.timeout(within + 5):
            while (got := await self.message(within)) is not None:
                if isinstance(got, Request) and got.method == method:
                    return got
        return None


def media_of(body: bytes) -> tuple[str, int]:
    """Where a description wants RTP."""
    host = re.search(rb"c=IN IP4 ([0-9.]+)", body)
    port = re.search(rb"m=audio (\d+)", body)
    assert host is not None
    assert port is not None
    return host[1].decode(), int(port[1])


def rtp_packet(
    sequence: int, payload: bytes, *, payload_type: int = 8, ssrc: int = 0xBAD, marker: bool = False
) -> bytes:
    """One RTP packet, 20 ms after the one before."""
    kind = payload_type | 0x80 * marker
    return struct.pack("!BBHII", 0x80, kind, sequence & 0xFFFF, sequence * 160 & 0xFFFFFFFF, ssrc) + payload


def _words(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode("utf-8", "replace").rstrip("\0").split("\0")
    except OSError:
        return []


def _children(pid: int) -> list[int]:
    """Living children of a process, zombies left out."""
    found = []
    for entry in Path("/proc").iterdir() if pid else ():
        if entry.name.isdigit():
            with contextlib.suppress(OSError, IndexError):
                state, parent = (entry / "stat").read_text().rsplit(")", 1)[1].split()[:2]
                if int(parent) == pid and state != "Z":
                    found.append(int(entry.name))
    return found


def exists(pid: int) -> bool:
    """Whether a process lives; a zombie, which waits for its parent, does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def descriptors(pid: int) -> int:
    """Open files of a process."""
    return len(os.listdir(f"/proc/{pid}/fd"))
