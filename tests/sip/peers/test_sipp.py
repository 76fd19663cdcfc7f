"""Calls of sipp to the agent: what telephones and exchanges do, and what they should not."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from onmeet.errors import ProviderError
from onmeet.phone.settings import Trunk
from sip.interface import Call
from sip.wire.buckets import Rate
from sip.wire.options import Limits
from tests.factories.sipp import Sipp, need_sipp
from tests.ports import free_port
from tests.sip.peers.answering import House, Line, house, soon


@pytest.fixture(autouse=True)
def installed() -> None:
    need_sipp()


@pytest_asyncio.fixture
async def answering() -> AsyncIterator[House]:
    async with house() as one:
        yield one


async def one_call(one: House, scenario: str, folder: Path, **more: object) -> Line:
    """Play a scenario to its end; the line on which it came."""
    with Sipp(scenario, folder=folder, to=("127.0.0.1", one.port()), **more) as caller:  # type: ignore[arg-type]
        await caller.finished()
    assert one.lines, "no call came"
    return one.lines[-1]


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_a_call_comes_and_goes(transport: str, answering: House, tmp_path: Path) -> None:
    line = await one_call(answering, "call", tmp_path, transport=transport)
    await soon(lambda: line.end == "bye", "the end")
    assert line.agreements[0].codec == "PCMA"
    assert line.agreements[0].event_type == 101
    assert line.call is not None
    assert line.call.dialled == "onmeet"
    assert line.call.identity.number == "+4930987654"
    assert line.call.identity.display == "Caller"
    assert answering.agent.calls == 0


async def test_the_offer_may_come_late(answering: House, tmp_path: Path) -> None:
    line = await one_call(answering, "delayed_offer", tmp_path)
    await soon(lambda: line.end == "bye", "the end")
    assert len(line.agreements) == 1


@pytest.mark.parametrize(("scenario", "held"), [("hold", [False, True, False]), ("update", [False, True])])
async def test_a_call_is_held_and_resumed(
    scenario: str, held: list[bool], answering: House, tmp_path: Path
) -> None:
    line = await one_call(answering, scenario, tmp_path)
    assert [agreement.held for agreement in line.agreements] == held


async def test_a_caller_gives_up_while_it_rings(answering: House, tmp_path: Path) -> None:
    answering.policy = lambda call, line: call.ring()
    line = await one_call(answering, "cancel", tmp_path)
    await soon(lambda: line.end == "cancelled", "the end")
    assert not line.agreements


async def test_ringing_is_acknowledged_where_the_caller_asks_for_it(answering: House, tmp_path: Path) -> None:
    def policy(call: Call, line: Line) -> None:
        call.ring()
        asyncio.get_running_loop().call_later(0.2, call.answer, line.address, line.port)

    answering.policy = policy
    line = await one_call(answering, "prack", tmp_path)
    await soon(lambda: line.end == "bye", "the end")


@pytest.mark.parametrize("scenario", ["session_timer", "brief_timer"])
async def test_session_timers_are_agreed(scenario: str, answering: House, tmp_path: Path) -> None:
    line = await one_call(answering, scenario, tmp_path)
    await soon(lambda: line.end == "bye", "the end")


async def test_digits_come_by_info(answering: House, tmp_path: Path) -> None:
    line = await one_call(answering, "info", tmp_path)
    assert line.digits == "5#"


async def test_a_call_is_refused(answering: House, tmp_path: Path) -> None:
    answering.policy = lambda call, line: call.reject(486)
    line = await one_call(answering, "refused", tmp_path)
    assert line.end in {"ours", "refused"}


async def test_a_call_that_we_end_says_bye(answering: House, tmp_path: Path) -> None:
    def policy(call: Call, line: Line) -> None:
        call.ring()
        call.answer(line.address, line.port)
        asyncio.get_running_loop().call_later(0.3, call.hang_up)

    answering.policy = policy
    line = await one_call(answering, "hung_up", tmp_path)
    assert line.end == "ours"


async def test_an_offer_that_nobody_here_speaks_is_refused(answering: House, tmp_path: Path) -> None:
    with Sipp("unacceptable", folder=tmp_path, to=("127.0.0.1", answering.port())) as caller:
        await caller.finished()
    assert answering.agent.calls == 0


async def test_a_call_to_nobody_fails(tmp_path: Path) -> None:
    trunk = Trunk(name="trunk", host="127.0.0.1", port=free_port(), transport="tcp")
    async with house(trunk) as one:
        with pytest.raises(ProviderError):
            await one.dial("+4930123456")
        one.lines[0].ended("failed")


@pytest.mark.parametrize("scenario", ["options", "unknown_method", "stray_bye", "unknown_extension"])
async def test_requests_outside_of_calls_are_answered(
    scenario: str, answering: House, tmp_path: Path
) -> None:
    with Sipp(scenario, folder=tmp_path, to=("127.0.0.1", answering.port())) as caller:
        await caller.finished()
    assert not answering.lines


async def test_ten_calls_a_second_all_succeed(answering: House, tmp_path: Path) -> None:
    await one_call(answering, "call", tmp_path, calls=50, rate=10)
    await soon(lambda: [line.end for line in answering.lines] == ["bye"] * 50, "the end of all")


async def test_a_flood_of_one_source_leaves_room_for_another(tmp_path: Path) -> None:
    invite = (
        "INVITE sip:onmeet@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.2:{port};branch=z9hG4bK{n};rport\r\n"
        "From: <sip:flood@127.0.0.2>;tag={n}\r\nTo: <sip:onmeet@127.0.0.1>\r\nCall-ID: flood{n}\r\n"
        "CSeq: 1 INVITE\r\nMax-Forwards: 70\r\nContact: <sip:flood@127.0.0.2:{port}>\r\n"
        "Content-Length: 0\r\n\r\n"
    )
    limits = Limits(invites=Rate(0.01, 15), all_invites=Rate(0.01, 100))
    async with house(limits=limits) as one:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as flooder:
            flooder.bind(("127.0.0.2", 0))
            flooder.setblocking(False)
            port = flooder.getsockname()[1]
            for n in range(300):
                flooder.sendto(invite.format(n=n, port=port).encode(), ("127.0.0.1", one.port()))
                await asyncio.sleep(0)  # the socket holds not all of them on every system
            with Sipp("call", folder=tmp_path, to=("127.0.0.1", one.port()), address="127.0.0.3") as caller:
                await caller.finished()
            await soon(lambda: one.transport.dropped["invites"] > 200, "the flood to be counted")
        good = [line for line in one.lines if line.call is not None and line.call.source == "127.0.0.3"]
        assert [line.end for line in good] == ["bye"]
        assert len(one.lines) - len(good) <= 15


@pytest.mark.parametrize(
    "junk",
    [
        b"",
        b"\r\n\r\n",
        b"\0" * 1000,
        bytes(range(256)) * 234,
        b"INVITE " + b"x" * 60_000,
        b"INVITE sip:x SIP/2.0\r\n\r\n",
        b"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP x\r\n\r\n",
        b"INVITE sip:x@y SIP/2.0\r\n" + b"Via: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKx\r\n" * 900 + b"\r\n",
        b"\xff\xfe INVITE sip:\xff SIP/2.0\r\nContent-Length: 99999999999\r\n\r\n",
    ],
)
async def test_malformed_datagrams_do_no_harm(junk: bytes, answering: House, tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as far:
        for _ in range(20):
            far.sendto(junk, ("127.0.0.1", answering.port()))
    await one_call(answering, "call", tmp_path)
    assert len(answering.lines) == 1


async def test_random_datagrams_do_no_harm(answering: House, tmp_path: Path) -> None:
    template = (
        b"INVITE sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP c;branch=z9hG4bKd\r\nFrom: <sip:e@f>;tag=g\r\n"
        b"To: <sip:a@b>\r\nCall-ID: h\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n"
    )
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as far:
        for _ in range(300):
            data = bytearray(template)
            for place, value in zip(os.urandom(6), os.urandom(6), strict=True):
                data[place % len(data)] = value
            far.sendto(data, ("127.0.0.1", answering.port()))
            await asyncio.sleep(0)
    await one_call(answering, "call", tmp_path)
