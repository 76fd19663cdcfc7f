"""Real softphones call the agent: sound both ways, keys, hold, and SRTP through a proxy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sip.interface import RATE
from tests.factories.baresip import Baresip
from tests.factories.kamailio import kamailio
from tests.factories.linphone import Linphone
from tests.factories.sounds import clearest
from tests.sip.peers.answering import House, Line, house, soon
from tests.sip.peers.test_kamailio import USERS, registered, trunk

PHONES: list[Any] = [Baresip, Linphone]
THEIRS, OURS = 440, 700


def heard_by_us(line: Line) -> float:
    """How much of what comes in is the telephone's tone, lately."""
    return clearest(line.heard()[-RATE:], RATE, THEIRS)


def heard_by(phone: Any) -> float:
    samples, rate = phone.heard()
    return clearest(samples[-rate:], rate, OURS)


async def connected(one: House, phone: Any, uri: str) -> Line:
    """Call, and speak."""
    phone.dial(uri)
    await soon(phone.established, f"the call\n{phone.log()}")
    if isinstance(phone, Linphone):
        phone.speak()
    await soon(lambda: one.lines and one.lines[-1].agreements, "its ACK")
    return one.lines[-1]


async def sound_flows(line: Line, phone: Any) -> None:
    await soon(lambda: heard_by_us(line) > 0.9, "the telephone's tone")
    await soon(lambda: heard_by(phone) > 0.9, "our tone in the telephone's recording")


@pytest.mark.parametrize("make", PHONES)
@pytest.mark.parametrize("codec", ["PCMA", "PCMU", "G722"])
async def test_sound_flows_both_ways_and_keys_arrive(make: Any, codec: str, tmp_path: Path) -> None:
    async with house(hertz=OURS) as one:
        with make(tmp_path, codec=codec, hertz=THEIRS) as phone:
            line = await connected(one, phone, f"sip:onmeet@127.0.0.1:{one.port()}")
            assert line.agreements[0].codec == codec
            await sound_flows(line, phone)
            for digit in "1#":
                before = line.digits
                phone.press(digit)
                await soon(lambda before=before: line.digits != before, "a key")
            phone.hang_up()
            await soon(lambda: line.end == "bye", "the end")
            assert line.digits == "1#"


@pytest.mark.parametrize("make", PHONES)
async def test_keys_by_info(make: Any, tmp_path: Path) -> None:
    async with house() as one:
        with make(tmp_path, digits="info") as phone:
            line = await connected(one, phone, f"sip:onmeet@127.0.0.1:{one.port()};transport=udp")
            phone.press("7")
            await soon(lambda: line.digits == "7", "a key")


@pytest.mark.parametrize("make", PHONES)
async def test_hold_and_resume(make: Any, tmp_path: Path) -> None:
    async with house(hertz=OURS) as one:
        with make(tmp_path, hertz=THEIRS) as phone:
            line = await connected(one, phone, f"sip:onmeet@127.0.0.1:{one.port()}")
            phone.hold()
            await soon(lambda: line.agreements[-1].held and phone.holding(), "hold")
            phone.resume()
            await soon(lambda: not line.agreements[-1].held, "the call again")
            line.forget()
            await soon(lambda: heard_by_us(line) > 0.9, "the telephone's tone")


@pytest.mark.parametrize("make", PHONES)
async def test_we_hang_up(make: Any, tmp_path: Path) -> None:
    async with house() as one:
        with make(tmp_path) as phone:
            line = await connected(one, phone, f"sip:onmeet@127.0.0.1:{one.port()}")
            assert line.call is not None
            line.call.hang_up()
            await soon(phone.closed, "the telephone to notice")


@pytest.mark.parametrize("make", PHONES)
async def test_a_telephone_and_the_agent_meet_at_a_proxy_with_tls_and_srtp(make: Any, tmp_path: Path) -> None:
    with kamailio(tmp_path, {**USERS, "phone": "other"}, algorithm="MD5") as proxy:
        async with house(trunk(proxy, "tls", srtp="require"), hertz=OURS) as one:
            await registered(one)
            with make(
                tmp_path,
                hertz=THEIRS,
                user="phone",
                password="other",
                proxy=f"127.0.0.1:{proxy.tls_port}",
                transport="tls",
                authority=proxy.authority,
                srtp=True,
            ) as phone:
                await soon(phone.registered, f"the telephone to be registered\n{phone.log()}")
                line = await connected(one, phone, f"sip:onmeet@127.0.0.1:{proxy.tls_port};transport=tls")
                assert line.agreements[0].srtp is not None
                await sound_flows(line, phone)


@pytest.mark.parametrize("make", PHONES)
async def test_the_agent_calls_a_telephone_through_a_proxy(make: Any, tmp_path: Path) -> None:
    with kamailio(tmp_path, {**USERS, "+4930123456": "other"}) as proxy:
        async with house(trunk(proxy, "tcp"), hertz=OURS) as one:
            await registered(one)
            where = f"127.0.0.1:{proxy.port}"
            with make(tmp_path, hertz=THEIRS, user="+4930123456", password="other", proxy=where) as phone:
                await soon(phone.registered, f"the telephone to be registered\n{phone.log()}")
                line = await one.dial("+4930123456")
                await soon(lambda: line.agreements, "the telephone to answer")
                await soon(lambda: heard_by(phone) > 0.9, "our tone in the telephone's recording")
                phone.hang_up()
                await soon(lambda: line.end == "bye", "the end")
