"""SIP over UDP on real sockets."""

from __future__ import annotations

import asyncio
import ipaddress

import pytest

from onmeet.errors import ConfigError
from sip.wire.buckets import Rate
from sip.wire.options import Limits, Options
from sip.wire.resolve import Destination, Unreachable
from sip.wire.transport import Transport
from tests.ports import free_port
from tests.sip.wire.ends import Trunk, datagram_socket, message, open_end, received, soon

HERE = (ipaddress.ip_network("127.0.0.0/8"),)


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
async def test_a_datagram_comes_in_and_the_answer_goes_back(address: str) -> None:
    async with open_end(bind=address) as end, datagram_socket(address) as far:
        far.sendto(message(), (address, end.port()))
        data, flow = (await soon(lambda: end.got, "a message"))[0]
        assert data == message()
        assert flow.remote == far.getsockname()[:2]
        assert flow.local == (address, end.port())
        assert (flow.transport, flow.open) == ("udp", True)
        flow.send(b"SIP/2.0 200 OK\r\n\r\n")
        assert await received(far) == b"SIP/2.0 200 OK\r\n\r\n"


async def test_a_socket_for_both_families_knows_ipv4_by_its_own_name() -> None:
    async with open_end(Trunk(allow=HERE), Trunk(name="six", host="::1"), bind="::") as end:
        for address in ("127.0.0.1", "::1"):
            async with datagram_socket(address) as far:
                end.got.clear()
                far.sendto(message(), (address, end.port()))
                _, flow = (await soon(lambda: end.got, "a message"))[0]
                assert flow.remote == far.getsockname()[:2]
                assert flow.local == (address, end.port())
                flow.send(b"x")
                assert await received(far) == b"x"


async def test_one_remote_address_is_one_flow() -> None:
    async with open_end() as end, datagram_socket() as far, datagram_socket() as other:
        for sender in (far, other, far):
            sender.sendto(message(), ("127.0.0.1", end.port()))
        await soon(lambda: len(end.got) == 3, "three messages")
        first, second, third = (flow for _, flow in end.got)
        assert first is third
        assert first is not second


async def test_strangers_are_dropped_without_an_answer() -> None:
    async with (
        open_end(Trunk(host="127.0.0.9", port=5060), bind="0.0.0.0") as end,
        datagram_socket() as stranger,
        datagram_socket("127.0.0.9") as trunk,
    ):
        stranger.sendto(message("INVITE"), ("127.0.0.1", end.port()))
        await soon(lambda: end.transport.dropped["stranger"] == 1, "the stranger")
        trunk.sendto(message("BYE"), ("127.0.0.1", end.port()))
        await soon(lambda: end.got, "the trunk's message")
        assert end.messages == [message("BYE")]
        assert end.transport.trunks(end.got[0][1]) == ("trunk",)
        with pytest.raises(BlockingIOError):
            stranger.recv(10)


@pytest.mark.parametrize("junk", [b"", b"\r\n\r\n", b"\0\0\0\0", b"  \r\n"])
async def test_keep_alives_and_nothing_at_all_are_no_messages(junk: bytes) -> None:
    async with open_end() as end, datagram_socket() as far:
        far.sendto(junk, ("127.0.0.1", end.port()))
        far.sendto(message(), ("127.0.0.1", end.port()))
        await soon(lambda: end.got, "the message after it")
        assert end.messages == [message()]


async def test_large_and_binary_datagrams_come_in_whole() -> None:
    async with open_end() as end, datagram_socket() as far:
        for data in (bytes(range(256)) * 234, b"x" * 65_507):
            far.sendto(data, ("127.0.0.1", end.port()))
        await soon(lambda: len(end.got) == 2, "both")
        assert end.messages == [bytes(range(256)) * 234, b"x" * 65_507]


async def test_a_message_that_breaks_its_reader_does_not_stop_the_next() -> None:
    async with open_end() as end, datagram_socket() as far:
        heard = []

        def fragile(data: bytes, flow: object) -> None:
            heard.append(data)
            if len(heard) == 1:
                raise RuntimeError

        end.transport.on_message = fragile
        for data in (b"one", b"two"):
            far.sendto(data, ("127.0.0.1", end.port()))
        await soon(lambda: heard == [b"one", b"two"], "both")


async def test_sending_never_raises() -> None:
    async with open_end() as end:
        async with datagram_socket() as far:
            flow = await end.transport.flow(Destination("127.0.0.1", far.getsockname()[1], "udp"))
        for _ in range(5):  # nobody is there any more: ICMP comes back
            flow.send(message())
            await asyncio.sleep(0)
        flow.send(b"x" * 70_000)
        async with datagram_socket() as far:
            far.sendto(message(), ("127.0.0.1", end.port()))
            await soon(lambda: end.got, "a message after the errors")
    flow.send(b"after the end")


async def test_a_flood_of_invites_from_one_source_leaves_room_for_another() -> None:
    limits = Limits(invites=Rate(0.001, 5), all_invites=Rate(0.001, 20))
    async with (
        open_end(Trunk(allow=HERE), limits=limits) as end,
        datagram_socket("127.0.0.2") as flooder,
        datagram_socket("127.0.0.3") as good,
    ):
        for _ in range(100):
            flooder.sendto(message("INVITE"), ("127.0.0.1", end.port()))
        good.sendto(message("INVITE", Call="good"), ("127.0.0.1", end.port()))
        flooder.sendto(message("BYE"), ("127.0.0.1", end.port()))
        await soon(lambda: message("BYE") in end.messages, "what is no INVITE")
        assert end.messages.count(message("INVITE")) == 5
        assert message("INVITE", Call="good") in end.messages
        assert len(end.excess) == 5, "refusals have a limit as well"
        assert end.transport.dropped["invites"] == 95


async def test_a_flood_of_anything_is_held_off() -> None:
    async with (
        open_end(limits=Limits(messages=Rate(0.001, 10))) as end,
        datagram_socket("127.0.0.2") as flooder,
        datagram_socket("127.0.0.3") as good,
    ):
        for _ in range(100):
            flooder.sendto(b"\xff" * 100, ("127.0.0.1", end.port()))
        good.sendto(message(), ("127.0.0.1", end.port()))
        await soon(lambda: message() in end.messages, "the other source's message")
        assert len(end.got) == 11


async def test_a_trunk_is_kept_alive_where_its_requests_went() -> None:
    async with datagram_socket() as far:
        trunk = Trunk(port=far.getsockname()[1], keep_alive=0.02)
        async with open_end(trunk) as end:
            flow = await end.transport.flow(None, trunk="trunk")
            assert flow.remote == far.getsockname()
            assert [await received(far) for _ in range(3)] == [b"\r\n\r\n"] * 3


async def test_a_trunk_that_nobody_knows_is_unreachable() -> None:
    async with open_end() as end:
        with pytest.raises(Unreachable):
            await end.transport.flow(None, trunk="gone")
        with pytest.raises(Unreachable):
            await end.transport.flow(Destination("::1", 5060, "udp"))


async def test_a_port_in_use_is_said_with_the_setting() -> None:
    async with open_end() as end:
        with pytest.raises(ConfigError, match=f"ONMEET_SIP_PORT: port {end.port()} .*set another port"):
            await Transport(Options(port=end.port())).open()


async def test_everything_is_closed_at_the_end() -> None:
    port = free_port()
    for _ in range(2):
        one = Transport(Options(port=port))
        await one.open()
        await one.close()
        await one.close()
