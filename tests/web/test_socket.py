"""Browser ═ gunicorn ═ relay: the whole chain of signalling, with real processes and sockets."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import time
from collections.abc import AsyncIterator, Iterator

import pytest
import websockets
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onmeet import clock
from onmeet.signalling import session
from onmeet.signalling.wire import UP_LIMIT
from onmeet.web import gunicorn_conf
from onmeet.web.cookies import SESSION
from onmeet.web.lingering import LINGER_SECONDS
from onmeet.web.socket import MAX_SOCKETS
from tests.factories.house import House, make_config
from tests.factories.relay import QuietRelay, quiet_relay
from tests.peers.signalling_client import SignallingClient, WebSocketTransport
from tests.waiting import until
from tests.web.gunicorn import CODE, Gunicorn


@pytest.fixture(scope="module")
def web() -> Iterator[Gunicorn]:
    with Gunicorn() as web:
        yield web


@pytest.fixture(scope="module")
def cookie(web: Gunicorn) -> str:
    return web.cookie()


@pytest.fixture
async def relay(web: Gunicorn) -> AsyncIterator[QuietRelay]:
    async with quiet_relay(web.relay_socket) as relay:
        yield relay


@pytest.fixture
async def ada(web: Gunicorn, relay: QuietRelay, cookie: str) -> AsyncIterator[SignallingClient]:
    client = await web.client(cookie)
    await client.join("Ada")
    yield client
    await client.end()


async def close_code(web: Gunicorn, **how: str) -> tuple[int, str]:
    """How a fresh socket is closed that says nothing."""
    client = await web.client(**how)
    closed = await client.wait_closed()
    await client.end()
    return closed.code, closed.reason


async def test_two_browsers_meet(web: Gunicorn, ada: SignallingClient) -> None:
    ben = await web.client(web.cookie())
    welcome = await ben.join("Ben")
    assert [p["name"] for p in welcome["participants"]] == ["Ada", "Ben"]
    await ada.wait_for("joined")
    await ben.send("data", payload="eA==")
    assert (await ada.wait_for("data"))["from"] == 1
    await ben.leave()
    assert ben.close is not None
    assert (ben.close.code, ben.close.reason) == (1000, "left")
    await ada.wait_for("left", reason="left")


async def test_a_big_message_and_its_answer_pass_whole(ada: SignallingClient) -> None:
    body = {"kind": "epoch", "x": "ä€😀" * 6000}
    await ada.send("key", body=body)
    assert (await ada.wait_for("key"))["body"] == body


async def test_a_message_sent_with_the_close_still_arrives(
    web: Gunicorn, ada: SignallingClient, cookie: str
) -> None:
    ben = await web.client(cookie)
    await ben.join("Ben")
    await ben.send("leave")
    await ben.end()
    await ada.wait_for("left", index=1, reason="left")


async def test_a_cut_connection_is_resumed(web: Gunicorn, ada: SignallingClient, cookie: str) -> None:
    ben = await web.client(cookie)
    await ben.join("Ben")
    ben.drop()
    await ada.wait_for("changed", connected=False)
    await ada.send("key", body={"kind": "kf"})
    await ben.resume(await WebSocketTransport.open(web.socket_url, origin=web.origin, cookie=cookie))
    await ben.wait_for("key")
    await ada.wait_for("changed", connected=True)
    await ben.leave()


async def test_a_socket_that_closes_without_leaving_may_come_back(
    web: Gunicorn, ada: SignallingClient, cookie: str
) -> None:
    ben = await web.client(cookie)
    await ben.join("Ben")
    await ben.end()
    await ada.wait_for("changed", connected=False)
    await ben.resume(await WebSocketTransport.open(web.socket_url, origin=web.origin, cookie=cookie))
    await ada.wait_for("changed", connected=True)
    await ben.leave()


# -- refusals --------------------------------------------------------------------------------------


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://[", "https://127.0.0.1:1"])
async def test_another_site_is_refused_with_4403(
    web: Gunicorn, relay: QuietRelay, cookie: str, origin: str
) -> None:
    assert await close_code(web, cookie=cookie, origin=origin) == (4403, "bad-origin")
    assert relay.counters.joined == 0


async def test_a_browser_that_never_opened_the_page_is_refused_with_4403(
    web: Gunicorn, relay: QuietRelay
) -> None:
    assert await close_code(web, cookie="") == (4403, "forbidden")


async def test_a_relay_that_is_down_is_told_with_1013(web: Gunicorn, cookie: str) -> None:
    assert (await close_code(web, cookie=cookie))[0] == 1013


@pytest.mark.promise("N1.12")
async def test_whoever_deletes_the_account_is_out_of_the_meeting(
    web: Gunicorn, relay: QuietRelay, ada: SignallingClient
) -> None:
    """Whoever deletes their account is out of every meeting within seconds; others stay."""
    house = House(make_config(web.data))
    house.clock.seconds = clock.now().timestamp()
    try:
        grace = house.member("grace@example.org")
        grace.open(f"/m/{CODE}")
        cookie = grace.client.get_cookie(SESSION)
        assert cookie is not None
        client = await web.client(f"{cookie.key}={cookie.value}")
        await client.join("Grace")
        await ada.wait_for("joined")
        account = house.services.accounts.id_of("grace@example.org")
        assert account is not None
        house.services.erasure.account(account, clock.now())
    finally:
        house.close()
    closed = await client.wait_closed()
    assert (closed.code, closed.reason) == (4403, "forbidden")
    await client.end()
    await ada.wait_for("left", reason="lost")
    assert ada.close is None


async def test_what_is_no_meeting_code_is_no_socket(web: Gunicorn, cookie: str) -> None:
    with pytest.raises(websockets.InvalidStatus) as refused:
        await websockets.connect(f"ws://{web.host}/m/nonsense/socket", proxy=None)
    assert refused.value.response.status_code == 404


def test_a_page_request_is_no_socket(web: Gunicorn) -> None:
    assert web.get(f"/m/{CODE}/socket")[0] in (400, 404)


@pytest.mark.parametrize(
    "headers",
    [
        {"Upgrade": "websocket", "Connection": "Upgrade"},
        {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"},
        {
            "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "12",
            "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
        },
    ],
)  # fmt: skip
def test_a_broken_handshake_is_a_bad_request(web: Gunicorn, headers: dict[str, str]) -> None:
    assert web.get(f"/m/{CODE}/socket", headers=headers)[0] == 400


async def test_compression_is_never_agreed_on(web: Gunicorn, relay: QuietRelay, cookie: str) -> None:
    async with websockets.connect(
        web.socket_url,
        origin=websockets.Origin(web.origin),
        additional_headers={"Cookie": cookie},
        proxy=None,
    ) as client:
        assert client.response is not None
        assert "Sec-WebSocket-Extensions" not in client.response.headers


# -- what breaks the protocol ----------------------------------------------------------------------


async def raw(web: Gunicorn, cookie: str, source: str = "127.0.0.1") -> websockets.ClientConnection:
    return await websockets.connect(
        web.socket_url, origin=websockets.Origin(web.origin), additional_headers={"Cookie": cookie},
        proxy=None, compression=None, local_addr=(source, 0), open_timeout=30, close_timeout=30,
    )  # fmt: skip


async def closing_of(client: websockets.ClientConnection) -> int:
    async with asyncio.timeout(30):
        await client.wait_closed()
    return client.close_code or 0


async def test_a_binary_frame_closes_with_4400(web: Gunicorn, ada: SignallingClient, cookie: str) -> None:
    client = await raw(web, cookie)
    await client.send(b"\0")
    assert await closing_of(client) == 4400
    await ada.settle()


@pytest.mark.parametrize("letter", ["x", "ä", "😀"])
async def test_a_message_over_the_limit_of_bytes_closes_with_4400(
    web: Gunicorn, ada: SignallingClient, cookie: str, letter: str
) -> None:
    client = await raw(web, cookie)
    with contextlib.suppress(websockets.ConnectionClosed):
        await client.send(letter * (UP_LIMIT // len(letter.encode()) + 1))
    assert await closing_of(client) == 4400


async def test_a_message_in_endless_fragments_closes_with_4400(
    web: Gunicorn, relay: QuietRelay, cookie: str
) -> None:
    client = await raw(web, cookie)
    with contextlib.suppress(websockets.ConnectionClosed):
        await client.send("x" * 10_000 for _ in range(100))
    assert await closing_of(client) == 4400


async def test_a_message_in_fragments_is_joined(web: Gunicorn, relay: QuietRelay, cookie: str) -> None:
    client = await raw(web, cookie)
    await client.send(iter(['{"type":"join","seq":1,', '"version":1,"name":"Ä"', ',"muted":[]}']))
    assert '"name":"Ä"' in await client.recv(decode=True)
    await client.close()


async def test_a_ping_frame_is_answered(web: Gunicorn, relay: QuietRelay, cookie: str) -> None:
    client = await raw(web, cookie)
    async with asyncio.timeout(30):
        await (await client.ping())
    await client.close()


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.binary(min_size=1, max_size=60), max_size=4), st.booleans())
def test_noise_after_the_handshake_ends_only_itself(
    web: Gunicorn, cookie: str, chunks: list[bytes], half_close: bool
) -> None:
    async def scene() -> None:
        async with quiet_relay(web.relay_socket):
            reader, writer = await asyncio.open_connection("127.0.0.1", web.port)
            writer.write(
                f"GET /m/{CODE}/socket HTTP/1.1\r\nHost: {web.host}\r\nUpgrade: websocket\r\n"
                f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nOrigin: {web.origin}\r\n"
                f"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nCookie: {cookie}\r\n\r\n".encode()
            )
            assert b" 101 " in await reader.readline()
            for chunk in chunks:
                writer.write(chunk)
            if half_close:
                writer.write_eof()
                with contextlib.suppress(ConnectionError):
                    async with asyncio.timeout(30):
                        await reader.read(-1)
            writer.close()

    asyncio.run(scene())
    assert "a socket broke" not in web.log.read_text()


# -- the relay goes --------------------------------------------------------------------------------


async def test_a_relay_that_dies_is_told_with_1012_at_once(web: Gunicorn, cookie: str) -> None:
    async with quiet_relay(web.relay_socket) as relay:
        ada = await web.client(cookie)
        await ada.join("Ada")
        for link in tuple(relay.server._links):
            link.abort()
        assert (await ada.wait_closed()).code == 1012
        await ada.end()


async def test_a_relay_that_ends_says_1012(web: Gunicorn, cookie: str) -> None:
    async with quiet_relay(web.relay_socket) as relay:
        ada = await web.client(cookie)
        await ada.join("Ada")
        await relay.server.close()
        assert (await ada.wait_closed()).code == 1012
        await ada.end()


# -- threads and the end ---------------------------------------------------------------------------


async def test_pages_are_served_beside_many_sockets(
    web: Gunicorn, relay: QuietRelay, cookie: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "JOIN_SECONDS", 1000.0)  # none of them joins
    clients = [await raw(web, cookie, f"127.0.0.{2 + number % 2}") for number in range(MAX_SOCKETS)]
    clients.append(await raw(web, cookie))
    # A place is taken a moment after the handshake: whoever is last there is one too many.
    ends = [asyncio.ensure_future(client.wait_closed()) for client in clients]
    await asyncio.wait(ends, timeout=30, return_when=asyncio.FIRST_COMPLETED)
    assert [client.close_code for client in clients if client.close_code is not None] == [4503]
    assert (await asyncio.to_thread(web.get, "/"))[0] == 200
    await asyncio.gather(*(client.close() for client in clients), *ends)
    again = await raw(web, cookie)
    await again.send('{"type":"join","seq":1,"version":1,"name":"A","muted":[]}')
    assert "welcome" in await again.recv(decode=True)
    await again.close()


async def test_100_sockets_in_a_row_leave_no_descriptor_and_no_participant(
    web: Gunicorn, relay: QuietRelay, cookie: str
) -> None:
    def descriptors() -> int:
        return len(os.listdir(f"/proc/{web.worker_pid()}/fd"))

    async def visit(number: int) -> None:
        guest = await web.client(cookie)
        await guest.join("Guest")
        if number % 2:
            await guest.leave()
        else:
            guest.sent += 1
            await guest.send("end")
            assert (await guest.wait_closed()).code == 4400
            await guest.end()

    before = descriptors()
    for number in range(100):
        await visit(number)
    await asyncio.to_thread(until, lambda: descriptors() <= before, "all descriptors to be closed")
    assert (relay.registry.rooms, relay.registry.visitors) == (0, 0)


def test_clients_that_never_close_do_not_delay_a_page(web: Gunicorn) -> None:
    request = f"GET / HTTP/1.1\r\nHost: {web.host}\r\nConnection: close\r\n\r\n".encode()
    idle = []
    began = time.monotonic()
    for _ in range(8):
        client = socket.create_connection(("127.0.0.1", web.port))
        client.sendall(request)
        assert client.recv(12)
        idle.append(client)
    try:
        assert web.get("/")[0] == 200
        assert time.monotonic() - began < 4 * LINGER_SECONDS, "they were waited for one after the other"
    finally:
        for client in idle:
            client.close()


async def test_sigterm_closes_sockets_with_1012_and_ends() -> None:
    with Gunicorn() as web:
        async with quiet_relay(web.relay_socket):
            ada = await web.client(web.cookie())
            await ada.join("Ada")
            ending = asyncio.create_task(asyncio.to_thread(web.end))
            assert (await ada.wait_closed()).code == 1012
            await ending
            assert web.process.returncode == 0
            await ada.end()
        assert not list(web.data.rglob("*gunicorn*.ctl"))
        assert not (web.data / ".gunicorn").exists()


async def test_the_public_address_counts_as_ours() -> None:
    with Gunicorn(ONMEET_PUBLIC_URL="https://meet.example", ONMEET_PROXIES="1") as web:
        async with quiet_relay(web.relay_socket):
            client = await web.client(web.cookie(), origin="https://meet.example")
            await client.join("Ada")
            await client.leave()


def test_there_are_threads_for_pages_beside_the_sockets() -> None:
    assert gunicorn_conf.threads - MAX_SOCKETS >= 32
