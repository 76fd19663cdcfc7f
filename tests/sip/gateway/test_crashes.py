"""Parts of the whole server are killed under calls: those hear it or do not, and the next call works."""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import signal
import socket
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from sip.core.headers import Headers
from sip.core.message import Request, Response, encode
from tests.ports import free_ports
from tests.sip.gateway.front import ENGLISH, Front, Meeting, Stranger, descriptors, exists, phone
from tests.sip.room.house import share
from tests.waiting import eventually

CALLER, HOST = 997.0, 440.0

pytestmark = pytest.mark.timeout(240)  # the first test waits for the server, too


@pytest.fixture(scope="module")
def front() -> Iterator[Front]:
    with Front() as front:
        yield front
        assert "Traceback" not in front.whole_log()
        assert "never retrieved" not in front.whole_log()


@pytest.fixture
async def meeting(front: Front) -> AsyncIterator[Meeting]:
    await eventually(lambda: front.health()[0] == 200, "a healthy server", 60)
    async with Meeting(front) as meeting:
        yield meeting
    await front.until_empty()


async def next_call_works(front: Front) -> None:
    """A caller comes into a new meeting, and is heard there."""
    async with Meeting(front) as other, phone(front, source="127.0.0.5") as caller:
        index = await other.bring_in(caller)
        caller.tone = CALLER
        await eventually(lambda: share(other.host.sound_of(index)[-3200:], CALLER) > 0.9, "the caller")
        await caller.hang_up()


@pytest.mark.parametrize(("victim", "place"), [("room", "lobby"), ("nursery", "meeting")])
async def test_callers_of_a_killed_process_are_hung_up(
    front: Front, meeting: Meeting, victim: str, place: str
) -> None:
    async with phone(front) as caller:
        await caller.dial(meeting.pin)
        await eventually(lambda: meeting.waiting, "the lobby")
        if place == "meeting":
            await meeting.bring_in(caller)
        (room,) = front.room_pids()
        os.kill(room if victim == "room" else front.nursery_pid(), signal.SIGKILL)
        assert await caller.ends() == "bye"
        await eventually(lambda: not meeting.phones() and not meeting.waiting, "the host to see it")
    await eventually(lambda: front.health()[0] == 200, "a healthy server")
    await next_call_works(front)


async def test_callers_of_a_process_that_hangs_are_hung_up(front: Front, meeting: Meeting) -> None:
    """Silence without end would be worse than a call that ends."""
    async with phone(front) as caller:
        await meeting.bring_in(caller)
        (room,) = front.room_pids()
        os.kill(room, signal.SIGSTOP)
        assert await caller.ends(60) == "bye"
        await eventually(lambda: not exists(room), "the end of the process")
        log = front.whole_log()
        assert "a room process does not answer and is ended" in log
    await next_call_works(front)


async def test_gateway_that_hangs_is_replaced() -> None:
    with Front(module="tests.impatient_server") as front:
        before = front.gateway_pid()
        os.kill(before, signal.SIGSTOP)
        await eventually(lambda: not exists(before), "the end of the gateway that hangs", 60)
        await eventually(lambda: front.health()[0] == 200, "a healthy server", 60)
        assert front.gateway_pid() != before


async def test_other_meetings_go_on_when_a_room_process_dies(front: Front, meeting: Meeting) -> None:
    async with phone(front) as one, phone(front, source="127.0.0.5") as two, Meeting(front) as other:
        await meeting.bring_in(one)
        (first,) = front.room_pids()
        index = await other.bring_in(two)
        os.kill(first, signal.SIGKILL)
        assert await one.ends() == "bye"
        two.tone = CALLER
        await eventually(lambda: share(other.host.sound_of(index)[-3200:], CALLER) > 0.9, "the other caller")
        assert two.reason is None
        await two.hang_up()


async def test_web_may_die_and_calls_go_on(front: Front, meeting: Meeting) -> None:
    async with phone(front) as caller:
        index = await meeting.bring_in(caller)
        front.kill("web")
        caller.tone = CALLER
        await eventually(lambda: share(meeting.host.sound_of(index)[-3200:], CALLER) > 0.9, "the caller")
        await eventually(lambda: front.health()[0] == 200, "the pages to come back", 60)
        assert caller.reason is None
        await caller.hang_up()


async def test_killed_gateway_is_seen_in_the_meeting_and_comes_back(front: Front, meeting: Meeting) -> None:
    async with phone(front) as caller:
        await meeting.bring_in(caller)
        before, rooms = front.gateway_pid(), front.room_pids()
        os.kill(before, signal.SIGKILL)
        await eventually(lambda: not meeting.phones(), "the host to see that the caller has left")
        await eventually(lambda: front.gateway_pid() not in (0, before), "another gateway", 60)
        await eventually(lambda: front.health()[0] == 200, "a healthy server", 60)
        await eventually(lambda: not any(exists(pid) for pid in rooms), "the rooms of the first to end")
        await caller.close()
    await next_call_works(front)


@pytest.mark.parametrize("place", ["lobby", "meeting"])
async def test_callers_outlive_the_relay(front: Front, place: str) -> None:
    """They hear that the meeting is gone, and come in again when it has begun again."""
    async with Meeting(front) as meeting, phone(front) as caller:
        pin = meeting.pin
        await caller.dial(pin)
        await eventually(lambda: meeting.waiting, "the lobby")
        if place == "meeting":
            await meeting.bring_in(caller)
        heard = len(caller.heard)
        front.kill_relay()
        await eventually(
            lambda: any(abs(frame.astype(int)).max() > 1000 for frame in caller.heard[heard:]),
            "a word to the caller",
            60,
        )
        assert caller.reason is None
        await eventually(lambda: front.health()[0] == 200, "a healthy server", 60)
        async with Meeting(front, like=meeting) as again:
            await eventually(lambda: again.waiting, "the caller to wait in the new meeting", 45)
            index = await again.bring_in(caller)
            caller.tone = CALLER
            await eventually(lambda: share(again.host.sound_of(index)[-3200:], CALLER) > 0.9, "the caller")
            await caller.hang_up()
    await front.until_empty()


async def test_three_hundred_short_calls_leave_nothing_behind(front: Front) -> None:
    """Neither descriptors nor memory nor calls; a third is cancelled too late, a third replays its INVITE."""
    await next_call_works(front)
    await front.until_empty()
    pid = front.gateway_pid()
    before = descriptors(pid)
    for number in range(300):
        with Stranger(front, f"127.0.0.{50 + number % 30}") as one:
            one.user = f"+4930555{number:04}"
            invite = one.invite()
            if number % 3 == 0:
                one.say(one.request("CANCEL", seq=1))
            response = await one.final()
            while response is not None and response.status == 503:  # too many in a second
                await asyncio.sleep(0.1)
                one.call_id = f"again{number}"
                invite = one.invite(seq=1)
                response = await one.final()
            assert response is not None
            assert response.status == 200
            one.say(one.request("ACK", seq=1))
            if number % 3 == 1:
                one.say(invite)
            await one.goodbye()
    await front.until_empty()
    # The connection over which the number of calls was asked for is closed after the answer.
    await eventually(lambda: descriptors(pid) <= before, "descriptors to be closed")
    assert "+4930555" not in front.whole_log()
    await eventually(lambda: not front.remembers(pid, ["4930555"]), "a clean memory", 40)


async def test_caller_is_let_go_when_the_gateway_has_no_descriptor_left(front: Front) -> None:
    """It can look the PIN up, but not start a process for the meeting. Nobody waits in silence for that."""
    await next_call_works(front)  # so that the database is open
    await front.until_empty()  # a descriptor that is closed later would leave room for a process
    async with Meeting(front) as meeting, phone(front) as caller:
        await caller.dial("meet")
        await eventually(lambda: len(caller.heard) > 50, "the reception")
        pid = front.gateway_pid()
        before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        opened = {int(name) for name in os.listdir(f"/proc/{pid}/fd")}
        free = [number for number in range(4096) if number not in opened]
        try:
            resource.prlimit(pid, resource.RLIMIT_NOFILE, (free[0], before[1]))
            with Stranger(front) as one:
                one.invite()
                refusal = await one.final()
                assert refusal is not None
                assert refusal.status == 503
            resource.prlimit(pid, resource.RLIMIT_NOFILE, (free[1], before[1]))
            caller.press(f"{meeting.pin}#")
            assert await caller.ends(45) == "bye"
            assert "a caller could not be brought into a meeting" in front.whole_log()
        finally:
            resource.prlimit(pid, resource.RLIMIT_NOFILE, before)
    await next_call_works(front)


async def registrar(one: Stranger, expiries: list[str]) -> None:
    """Accept every registration, and remember for how long it was to be."""
    while True:
        asked = await one.message(60)
        if isinstance(asked, Request) and asked.method == "REGISTER":
            contact = asked.headers.get("Contact") or ""
            expires = asked.headers.get("Expires") or contact.rpartition("expires=")[2]
            expiries.append(expires)
            names = [
                (name, asked.headers.get(name) or "") for name in ("Via", "From", "To", "Call-ID", "CSeq")
            ]
            headers = Headers([*names, ("Contact", f"{contact.partition('>')[0]}>;expires={expires}")])
            one.say(encode(Response(200, "OK", headers)))


async def test_end_of_service_hangs_up_and_leaves_no_process() -> None:
    """SIGTERM: BYE to the caller, the registration is taken back, and not one process is left."""
    expiries: list[str] = []
    with Stranger(None) as exchange:
        trunk = f'[[trunk]]\nname = "t"\nregistrar = "127.0.0.1"\nport = {exchange.port}\n'
        front = Front(f'{ENGLISH}{trunk}user = "u"\npassword = "p"\n')
        exchange.target = ("127.0.0.1", front.sip_port)
        registering = asyncio.create_task(registrar(exchange, expiries))
        await asyncio.to_thread(front.start)
        try:
            await eventually(lambda: expiries, "the registration")
            async with Meeting(front) as meeting, phone(front) as caller:
                await meeting.bring_in(caller)
                everybody = [front.gateway_pid(), front.nursery_pid(), *front.room_pids()]
                assert len(everybody) == 3
                ending = asyncio.create_task(asyncio.to_thread(front.end))
                assert await caller.ends() == "bye"
                await ending
                assert not [pid for pid in everybody if exists(pid)]
                assert front.complaints() == []
            await eventually(lambda: expiries[-1] == "0", "the registration to be taken back")
            assert expiries[0] == "600"
        finally:
            registering.cancel()
            front.discard()


async def test_second_caller_is_refused_when_there_is_one_port_only() -> None:
    low = free_ports(2)
    with (
        Front(ONMEET_RTP_PORTS=f"{low}-{low + 1}") as front,
        Stranger(front) as one,
        Stranger(front) as two,
        Stranger(front) as three,
    ):
        await one.answered()
        two.invite()
        refusal = await two.final()
        assert refusal is not None
        assert refusal.status == 503
        await one.goodbye()
        await three.answered()
        await three.goodbye()
        assert front.calls() == 0


async def test_gateway_that_cannot_have_its_port_leaves_the_pages_up_and_comes_back() -> None:
    """Somebody takes the port while the gateway is away: it says so, and the rest goes on."""
    with Front() as front:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as thief:
            with front.stopped():
                os.kill(front.gateway_pid(), signal.SIGKILL)
                await eventually(lambda: taken(thief, front.sip_port), "the port")
            await eventually(
                lambda: "a part cannot run with its settings" in front.whole_log(), "the end", 60
            )
            assert f"ONMEET_SIP_PORT: port {front.sip_port} of" in front.whole_log()
            expected = {"relay": "ok", "keeper": "ok", "sip": "down"}
            await eventually(lambda: expected.items() <= front.parts().items(), "the other parts to go on")
        await eventually(lambda: front.health()[0] == 200, "a healthy server", 60)
        await next_call_works(front)


async def test_mistake_in_the_settings_after_the_start_leaves_the_pages_up() -> None:
    """The file is changed while the server runs, and then the gateway and the pages have to start again."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "phone.toml"
        file.write_text(ENGLISH)
        with Front(str(file)) as front:
            file.write_text(f"{ENGLISH}langauges = 3\n")
            front.kill("web")
            os.kill(front.gateway_pid(), signal.SIGKILL)
            await eventually(lambda: "phone.toml:2: langauges is no key" in front.whole_log(), "the line", 60)
            await eventually(lambda: front.health()[0] == 503, "the pages", 60)
            assert front.parts()["sip"] == "down"
            assert await asyncio.to_thread(front.page, "/privacy") == 200
            file.write_text(ENGLISH)
            await eventually(lambda: front.health()[0] == 200, "a healthy server", 60)


def taken(one: socket.socket, port: int) -> bool:
    """Whether we have the port now."""
    with contextlib.suppress(OSError):
        one.bind(("127.0.0.1", port))
        return True
    return False
