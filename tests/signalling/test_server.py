"""The relay's end of the Unix socket: tickets, queries, broken connections, bad frames, the end."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import socket
import stat
import struct
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onmeet.errors import ConfigError
from onmeet.signalling import client, server, wire
from onmeet.signalling.server import Link, bind
from tests.factories.relay import QuietRelay, quiet_relay
from tests.peers.signalling_client import Closed, SignallingClient, UnixTransport


@pytest.fixture
async def relay(tmp_path: Path) -> AsyncIterator[QuietRelay]:
    async with quiet_relay(tmp_path / "relay.sock") as relay:
        yield relay


async def raw(relay: QuietRelay, *chunks: bytes) -> bytes:
    """Send bytes, give what comes back until the relay hangs up."""
    reader, writer = await asyncio.open_unix_connection(str(relay.path))
    for chunk in chunks:
        writer.write(chunk)
    try:
        async with asyncio.timeout(30):
            return await reader.read(-1)
    except ConnectionResetError:
        return b""
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


async def only(relay: QuietRelay, count: int) -> None:
    """Wait until no more than so many connections are left."""
    async with asyncio.timeout(30):
        while relay.server.links > count:  # noqa: ASYNC110 - the server need not tell anybody
            await asyncio.sleep(0)


def test_the_socket_is_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "relay.sock"
    with bind(path):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_socket_left_by_a_dead_relay_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "relay.sock"
    bind(path).close()
    assert path.exists()
    with bind(path):
        pass


def test_a_living_relay_is_not_pushed_aside(tmp_path: Path) -> None:
    path = tmp_path / "relay.sock"
    with bind(path), pytest.raises(ConfigError, match="already runs"):
        bind(path)


def test_a_file_that_is_no_socket_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "relay.sock"
    path.write_text("precious")
    with pytest.raises(ConfigError, match="not a socket"):
        bind(path)
    assert path.read_text() == "precious"


async def test_two_people_meet_over_the_socket(relay: QuietRelay) -> None:
    ada = await relay.joined("Ada", "host")
    ben = await relay.joined("Ben")
    assert (await ada.wait_for("joined"))["participant"]["name"] == "Ben"
    await ben.send("data", payload="eA==")
    assert (await ada.wait_for("data", from_=1))["payload"] == "eA=="
    await ben.leave()
    assert ben.close is not None
    assert ben.close.code == 1000
    await ada.wait_for("left", index=1, reason="left")
    await ada.leave()
    assert relay.registry.rooms == 0


async def test_a_cut_socket_is_resumed_without_loss(relay: QuietRelay) -> None:
    ada = await relay.joined("Ada", "host")
    ben = await relay.joined("Ben")
    ben.drop()
    await ada.wait_for("changed", index=1, connected=False)
    for i in range(20):
        await ada.send("key", body={"kind": "kf", "i": i})
    await ada.settle()
    for _ in range(20):
        with contextlib.suppress(Closed):
            await ben.send("data", payload="eA==")
    await ben.resume(await UnixTransport.open(relay.path, relay.ticket()))
    for i in range(20):
        assert (await ben.wait_for("key"))["body"]["i"] == i
        await ada.wait_for("data", from_=1)
    await ada.wait_for("changed", index=1, connected=True)
    assert not [m for m in ada.inbox if m["type"] == "data"]
    await ben.leave()
    await ada.leave()


async def test_an_expired_ticket_opens_nothing(relay: QuietRelay) -> None:
    ticket = relay.ticket(seconds=-1)
    assert await raw(relay, wire.encode(wire.Kind.TICKET, ticket.to_json())) == b""
    assert relay.registry.visitors == 0


@pytest.mark.parametrize(
    "frames",
    [
        [wire.encode(wire.Kind.MESSAGE, b"{}")],
        [wire.encode(wire.Kind.CLOSE, b"\x03\xe8")],
        [wire.encode(wire.Kind.REPLY, b"{}")],
        [wire.encode(wire.Kind.QUERY, b"{}")],
        [wire.encode(wire.Kind.QUERY, b'{"query": "participants"}')],
        [wire.encode(wire.Kind.QUERY, b'{"query": ["health"]}')],
        [wire.encode(wire.Kind.QUERY, b"[" * 100_000)],
        [wire.encode(wire.Kind.TICKET, b"{}")],
        [b"GET / HTTP/1.1\r\n\r\n"],
        [struct.pack("!BI", ord("T"), 2**32 - 1)],
    ],
)
async def test_a_frame_out_of_place_ends_the_connection(relay: QuietRelay, frames: list[bytes]) -> None:
    ada = await relay.joined("Ada")
    assert await raw(relay, *frames) == b""
    await ada.settle()
    await ada.leave()


async def test_a_second_ticket_ends_the_connection(relay: QuietRelay) -> None:
    frame = wire.encode(wire.Kind.TICKET, relay.ticket().to_json())
    assert await raw(relay, frame, frame) == b""
    assert relay.registry.visitors == 0


async def test_a_connection_that_shows_no_ticket_is_ended(
    relay: QuietRelay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "FIRST_FRAME_SECONDS", 0.05)
    assert await raw(relay, b"T\0") == b""


@settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    st.lists(
        st.binary(max_size=40) | st.builds(wire.encode, st.sampled_from(wire.Kind), st.binary(max_size=40))
    )
)
def test_noise_on_the_socket_disturbs_nobody(tmp_path: Path, chunks: list[bytes]) -> None:
    async def scene() -> None:
        path = tmp_path / f"{os.urandom(4).hex()}.sock"
        async with quiet_relay(path) as relay:
            ada = await relay.joined("Ada")
            reader, writer = await asyncio.open_unix_connection(str(path))
            writer.write(b"".join(chunks))
            writer.write_eof()
            with contextlib.suppress(ConnectionError):
                await reader.read(-1)
            writer.close()
            await ada.settle()
            await ada.leave()
            assert relay.counters.faults == 0

    asyncio.run(scene())


async def test_a_query_is_answered(relay: QuietRelay) -> None:
    answer = await asyncio.to_thread(client.query, relay.path, {"query": "health"}, 30)
    assert answer == {"status": "ok"}
    await only(relay, 0)


async def test_a_query_to_a_relay_that_is_not_there_fails_at_once(tmp_path: Path) -> None:
    with pytest.raises(client.RelayUnreachable):
        client.query(tmp_path / "nothing.sock", {"query": "health"}, 30)


def test_a_query_to_a_relay_that_says_nothing_fails_in_time(tmp_path: Path) -> None:
    with bind(tmp_path / "mute.sock"), pytest.raises(client.RelayUnreachable):
        client.query(tmp_path / "mute.sock", {"query": "health"}, 0.05)


async def test_a_web_process_that_does_not_read_loses_its_socket_and_nobody_else_does(
    relay: QuietRelay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "UNSENT_LIMIT", 64 * 1024)
    ada = await relay.joined("Ada", "host")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as deaf:
        deaf.setblocking(False)
        await asyncio.get_running_loop().sock_connect(deaf, str(relay.path))
        hello = b'{"type":"join","seq":1,"version":1,"name":"Deaf","muted":[]}'
        deaf.send(wire.encode(wire.Kind.TICKET, relay.ticket().to_json()))
        deaf.send(wire.encode(wire.Kind.MESSAGE, hello))
        await ada.wait_for("joined")
        big = {"kind": "kf", "x": "x" * 50_000}
        for _ in range(9):
            await ada.send("key", body=big)
        await ada.wait_for("changed", index=1, connected=False)
    await ada.settle()
    await ada.leave()


async def test_a_final_close_takes_the_participant_out_at_once(relay: QuietRelay) -> None:
    ada = await relay.joined("Ada")
    ben = await relay.joined("Ben")
    transport = ben._transport
    assert isinstance(transport, UnixTransport)
    transport._writer.write(wire.encode(wire.Kind.CLOSE, wire.pack_close(4400, "")))
    await ada.wait_for("left", index=1, reason="lost")
    await ada.leave()


async def test_the_end_of_the_relay_is_told_with_1012(tmp_path: Path) -> None:
    async with quiet_relay(tmp_path / "relay.sock") as relay:
        ada = await relay.joined("Ada")
        visitor = await relay.client()
        await visitor.send("leave")
        await visitor.wait_for("error", code="not-joined")
        await relay.server.close()
        assert (await ada.wait_closed()).code == 1012
        assert (await visitor.wait_closed()).code == 1012
        assert not relay.path.exists()
        await ada.end()
        await visitor.end()


async def test_500_sockets_in_a_row_leave_no_object(relay: QuietRelay) -> None:
    ada = await relay.joined("Ada", "host")

    async def visit(number: int) -> None:
        guest: SignallingClient = await relay.joined("Guest")
        if number % 2:
            await guest.leave()
        else:
            await guest.send("nonsense")
            guest.sent += 7
            await guest.send("end")
            assert (await guest.wait_closed()).code == 4400
            await guest.end()

    gc.collect()
    descriptors = len(os.listdir("/proc/self/fd"))
    for number in range(500):
        await visit(number)
        if number % 50 == 0:
            await ada.settle()
            ada.inbox.clear()
    await ada.settle()
    await only(relay, 1)
    gc.collect()
    assert len([each for each in gc.get_objects() if isinstance(each, Link)]) == 1
    assert len(os.listdir("/proc/self/fd")) == descriptors
    assert len(asyncio.all_tasks()) <= 3
    await ada.leave()
