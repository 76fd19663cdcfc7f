"""The life of a room process: who starts it, what it is made of, what ends it, what stays."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import Mock

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from onmeet.e2ee.encoding import from_base64url
from onmeet.phone.gateway_key import GatewayKey
from sip.room import process as life
from sip.room import wire
from sip.room.nursery import Nursery, RoomProcess, new_call
from sip.room.settings import RoomSettings
from tests.browser.eavesdropper import memory_of
from tests.factories.handset import Handset, tone
from tests.peers.conftest import RelayProcess
from tests.running import ROOT
from tests.sip.room.house import PhoneHouse, share
from tests.waiting import eventually


def exists(pid: int) -> bool:
    """Whether a process lives; one that only waits to be reaped does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def status(pid: int, name: str) -> str:
    """A line of /proc/<pid>/status."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(line.split(":", 1)[1].strip() for line in lines if line.startswith(f"{name}:"))


def proc(pid: int, name: str) -> Path:
    """A file of a process."""
    return Path(f"/proc/{pid}/{name}")


def open_files(pid: int) -> list[str]:
    """What a process has open."""
    return [os.readlink(each) for each in proc(pid, "fd").iterdir()]


def start_gateway() -> tuple[subprocess.Popen[str], list[int]]:
    """A program with a nursery and one room: itself, and their pids."""
    gateway = subprocess.Popen([sys.executable, "-c", GATEWAY], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert gateway.stdout is not None
    with gateway.stdout:
        return gateway, [int(word) for word in gateway.stdout.readline().split()]


@pytest.fixture
def nursery(tmp_path: Path) -> Iterator[Nursery]:
    """Without a relay."""
    key = GatewayKey(Ed25519PrivateKey.generate())
    nursery = Nursery(RoomSettings(tmp_path / "no-relay.sock", log_level="error"), key)
    yield nursery
    nursery.close()


async def test_room_process_is_alone_bare_and_private(
    nursery: Nursery, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Nothing of the gateway's environment or open files; no threads, no dump, no look from outside."""
    monkeypatch.setenv("SECRET_KEY", "s" * 40)
    monkeypatch.setenv("DATABASE_URL", "postgresql://user:password@host/db")
    with (tmp_path / "database").open("w"), socket.socket() as connection:
        os.set_inheritable(connection.fileno(), True)
        process = await nursery.room("abc")
        pid = nursery.pid
        assert pid is not None
        # While the nursery decodes prompts the decoder has threads of its own; they end with each prompt.
        await eventually(lambda: status(pid, "Threads") == "1", "the nursery to have prepared all", 50)
        process = await nursery.room("def")
        assert status(process.pid, "Threads") == "1"
        inode = os.fstat(connection.fileno()).st_ino
    for each in (pid, process.pid):
        assert "password" not in proc(each, "environ").read_text()
        assert not any("database" in name or f"[{inode}]" in name for name in open_files(each))
        limits = proc(each, "limits").read_text().splitlines()
        assert next(line for line in limits if line.startswith("Max core")).split()[4:6] == ["0", "0"]
    # 0: the files below /proc belong to root, whoever runs the process (proc(5), PR_SET_DUMPABLE).
    assert proc(process.pid, "mem").stat().st_uid == 0
    own = [name for name in open_files(process.pid) if "socket" in name or "anon_inode" in name]
    assert len(own) <= 5, "control socket, epoll, the loop's own pair"


async def test_each_meeting_has_a_process_of_its_own_and_only_one(nursery: Nursery) -> None:
    one, again, other = await asyncio.gather(*(nursery.room(code) for code in ("one", "one", "two")))
    assert one is again
    assert len({one.pid, other.pid, nursery.pid}) == 3
    assert set(nursery.rooms) == {"one", "two"}


async def test_process_that_speaks_before_its_pid_is_known_is_not_ready_yet() -> None:
    """It says that it runs over its own socket; its pid comes over the nursery's."""
    process = RoomProcess("abc", GatewayKey(Ed25519PrivateKey.generate()), lambda: 0.0)
    with socket.socket(fileno=os.dup(process.give_away())) as child:
        child.send(wire.encode(wire.Up()))
        ready = asyncio.create_task(process.ready())
        await eventually(lambda: process._heard_at is not None, "the word to come")
        assert not ready.done()
        process.born(os.getpid())
        await ready
        assert process.alive
        process.end()
    process.given()


async def test_process_that_nobody_comes_to_ends(nursery: Nursery) -> None:
    process = await nursery.room("abc")
    ended: list[frozenset[str]] = []
    process.on_end = ended.append
    await eventually(lambda: ended and not exists(process.pid), "the process to end")
    assert ended == [frozenset()]
    assert not process.alive
    assert (await nursery.room("abc")).pid != process.pid


@pytest.mark.parametrize("turns", range(4))
async def test_process_that_ends_while_it_is_asked_for_is_not_given(nursery: Nursery, turns: int) -> None:
    """Its last caller leaves in the very moment in which another one comes."""
    process = await nursery.room("abc")
    asking = asyncio.create_task(nursery.room("abc"))
    for _ in range(turns):
        await asyncio.sleep(0)
    over = not asking.done()
    if over:
        process._receive(wire.encode(wire.Empty()), [])
    assert (await asking).alive
    assert over or asking.result() is process


async def test_process_without_callers_asks_again_until_the_gateway_answers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A gateway that stands still has perhaps handed over a call: whoever ends without an answer loses it."""
    monkeypatch.setattr(life, "GRACE_SECONDS", 0.01)
    room, over, questions = Mock(callers={}), asyncio.Event(), []

    def ask() -> None:
        questions.append(over.is_set())
        room.callers = {"a": "caller"} if len(questions) == 3 else {}

    room.ask_to_end = ask
    beating = asyncio.create_task(life._beat(room, over))
    await eventually(lambda: len(questions) == 3, "the third question")
    await eventually(lambda: room.tick.call_count > 20, "the beat to go on")
    assert not beating.done()
    assert len(questions) == 3
    room.callers = {}
    await beating
    assert questions == [False] * (3 + life.UNANSWERED)
    assert over.is_set()


async def test_call_for_a_process_that_is_over_comes_back(nursery: Nursery, house: PhoneHouse) -> None:
    process = await nursery.room("abc")
    process.end()
    ended: list[frozenset[str]] = []
    process.on_end = ended.append
    call = await house.ring()
    process.take("call", call.handset.state, [], wire.CallFacts())
    await eventually(lambda: ended == [frozenset({"call"})], "the call to come back")


async def test_killed_process_takes_its_own_calls_along_and_no_others(house: PhoneHouse) -> None:
    host = await house.join(host=True)
    call = await house.bring_in(host)
    other = await house.nursery.room("another-meeting")
    third = Handset()
    other.take(new_call(), third.state, third.gateway_sockets, wire.CallFacts())  # empty, it would end soon
    os.kill(call.process.pid, signal.SIGKILL)
    await eventually(lambda: house.ended == [frozenset({call.name})], "the gateway to hear of it")
    await eventually(lambda: house.phone(host, call) is None, "the phone to leave the meeting")
    assert host.said("left")[-1]["reason"] == "lost"
    assert other.alive
    await third.close()
    again = await house.bring_in(host)
    assert again.process.pid != call.process.pid


async def test_killed_nursery_is_started_anew_for_the_next_meeting(nursery: Nursery) -> None:
    await nursery.room("one")
    first = nursery.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    await eventually(lambda: not nursery.rooms, "its rooms to end with it")
    process = await nursery.room("two")
    assert process.alive
    assert nursery.pid != first


GATEWAY = """
import asyncio, sys
from pathlib import Path
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from onmeet.phone.gateway_key import GatewayKey
from sip.room.nursery import Nursery
from sip.room.settings import RoomSettings

async def main():
    nursery = Nursery(RoomSettings(Path("none")), GatewayKey(Ed25519PrivateKey.generate()))
    nursery.start()
    room = await nursery.room("abc")
    print(nursery.pid, room.pid, flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""


async def test_nothing_outlives_a_killed_gateway() -> None:
    gateway, pids = start_gateway()
    assert len(pids) == 2
    assert all(exists(pid) for pid in pids)
    gateway.kill()
    gateway.wait()
    await eventually(lambda: not any(exists(pid) for pid in pids), "nursery and room to end")


async def test_process_and_its_keys_are_gone_with_the_last_caller(
    house: PhoneHouse, relay: RelayProcess
) -> None:
    """The key of the sound is in the meeting's process alone, and nowhere after it."""
    host = await house.join(host=True)
    host.voice = tone(440)
    one, two = await house.bring_in(host), await house.bring_in(host)
    await eventually(lambda: share(one.handset.last(0.4), 440) > 0.9, "sound")
    key = host.bases[-1]
    pid, nursery = one.process.pid, house.nursery.pid
    assert nursery is not None
    assert two.process.pid == pid
    assert any(key in piece for piece in memory_of(pid)), "the control: it is found where it must be"
    for other in (nursery, relay.pid):
        assert not any(key in piece for piece in memory_of(other))
    one.process.gone(one.name)
    await eventually(lambda: house.phone(host, one) is None, "the phone to leave")
    assert exists(pid)
    two.process.gone(two.name)
    await eventually(lambda: not exists(pid), "the process to end")
    for other in (nursery, relay.pid):
        assert not any(key in piece for piece in memory_of(other))


async def test_signing_key_is_in_no_room_process(house: PhoneHouse) -> None:
    host = await house.join(host=True)
    call = await house.ring()
    await house.waiting(host, call)
    assert host.statement(call.name).gateway == house.key.public
    seed = house.key._private.private_bytes_raw()
    assert any(seed in piece for piece in memory_of(os.getpid())), "the control"
    assert house.nursery.pid is not None
    for pid in (call.process.pid, house.nursery.pid):
        assert not any(seed in piece for piece in memory_of(pid))


async def test_two_meetings_draw_different_keys(
    house: PhoneHouse, relay: RelayProcess, prompts: Path
) -> None:
    """Forked from one parent, and yet nothing random is the same."""
    host = await house.join(host=True)
    call = await house.ring()
    await house.waiting(host, call)
    async with PhoneHouse(relay.path, relay.media, prompts) as other:
        other.nursery.close()
        other.nursery = house.nursery
        second = await other.join(host=True)
        its = await other.ring()
        await other.waiting(second, its)
        assert call.process.pid != its.process.pid
        assert host.statement(call.name).gw != second.statement(its.name).gw


async def test_gateway_signs_only_for_calls_that_it_handed_over(nursery: Nursery) -> None:
    process = RoomProcess("abc", GatewayKey(Ed25519PrivateKey.generate()), lambda: 1000.0)
    sent: list[wire.Order] = []
    process._send = lambda order, fds=(): sent.append(order)  # type: ignore[method-assign]
    ours, strange = "A" * 22, "B" * 21 + "A"
    process._calls.add(ours)
    gw = bytes(32)
    for call, expires in ((strange, 2000), (ours, 1000 + 3601)):
        process._receive(wire.encode(wire.Sign(call, gw, expires)), [])
        assert not sent
    process._receive(wire.encode(wire.Sign(ours, gw, 1000 + 3600)), [])
    (signed,) = sent
    assert isinstance(signed, wire.Signed)
    assert len(from_base64url(signed.signature, 64)) == 64
    process.given()
    process.end()


async def test_second_process_of_a_room_replaces_the_first(house: PhoneHouse, prompts: Path) -> None:
    """Two gateways by mistake: the older one lets go of its callers, and tells them."""
    host = await house.join(host=True)
    call = await house.ring()
    await house.waiting(host, call)
    other = Nursery(RoomSettings(house.relay, prompts), house.key)
    other.start()
    try:
        await other.room(house.room)
        await eventually(lambda: call.hung_up == ["lost"], "the first to give up")
    finally:
        other.close()
