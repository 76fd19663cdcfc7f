"""A third of all datagrams is lost: registrations and calls come about all the same."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.factories.kamailio import kamailio
from tests.factories.lossy import lossy_relay
from tests.factories.sipp import Sipp
from tests.sip.peers.answering import house, soon
from tests.sip.peers.test_kamailio import USERS, registered, trunk


@pytest.mark.parametrize("challenge", [401, 407])
async def test_a_registration_comes_about(challenge: int, tmp_path: Path) -> None:
    with kamailio(tmp_path, USERS, challenge=challenge) as proxy:
        async with (
            lossy_relay(("127.0.0.1", proxy.port)) as relay,
            house(replace(trunk(proxy), port=relay.address[1])) as one,
        ):
            await registered(one)
            assert relay.lost >= 2


@pytest.mark.parametrize("scenario", ["call", "hold", "info", "session_timer", "delayed_offer"])
async def test_a_call_comes_and_goes(scenario: str, tmp_path: Path) -> None:
    async with house() as one, lossy_relay(("127.0.0.1", one.port())) as relay:
        with Sipp(scenario, folder=tmp_path, to=relay.address) as caller:
            await caller.finished()
        (line,) = one.lines
        await soon(lambda: line.end == "bye", "the end")
        assert relay.lost >= 2
        if scenario == "info":
            assert line.digits == "5#", "a repeated INFO is the same key, not another"


async def test_calls_at_a_time_do_not_mix(tmp_path: Path) -> None:
    async with house() as one, lossy_relay(("127.0.0.1", one.port()), every=4) as relay:
        with Sipp("call", folder=tmp_path, to=relay.address, calls=20, rate=20) as caller:
            await caller.finished()
        await soon(lambda: [line.end for line in one.lines] == ["bye"] * 20, "the end of all")
