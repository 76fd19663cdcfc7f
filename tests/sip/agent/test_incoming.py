"""Calls that come: from the INVITE to the end, as RFC 3261 and its extensions want it."""

from __future__ import annotations

import asyncio

from tests.sip.agent.house import House
from tests.sip.agent.virtual import in_virtual_time


@in_virtual_time
async def test_call_is_answered_and_ended_by_the_caller() -> None:
    house = House()
    peer = await house.open()
    response = await peer.establish()
    assert b"s=-" in response.body
    assert response.headers.get("Server") == "OnMeet"
    await asyncio.sleep(1)
    assert house.listener.words == ["answered"]
    agreement = house.listener.heard[0][1]
    assert (agreement.codec, agreement.remote, agreement.event_type) == ("PCMA", ("192.0.2.7", 40_000), 101)
    peer.ask("BYE")
    assert (await peer.response("BYE")).status == 200
    assert house.listener.end == "bye"
    await asyncio.sleep(40)
    assert house.nothing_left()


@in_virtual_time
async def test_hanging_up_sends_a_bye() -> None:
    house = House()
    peer = await house.open()
    await peer.establish()
    await asyncio.sleep(1)
    assert house.listener.call is not None
    house.listener.call.hang_up()
    house.listener.call.hang_up()
    assert house.listener.end == "ours"
    bye = await peer.asked("BYE")
    assert bye.uri == "sip:peer@192.0.2.7:5060"
    peer.answer(bye, 200)
    await asyncio.sleep(40)
    assert house.nothing_left()
    assert peer.quiet()
