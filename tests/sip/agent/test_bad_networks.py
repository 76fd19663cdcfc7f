"""Two agents over a network that loses 30 % of all datagrams, doubles some, and mixes up their order."""

from __future__ import annotations

import asyncio
import gc
import random
import weakref

import pytest

from sip.agent.call import AgentCall
from sip.core.session import Session
from tests.sip.agent.house import HOME, House, Listener, trunk
from tests.sip.agent.network import Network
from tests.sip.agent.virtual import in_virtual_time

AWAY = ("192.0.2.7", 5060)


async def pair(network: Network, **settings: int) -> tuple[House, House]:
    """One that calls and one that is called."""
    near = House(network, trunks=(trunk(),), known={"west": [AWAY]}, **settings)
    far = House(network, address=AWAY, **settings)
    await near.agent.start()
    await far.agent.start()
    return near, far


@pytest.mark.parametrize("seed", range(12))
@in_virtual_time
async def test_calls_come_and_go_whatever_the_network_does(seed: int) -> None:
    network = Network(seed=seed, loss=0.3, twice=0.2, jitter=0.8, keep=False)
    near, far = await pair(network)
    rng = random.Random(seed)
    listeners: list[Listener] = []
    for _ in range(20):
        listeners.append(await near.dial())
        await asyncio.sleep(rng.uniform(0, 5))
    await asyncio.sleep(40)
    answered = sum("answered" in one.words for one in listeners)
    assert answered >= 18, "64·T1 are enough for nearly every call"
    for one in listeners:
        side = one if rng.random() < 0.5 else next((at for at in far.listeners if at.end is None), one)
        assert side.call is not None
        side.call.hang_up()
        await asyncio.sleep(rng.uniform(0, 3))
    await asyncio.sleep(100)
    for one in [*listeners, *far.listeners]:
        if one.end is None:  # its BYE was lost eleven times
            assert one.call is not None
            one.call.hang_up()
    await asyncio.sleep(100)
    for one in [*listeners, *far.listeners]:
        assert one.end is not None
        assert one.words.count("answered") <= 1
        assert "changed" not in one.words
    assert len(far.listeners) <= 20, "a repeated INVITE is no second call"
    assert near.nothing_left()
    assert far.nothing_left()


@pytest.mark.parametrize("seed", range(6))
@in_virtual_time
async def test_cancelling_and_answering_may_cross(seed: int) -> None:
    network = Network(seed=seed, loss=0.3, twice=0.2, jitter=0.5, keep=False)
    near, far = await pair(network)
    loop = asyncio.get_running_loop()
    rng = random.Random(seed)
    far.on_call = lambda call: loop.call_later(rng.uniform(0, 1.5), call.answer, AWAY[0], 31_000) and None
    for _ in range(30):
        one = await near.dial()
        assert one.call is not None
        loop.call_later(rng.uniform(0, 2), one.call.hang_up)
    await asyncio.sleep(200)
    for one in far.listeners:
        assert one.call is not None
        one.call.hang_up()  # those whose caller's BYE never arrived
        assert one.end is not None
    await asyncio.sleep(100)
    assert near.nothing_left()
    assert far.nothing_left()


@in_virtual_time
async def test_two_thousand_calls_leave_nothing_in_memory() -> None:
    network = Network(seed=5, loss=0.05, keep=False)
    near, far = await pair(network, max_calls=5_000, max_calls_per_source=5_000)
    seen: list[weakref.ref[object]] = []
    for number in range(2_000):
        one = await near.dial()
        assert isinstance(one.call, AgentCall)
        seen += [weakref.ref(one.call), weakref.ref(one.call.session), weakref.ref(one)]
        asyncio.get_running_loop().call_later(1 + number % 7, one.call.hang_up)
        await asyncio.sleep(0.1)
        far.listeners.clear()
    del one
    await asyncio.sleep(300)
    far.listeners.clear()
    gc.collect()
    assert near.nothing_left()
    assert far.nothing_left()
    assert [ref for ref in seen if ref() is not None] == []
    assert [thing for thing in gc.get_objects() if isinstance(thing, (AgentCall, Session))] == []
    for house in (near, far):
        assert len(house.agent.timers) <= 3, "only questions to the trunk"
        assert len(house.agent.table.replays) <= 8_192


@in_virtual_time
async def test_closing_says_good_bye_to_everybody() -> None:
    near, far = await pair(Network())
    calls = [await near.dial() for _ in range(5)]
    await asyncio.sleep(1)
    await near.agent.close()
    assert [one.end for one in calls] == ["ours"] * 5
    assert [one.end for one in far.listeners] == ["bye"] * 5
    assert HOME not in near.network.hosts


@in_virtual_time
async def test_closing_does_not_wait_for_the_dead() -> None:
    near, far = await pair(Network())
    await near.dial()
    await asyncio.sleep(1)
    near.network.hosts.pop(AWAY)
    start = asyncio.get_running_loop().time()
    await near.agent.close()
    assert asyncio.get_running_loop().time() - start < 2
    assert far.listener.words == ["answered"]
