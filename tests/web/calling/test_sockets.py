"""Browser ═ gunicorn: the sockets of calls, with the real server."""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import websockets
from websockets.asyncio.client import ClientConnection

from onmeet import clock
from onmeet.web.cookies import SESSION
from tests.factories.house import House, Visitor, make_config
from tests.web.gunicorn import Gunicorn

KEY, SEALED = "k" * 43, "s" * 155


class World:
    """Ada, whom anyone may call, and Ben, who has no page, at a server that runs."""

    def __init__(self, web: Gunicorn) -> None:
        self.web = web
        self.house = House(make_config(web.data))
        self.house.clock.seconds = clock.now().timestamp()
        self.ada = self.house.member("ada@example.org", "Ada")
        self.ben = self.house.member("ben@example.org", "Ben")
        account = self.house.services.accounts.id_of("ada@example.org")
        assert account is not None
        self.handle = self.house.services.handles.choose(account, "ada")
        self.house.services.contact.set_reach(account, "anyone")

    async def socket(self, path: str, who: Visitor | None = None, origin: str = "") -> ClientConnection:
        cookie = who.client.get_cookie(SESSION) if who is not None else None
        headers = {"Cookie": f"{SESSION}={cookie.value}"} if cookie is not None else {}
        url = f"ws://{self.web.host}{path}"
        said: Any = origin or self.web.origin
        return await websockets.connect(url, origin=said, additional_headers=headers, open_timeout=30)

    async def refused(self, path: str, who: Visitor | None = None, origin: str = "") -> tuple[int, str]:
        """How a fresh socket is closed."""
        socket = await self.socket(path, who, origin)
        await socket.wait_closed()
        assert socket.close_code is not None
        return socket.close_code, socket.close_reason or ""

    def calls(self) -> str:
        """Open the page and press the button; gives the path of the call's socket."""
        connection = http.client.HTTPConnection("127.0.0.1", self.web.port, timeout=30)
        connection.request("GET", f"/u/{self.handle}")
        page = connection.getresponse()
        cookie, text = page.headers["Set-Cookie"].partition(";")[0], page.read().decode()
        found = re.search(r'name="csrf-token" content="([^"]+)"', text)
        assert found is not None
        headers = {
            "X-CSRFToken": found[1], "Cookie": cookie, "Accept": "application/json",
            "Content-Type": "application/x-www-form-urlencoded",
        }  # fmt: skip
        connection.request("POST", f"/u/{self.handle}/call", "name=Guest", headers)
        answer = json.load(connection.getresponse())
        connection.close()
        return f"/u/{self.handle}/call/{answer['call']}"


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with Gunicorn() as web:
        world = World(web)
        yield world
        world.house.close()


async def hear(socket: ClientConnection, kind: str) -> dict[str, Any]:
    message: dict[str, Any] = {"type": "ping"}
    while message["type"] == "ping":  # by the clock, whatever else is said
        message = json.loads(await socket.recv())
    assert message["type"] == kind
    return message


async def tell(socket: ClientConnection, **message: str) -> None:
    await socket.send(json.dumps(message))


async def test_a_call_is_taken_and_the_sealed_link_passed_on(world: World) -> None:
    callee = await world.socket("/ringing", world.ada)
    path = world.calls()
    caller = await world.socket(path)
    ring = await hear(callee, "ring")
    assert (ring["from"]["name"], ring["from"]["guest"]) == ("Guest", True)
    await hear(caller, "ringing")
    await tell(callee, type="accept", call=ring["call"], key=KEY)
    assert (await hear(caller, "accepted"))["key"] == KEY
    await tell(caller, type="link", sealed=SEALED)
    assert (await hear(callee, "link"))["sealed"] == SEALED
    await hear(caller, "connected")
    await caller.wait_closed()
    assert caller.close_code == 1000
    await callee.close()


async def test_who_hangs_up_silences_the_other_side(world: World) -> None:
    callee = await world.socket("/ringing", world.ada)
    caller = await world.socket(world.calls())
    await hear(callee, "ring")
    await caller.close()
    assert (await hear(callee, "over"))["why"] == "cancelled"
    await callee.close()


async def test_a_page_of_another_site_gets_no_socket(world: World) -> None:
    for path in ("/ringing", f"/u/{world.handle}/call/x"):
        assert await world.refused(path, world.ada, "https://evil.example") == (4403, "bad-origin")


async def test_only_who_can_be_called_has_a_line(world: World) -> None:
    assert (await world.refused("/ringing"))[0] == 4403
    assert (await world.refused("/ringing", world.ben))[0] == 4403


async def test_a_call_that_nobody_began_has_no_socket(world: World) -> None:
    assert (await world.refused(f"/u/{world.handle}/call/guessed"))[0] == 4403


async def test_a_line_holds_no_thread_of_the_server(world: World) -> None:
    def threads() -> int:
        return len(list(Path(f"/proc/{world.web.worker_pid()}/task").iterdir()))

    before = threads()
    lines = [await world.socket("/ringing", world.ada) for _ in range(40)]
    caller = await world.socket(world.calls())
    for line in lines:
        await hear(line, "ring")
    assert world.web.get("/")[0] == 200
    assert threads() - before < 20
    await caller.close()
    for line in lines:
        await hear(line, "over")
        await line.close()


async def test_the_servers_end_is_told_to_every_line(world: World) -> None:
    """Last of this file: the server is gone afterwards."""
    line = await world.socket("/ringing", world.ada)
    caller = await world.socket(world.calls())
    await hear(line, "ring")
    world.web.end()
    await line.wait_closed()
    await caller.wait_closed()
    assert (line.close_code, caller.close_code) == (1012, 1012)
