"""Registrations at Kamailio, and calls through it, both ways."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from onmeet.phone.settings import Trunk
from sip.interface import TransportName
from tests.factories.kamailio import Kamailio, kamailio
from tests.factories.sipp import Sipp
from tests.sip.peers.answering import House, Line, house, soon

USERS = {"onmeet": "s3cret"}


def trunk(proxy: Kamailio, transport: TransportName = "udp", **more: Any) -> Trunk:
    """The trunk that leads to it."""
    settings = Trunk(
        name="trunk",
        host="127.0.0.1",
        port=proxy.tls_port if transport == "tls" else proxy.port,
        transport=transport,
        user="onmeet",
        auth_user="onmeet",
        password=USERS["onmeet"],
        from_user="onmeet",
        from_domain="127.0.0.1",
        register=True,
        tls_authority=str(proxy.authority) if transport == "tls" else "",
    )
    return replace(settings, **more)


async def registered(one: House) -> None:
    await soon(lambda: one.agent.trunks() == [("trunk", "registered")], "the registration")


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
@pytest.mark.parametrize("challenge", [401, 407])
async def test_calls_go_both_ways_through_a_trunk_that_asks_who_we_are(
    transport: TransportName, algorithm: str, challenge: int, tmp_path: Path
) -> None:
    with (
        Sipp("answers", folder=tmp_path) as telephone,
        kamailio(
            tmp_path,
            USERS,
            challenge=challenge,
            algorithm=algorithm,
            outside=(telephone.address, telephone.port),
        ) as proxy,
    ):
        async with house(trunk(proxy, transport)) as one:
            await registered(one)
            with Sipp("call", folder=tmp_path, to=("127.0.0.1", proxy.port)) as caller:
                await caller.finished()
            (line,) = one.lines
            await soon(lambda: line.end == "bye", "the end of the call that came")
            assert line.call is not None
            assert line.call.trunk == "trunk"
            assert "Record-Route:" in caller.messages()

            out = await one.dial("+4930123456")
            await soon(lambda: out.agreements, "an answer")
            assert out.call is not None
            out.call.hang_up()
            await telephone.finished()
            assert out.end == "ours"


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
@pytest.mark.parametrize("scenario", ["hold", "update", "cancel", "info", "delayed_offer", "session_timer"])
async def test_what_happens_in_a_call_passes_the_proxy(
    scenario: str, transport: TransportName, tmp_path: Path
) -> None:
    with kamailio(tmp_path, USERS) as proxy:
        async with house(trunk(proxy, transport)) as one:
            if scenario == "cancel":
                one.policy = lambda call, line: call.ring()
            await registered(one)
            with Sipp(scenario, folder=tmp_path, to=("127.0.0.1", proxy.port)) as caller:
                await caller.finished()
            (line,) = one.lines
            await soon(lambda: line.end == ("cancelled" if scenario == "cancel" else "bye"), "the end")


async def called(scenario: str, transport: TransportName, folder: Path) -> tuple[Line, Sipp]:
    """Dial a telephone of sipp; once both sides are through with it, our line and the telephone."""
    with (
        Sipp(scenario, folder=folder) as telephone,
        kamailio(folder, USERS, challenge=407, outside=(telephone.address, telephone.port)) as proxy,
    ):
        # Not registered: the trunk is asked by OPTIONS, and each call is challenged.
        async with house(trunk(proxy, transport, register=False)) as one:
            await soon(lambda: one.agent.trunks() == [("trunk", "static")], "the trunk to answer")
            line = await one.dial("+4930123456")
            assert line.call is not None
            if scenario == "answers":
                await soon(lambda: line.agreements, "an answer")
                line.call.hang_up()
            elif scenario == "rings_only":
                await soon(lambda: "180 Ringing" in telephone.messages(), "the telephone to ring")
                line.call.hang_up()
            await soon(lambda: line.end, "the end")
            await telephone.finished()
            return line, telephone


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
@pytest.mark.parametrize(
    ("scenario", "end"),
    [("answers", "ours"), ("hangs_up", "bye"), ("busy", "busy"), ("rings_only", "ours")],
)
async def test_a_call_that_we_make(scenario: str, end: str, transport: TransportName, tmp_path: Path) -> None:
    line, telephone = await called(scenario, transport, tmp_path)
    assert line.end == end
    assert bool(line.agreements) == (scenario in ("answers", "hangs_up"))
    assert "User-Agent: OnMeet" in telephone.messages()


async def test_a_call_that_comes_through_the_proxy_is_ended_by_us(tmp_path: Path) -> None:
    with kamailio(tmp_path, USERS) as proxy:
        async with house(trunk(proxy, "tcp")) as one:
            await registered(one)
            with Sipp("hung_up", folder=tmp_path, to=("127.0.0.1", proxy.port)) as caller:
                call = (await soon(lambda: [line for line in one.lines if line.agreements], "a call"))[0].call
                call.hang_up()
                await caller.finished()


async def test_a_wrong_password_is_said_and_not_repeated_for_ever(tmp_path: Path) -> None:
    with kamailio(tmp_path, USERS) as proxy:
        async with house(trunk(proxy, password="wrong")) as one:
            await soon(lambda: one.agent.trunks() == [("trunk", "refused")], "the refusal")


@pytest.mark.parametrize("transport", ["tcp", "tls"])
async def test_a_registrar_that_comes_back_is_found_again(transport: TransportName, tmp_path: Path) -> None:
    with kamailio(tmp_path, USERS) as proxy:
        async with house(trunk(proxy, transport)) as one:
            await registered(one)
            proxy.end()
            await soon(lambda: one.agent.trunks() != [("trunk", "registered")], "the loss")
            proxy.start()
            await soon(lambda: one.agent.trunks() == [("trunk", "registered")], "the return", within=50)
            with Sipp("call", folder=tmp_path, to=("127.0.0.1", proxy.port)) as caller:
                await caller.finished()


async def test_at_the_end_the_registration_is_taken_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sip.agent.agent.GOODBYE_SECONDS", 20.0)
    with kamailio(tmp_path, USERS) as proxy:
        async with house(trunk(proxy)) as one:
            await registered(one)
        with Sipp("not_there", folder=tmp_path, to=("127.0.0.1", proxy.port)) as caller:
            await caller.finished()
