"""SIP over TCP and TLS on real sockets, with far sides that stall, flood, break off and pretend."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import pytest

from onmeet.errors import ConfigError
from sip.interface import TransportName
from sip.wire.buckets import Rate
from sip.wire.options import Limits
from sip.wire.resolve import Destination, Resolver, Unreachable
from sip.wire.stream import Connection
from tests.factories.certificates import Authority
from tests.factories.dns import dns_server
from tests.sip.agent.virtual import in_virtual_time
from tests.sip.wire.ends import End, Trunk, connect, ended, message, open_end, refused, soon

BOTH: list[TransportName] = ["tcp", "tls"]


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def far_context(authority: Authority) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(authority.file))


# -- coming in ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
@pytest.mark.parametrize("kind", BOTH)
async def test_messages_come_in_and_answers_go_back(
    kind: TransportName, address: str, authority: Authority
) -> None:
    async with open_end(bind=address, files=authority.issue("127.0.0.1", "::1")) as end:
        more = {"ssl": far_context(authority), "server_hostname": address} if kind == "tls" else {}
        reader, writer = await connect(end, kind, address, **more)
        whole = message(body=b"v=0") + message("INFO")
        for piece in range(0, len(whole), 7):
            writer.write(whole[piece : piece + 7])
            await writer.drain()
        await soon(lambda: len(end.got) == 2, "two messages")
        assert end.messages == [message(body=b"v=0"), message("INFO")]
        flow = end.got[0][1]
        assert flow.transport == kind
        assert flow.remote == writer.get_extra_info("sockname")[:2]
        assert flow.local == (address, end.port(kind))
        flow.send(b"answer")
        assert await reader.readexactly(6) == b"answer"
        writer.close()
        await soon(lambda: end.closed == [flow], "the end")
        assert not flow.open
        flow.send(b"after the end")


async def test_ipv4_reaches_a_socket_for_both_families() -> None:
    trunk = Trunk(allow=(ipaddress.ip_network("127.0.0.1"),))
    async with open_end(trunk, bind="::") as end:
        _, writer = await connect(end)
        writer.write(message())
        await soon(lambda: end.got, "a message")
        assert end.got[0][1].remote == writer.get_extra_info("sockname")
        assert end.transport.trunks(end.got[0][1]) == ("trunk",)
        writer.close()


async def test_pings_are_answered() -> None:
    async with open_end() as end:
        reader, writer = await connect(end)
        writer.write(b"\r\n\r\n" + message() + b"\r\n\r\n")
        assert await reader.readexactly(4) == b"\r\n\r\n"
        assert end.messages == [message()]
        writer.close()


async def test_a_stranger_is_not_even_connected() -> None:
    async with open_end(Trunk(host="127.0.0.9", port=5060), bind="0.0.0.0") as end:
        assert await refused(end, saying=message())
        assert end.transport.dropped["stranger"] == 1
        assert not end.got


@pytest.mark.parametrize(
    "broken",
    [
        b"OPTIONS sip:x SIP/2.0\r\nFrom: x\r\n\r\n",
        b"OPTIONS sip:x SIP/2.0\r\nContent-Length: -1\r\n\r\n",
        b"OPTIONS sip:x SIP/2.0\r\nContent-Length: 99999999\r\n\r\n",
        b"x" * 200_000,
        b"OPTIONS sip:x SIP/2.0\r\n" + b"X: y\r\n" * 30_000,
    ],
)
async def test_a_stream_that_cannot_be_cut_is_closed(broken: bytes) -> None:
    async with open_end() as end:
        reader, writer = await connect(end)
        writer.write(message("INFO") + broken)
        await ended(reader)
        assert end.messages == [message("INFO")]
        assert end.transport.dropped["broken message"] == 1


async def test_a_half_message_gets_no_more_time_by_single_bytes() -> None:
    async with open_end(limits=Limits(stall=0.2)) as end:
        reader, writer = await connect(end)
        closing = asyncio.create_task(ended(reader))
        for byte in message(body=b"x" * 5000):
            if closing.done():
                break
            writer.write(bytes([byte]))
            await asyncio.sleep(0.01)
        await closing
        assert end.transport.dropped["stalled"] == 1
        assert not end.got


async def test_a_connection_that_never_says_anything_is_closed() -> None:
    async with open_end(limits=Limits(silent=0.1)) as end:
        reader, _ = await connect(end)
        await ended(reader)
        assert end.transport.dropped["stalled"] == 1


async def test_an_idle_connection_is_closed_after_its_last_message() -> None:
    async with open_end(limits=Limits(idle=0.1)) as end:
        reader, writer = await connect(end)
        writer.write(message())
        await ended(reader)
        assert end.messages == [message()]


async def test_a_flood_on_a_connection_ends_it() -> None:
    async with open_end(limits=Limits(messages=Rate(0.001, 50))) as end:
        reader, writer = await connect(end)
        writer.write(message() * 2000)
        await ended(reader)
        assert len(end.got) == 50
        assert end.transport.dropped["flood"] >= 1


async def test_a_far_side_that_does_not_read_loses_the_connection() -> None:
    async with open_end(limits=Limits(backlog=100_000)) as end:
        _, writer = await connect(end)
        writer.write(message())
        await soon(lambda: end.got, "a message")
        flow = end.got[0][1]
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        for _ in range(1000):
            flow.send(b"x" * 10_000)
            await asyncio.sleep(0)
        await soon(lambda: end.closed == [flow], "the end")
        assert end.transport.dropped["does not read"] == 1
        writer.close()


async def test_one_source_has_a_limited_number_of_connections() -> None:
    async with open_end(limits=Limits(connections=3)) as end:
        kept = [await connect(end) for _ in range(3)]
        assert await refused(end)
        assert end.transport.dropped["connections"] == 1
        _, other = await connect(end, local_addr=("127.0.0.2", 0))
        other.write(message())
        await soon(lambda: end.got, "another source")
        kept[0][1].write(message("BYE"))
        await soon(lambda: len(end.got) == 2, "one that is connected")
        kept[0][1].close()
        await soon(lambda: len(end.closed) == 1, "the end of one")
        _, fourth = await connect(end)
        fourth.write(message("INFO"))
        await soon(lambda: len(end.got) == 3, "one in its place")


async def test_all_connections_have_a_limit_together() -> None:
    async with open_end(limits=Limits(all_connections=2)) as end:
        kept = [await connect(end, local_addr=(f"127.0.0.{n}", 0)) for n in (2, 3)]
        assert await refused(end)
        for _, writer in kept:
            writer.close()


async def test_a_slow_handshake_hinders_nobody(authority: Authority) -> None:
    limits = Limits(handshake=100.0, connections=2)
    async with open_end(files=authority.issue("127.0.0.1"), limits=limits) as end:
        _, slow = await connect(end, "tls")
        quick = {"ssl": far_context(authority), "server_hostname": "127.0.0.1"}
        _, writer = await connect(end, "tls", **quick)
        writer.write(message())
        await soon(lambda: end.got, "a message beside the slow one")
        assert await refused(end, "tls"), "both places are taken"
        slow.close()


async def test_a_slow_handshake_ends_and_leaves_its_place(authority: Authority) -> None:
    limits = Limits(handshake=0.3, connections=1)
    async with open_end(files=authority.issue("127.0.0.1"), limits=limits) as end:
        for _ in range(2):
            reader, _ = await connect(end, "tls")
            await ended(reader)
        assert end.transport.dropped["connections"] == 0, "the second one had the place of the first"


async def test_noise_in_place_of_a_handshake_is_closed(authority: Authority) -> None:
    async with open_end(files=authority.issue("127.0.0.1"), limits=Limits(connections=1)) as end:
        for noise in (message("INVITE"), b"\x16\x03\x01\xff\xff" + b"\0" * 100, b"\0" * 3000):
            reader, writer = await connect(end, "tls")
            writer.write(noise)
            writer.write_eof()
            await ended(reader)
        assert not end.got


async def test_a_renewed_certificate_is_shown_without_a_restart(authority: Authority) -> None:
    async with open_end(files=authority.issue("127.0.0.1")) as end:

        async def shown() -> int:
            context = far_context(authority)
            _, writer = await connect(end, "tls", ssl=context, server_hostname="127.0.0.1")
            certificate = writer.get_extra_info("ssl_object").getpeercert()
            writer.close()
            return int(certificate["serialNumber"], 16)

        first = await shown()
        files = authority.issue("127.0.0.1")
        assert await shown() != first
        second = await shown()
        files.key.write_text("half written")
        assert await shown() == second, "one that cannot be read leaves the former in place"


async def test_files_that_are_no_certificate_stop_the_start(authority: Authority, tmp_path: Path) -> None:
    one, other = authority.issue("127.0.0.1"), authority.issue("127.0.0.1", file="other")
    (tmp_path / "junk.pem").write_text("junk")
    for certificate, key, words in (
        (one.certificate, other.key, "tls_key does not belong to tls_certificate"),
        (one.certificate, tmp_path / "junk.pem", "must be PEM files"),
        (tmp_path / "gone.pem", one.key, "cannot be read"),
    ):
        with pytest.raises(ConfigError, match=words):
            async with open_end(certificate=str(certificate), key=str(key)):
                pass


async def test_a_ca_file_that_is_none_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "junk.pem").write_text("junk")
    with pytest.raises(ConfigError, match="tls_authority"):
        async with open_end(Trunk(transport="tls", tls_authority=str(tmp_path / "junk.pem"))):
            pass


# -- going out ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", BOTH)
async def test_a_trunk_is_connected_once_for_all_who_ask(kind: TransportName, authority: Authority) -> None:
    async with open_end(files=authority.issue("127.0.0.1")) as far:
        trunk = Trunk(transport=kind, port=far.port(kind), tls_authority=str(authority.file))
        async with open_end(trunk) as end:
            flows = await asyncio.gather(*(end.transport.flow(None, trunk="trunk") for _ in range(5)))
            assert len(set(flows)) == 1
            assert end.transport.trunks(flows[0]) == ("trunk",)
            flows[0].send(message("REGISTER"))
            await soon(lambda: far.messages == [message("REGISTER")], "the request")
            far.got[0][1].send(message("INVITE"))
            await soon(lambda: end.messages == [message("INVITE")], "a request of the trunk")
            assert end.got[0][1] is flows[0]


async def test_a_lost_connection_is_said_and_opened_again_when_asked_for() -> None:
    async with open_end() as far, open_end(Trunk(transport="tcp", port=far.port())) as end:
        flow = await end.transport.flow(None, trunk="trunk")
        flow.send(message())
        await soon(lambda: far.got, "the request")
        far.got[0][1].close()  # type: ignore[attr-defined]
        await soon(lambda: end.closed == [flow], "the end")
        assert not flow.open
        again = await end.transport.flow(None, trunk="trunk")
        assert again is not flow
        again.send(message("INFO"))
        await soon(lambda: message("INFO") in far.messages, "the next request")


async def test_a_connection_that_failed_is_not_used_for_the_next_request() -> None:
    async with open_end() as far, open_end(Trunk(transport="tcp", port=far.port())) as end:
        flow = await end.transport.flow(None, trunk="trunk")
        end.transport.failed(flow)
        assert await end.transport.flow(None, trunk="trunk") is not flow


@asynccontextmanager
async def dead_machine() -> AsyncIterator[int]:
    """A port on which nobody listens, and that nobody else can take meanwhile."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


async def test_nobody_listens() -> None:
    async with dead_machine() as port, open_end(Trunk(transport="tcp", port=port)) as end:
        with pytest.raises(Unreachable):
            await end.transport.flow(None, trunk="trunk")


async def test_a_far_side_that_accepts_nothing_is_given_up() -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(1)  # TCP connects, TLS never answers
        to = Destination("127.0.0.1", full.getsockname()[1], "tls")
        async with open_end(limits=Limits(connect=0.2)) as end:
            with pytest.raises(Unreachable):
                await end.transport.flow(to)


async def names(end: End, far: End, name: str, authority: Authority | None) -> bool:
    """Whether a TLS connection comes about when the domain is `name`."""
    async with dns_server({(name, "A"): ["127.0.0.1"]}) as dns:
        resolver = Resolver(nameservers=[dns.address], hosts=False)
        trunk = Trunk(
            host=name,
            transport="tls",
            port=far.port("tls"),
            tls_authority=str(authority.file) if authority else "",
        )
        async with open_end(trunk, resolver=resolver) as end:
            try:
                return (await end.transport.flow(None, trunk="trunk")).open
            except Unreachable:
                return False


async def test_the_certificate_must_be_of_the_domain_and_of_a_known_ca(
    authority: Authority, tmp_path: Path
) -> None:
    async with open_end(files=authority.issue("sip.test", "*.wild.test")) as far:
        assert await names(far, far, "sip.test", authority)
        assert await names(far, far, "a.wild.test", authority)
        assert not await names(far, far, "other.test", authority)
        assert not await names(far, far, "sip.test", None), "the system does not know this CA"
        (tmp_path / "other").mkdir()
        assert not await names(far, far, "sip.test", Authority(tmp_path / "other"))


async def test_an_expired_certificate_is_refused(authority: Authority) -> None:
    async with open_end(files=authority.issue("sip.test", days=-1)) as far:
        assert not await names(far, far, "sip.test", authority)


async def test_the_next_machine_is_taken_when_the_first_is_dead() -> None:
    async with dead_machine() as gone, open_end() as far:
        records = {
            ("_sip._tcp.sip.test", "SRV"): [f"1 0 {gone} a.sip.test.", f"2 0 {far.port()} a.sip.test."],
            ("a.sip.test", "A"): ["127.0.0.1"],
        }
        async with dns_server(records) as dns:
            resolver = Resolver(nameservers=[dns.address], hosts=False)
            async with open_end(Trunk(host="sip.test", transport="tcp"), resolver=resolver) as end:
                flow = await end.transport.flow(None, trunk="trunk")
                assert flow.remote == ("127.0.0.1", far.port())
                order = await end.transport.targets(None, trunk="trunk")
                assert [one.port for one in order] == [far.port(), gone], "the dead one is tried last"


async def test_a_silent_udp_machine_is_avoided_for_a_while() -> None:
    records = {
        ("_sip._udp.sip.test", "SRV"): ["1 0 5070 a.sip.test.", "2 0 5071 a.sip.test."],
        ("a.sip.test", "A"): ["127.0.0.1"],
    }
    now = [0.0]
    async with dns_server(records) as dns:
        resolver = Resolver(nameservers=[dns.address], hosts=False)
        async with open_end(Trunk(host="sip.test"), resolver=resolver) as end:
            end.transport._clock = lambda: now[0]
            first = await end.transport.flow(None, trunk="trunk")
            end.transport.failed(first, seconds=30)
            assert (await end.transport.flow(None, trunk="trunk")).remote[1] == 5071
            now[0] = 31
            assert (await end.transport.flow(None, trunk="trunk")).remote[1] == 5070


async def test_pings_find_a_dead_connection_of_a_trunk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sip.wire.stream.PONG_SECONDS", 0.3)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(3):
            await reader.read(100)
            writer.write(b"\r\n")
        while await reader.read(100):
            pass
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        trunk = Trunk(transport="tcp", port=server.sockets[0].getsockname()[1], keep_alive=0.05)
        async with open_end(trunk) as end:
            flow = await end.transport.flow(None, trunk="trunk")
            await soon(lambda: end.closed == [flow], "the end of a connection without answers")
            assert end.transport.dropped["no answer to pings"] == 1


class Answering:
    """Both the wire below a connection, whose far side answers pings, and the connection's owner."""

    def __init__(self) -> None:
        self.connection = Connection(cast(Any, self), "tcp", Limits(), ours=True, keep_alive=5.0)
        self.pings = 0
        self.end = ""
        self.connection.connection_made(cast(Any, self))

    def write(self, data: bytes) -> None:
        self.pings += 1
        asyncio.get_running_loop().call_later(0.2, self.connection.data_received, b"\r\n")

    def get_extra_info(self, name: str) -> tuple[str, int]:
        return "127.0.0.1", 5060

    def get_write_buffer_size(self) -> int:
        return 0

    def is_closing(self) -> bool:
        return bool(self.end)

    def abort(self) -> None:
        self.connection.connection_lost(None)

    def opened(self, connection: Connection) -> None: ...

    def ended(self, connection: Connection, why: str) -> None:
        self.end = why


@in_virtual_time
async def test_pings_that_are_answered_keep_a_connection() -> None:
    far = Answering()
    await asyncio.sleep(300)
    assert far.pings >= 60
    assert far.connection.open
    assert far.end == ""


async def test_one_that_never_answers_pings_is_kept() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        pings = b""
        while len(pings) < 16:
            pings += await reader.read(100)
        writer.write(message("NOTIFY"))

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        trunk = Trunk(transport="tcp", port=server.sockets[0].getsockname()[1], keep_alive=0.02)
        async with open_end(trunk) as end:
            await end.transport.flow(None, trunk="trunk")
            await soon(lambda: end.messages == [message("NOTIFY")], "life after four pings")


async def test_connections_end_with_the_transport() -> None:
    async with open_end() as end:
        reader, writer = await connect(end)
        writer.write(message())
        await soon(lambda: end.got, "a message")
        end.got[0][1].send(b"last words")
    assert await ended(reader) == b"last words"


async def test_where_nothing_listens_the_connection_itself_is_our_address(authority: Authority) -> None:
    async with open_end(files=authority.issue("127.0.0.1")) as far:
        trunk = Trunk(transport="tls", port=far.port("tls"), tls_authority=str(authority.file))
        async with open_end(trunk) as end:
            flow = await end.transport.flow(None, trunk="trunk")
            flow.send(message())
            await soon(lambda: far.got, "the request")
            assert flow.local == far.got[0][1].remote


async def test_far_sides_cannot_make_us_open_any_number_of_connections() -> None:
    async with open_end() as one, open_end() as two, open_end(limits=Limits(all_connections=1)) as end:
        await end.transport.flow(Destination("127.0.0.1", one.port(), "tcp"))
        with pytest.raises(Unreachable):
            await end.transport.flow(Destination("127.0.0.1", two.port(), "tcp"))
        await end.transport.flow(Destination("127.0.0.1", one.port(), "tcp"))
