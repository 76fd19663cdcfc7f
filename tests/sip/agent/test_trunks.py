"""Trunks: registered, asked now and then, lost and found again."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from onmeet.phone.settings import DialIn
from tests.sip.agent.house import HOME, TRUNK, House, trunk
from tests.sip.agent.network import Network
from tests.sip.agent.peer import OFFER, Peer
from tests.sip.agent.registrar import Registrar
from tests.sip.agent.virtual import in_virtual_time


def now() -> float:
    return asyncio.get_running_loop().time()


async def state(house: House, wanted: str, within: float) -> float:
    """Wait until the only trunk has this state; the seconds that it took."""
    start = now()
    while house.agent.trunks()[0][1] != wanted:
        assert now() - start < within, house.agent.trunks()
        await asyncio.sleep(0.05)
    return now() - start


def registering(network: Network | None = None, **changes: Any) -> House:
    options = {"register": True, "auth_user": "auth", "expires": 600, **changes}
    return House(network, trunks=(trunk(**options),), known={"west": [TRUNK]})


@in_virtual_time
async def test_trunk_registers_and_stays_registered() -> None:
    house = registering()
    registrar = Registrar(house.network, TRUNK, "auth", "s3cret")
    await house.agent.start()
    await state(house, "registered", 1)
    assert registrar.bound.startswith(f"<sip:acc@{HOME[0]}:{HOME[1]};rinstance=")
    assert registrar.requests[0].uri == "sip:192.0.2.7"
    assert house.agent.address_of("west") == "192.0.2.7"
    await asyncio.sleep(3600)
    assert house.agent.trunks() == [("west", "registered")]
    assert 7 <= len(registrar.requests) <= 11
    await house.agent.close()
    assert registrar.bound == ""
    assert registrar.requests[-1].headers.get("Expires") == "0"


@in_virtual_time
async def test_wrong_password_is_told_and_not_hammered() -> None:
    house = registering(password="wrong")
    registrar = Registrar(house.network, TRUNK, "auth", "s3cret")
    await house.agent.start()
    await state(house, "refused", 1)
    await asyncio.sleep(3600)
    assert len(registrar.requests) < 40
    registrar.who = type(registrar.who)("auth", "wrong")  # the operator mends it there
    await state(house, "registered", 1200)


@in_virtual_time
async def test_silent_registrar_is_found_again() -> None:
    house = registering()
    registrar = Registrar(house.network, TRUNK, "auth", "s3cret")
    registrar.answers = False
    await house.agent.start()
    await state(house, "unreachable", 40)
    assert TRUNK in house.wire.blamed
    await asyncio.sleep(600)
    registrar.answers = True
    await state(house, "registered", 120)


@in_virtual_time
async def test_name_that_does_not_resolve_yet_is_asked_again() -> None:
    house = registering()
    registrar = Registrar(house.network, TRUNK, "auth", "s3cret")
    house.wire.known["west"] = []
    await house.agent.start()
    await state(house, "unreachable", 1)
    assert house.agent.address_of("west") is None
    house.wire.known["west"] = [TRUNK]
    await state(house, "registered", 30)
    assert registrar.bound


@in_virtual_time
async def test_lost_connection_is_registered_anew() -> None:
    house = House(trunks=(trunk(register=True, auth_user="auth"),), known={"west": [TRUNK]}, transport="tcp")
    registrar = Registrar(house.network, TRUNK, "auth", "s3cret")
    await house.agent.start()
    await state(house, "registered", 1)
    before = len(registrar.requests)
    house.wire.cut(TRUNK)
    await asyncio.sleep(5)
    assert len(registrar.requests) > before
    assert house.agent.trunks() == [("west", "registered")]


@in_virtual_time
async def test_service_route_is_used_for_calls() -> None:
    house = registering()
    registrar = Registrar(house.network, TRUNK, "auth", "s3cret")
    registrar.extra = {"Service-Route": "<sip:192.0.2.7:5060;lr>"}
    await house.agent.start()
    await state(house, "registered", 1)
    peer = Peer(house.network, TRUNK, HOME)
    await house.dial()
    assert (await peer.asked("INVITE")).headers.all("Route") == ["<sip:192.0.2.7:5060;lr>"]


@in_virtual_time
async def test_trunk_without_registration_is_asked_by_options() -> None:
    house = House(trunks=(trunk(),), known={"west": [TRUNK]})
    await house.agent.start()
    assert house.agent.trunks() == [("west", "asking")]
    await state(house, "unreachable", 40)
    peer = Peer(house.network, TRUNK, HOME)
    await state(house, "static", 60)
    peer.present = False
    options = await peer.asked("OPTIONS")
    assert options.uri == "sip:192.0.2.7"
    peer.answer(options, 403)  # it is there, whatever it thinks of us
    await asyncio.sleep(1)
    assert house.agent.trunks() == [("west", "static")]
    peer.answer(await peer.asked("OPTIONS"), 503)
    await state(house, "unreachable", 1)


def registered_within(seconds: float, seed: int) -> bool:
    """Whether a registration gets through 30 % of loss in this time."""
    result = []

    @in_virtual_time
    async def scene() -> None:
        network = Network(seed=seed, loss=0.3, keep=False)
        house = registering(network)
        Registrar(network, TRUNK, "auth", "s3cret")
        await house.agent.start()
        await asyncio.sleep(seconds)
        result.append(house.agent.trunks() == [("west", "registered")])

    scene()
    return result[0]


def test_registration_gets_through_30_percent_of_loss_within_five_seconds() -> None:
    """Both ways, and twice because of the password: four datagrams have to arrive."""
    got_through = sum(registered_within(5.0, seed) for seed in range(200))
    assert got_through >= 195
    assert all(registered_within(30.0, seed) for seed in range(60))


@pytest.mark.parametrize(("dialled", "name"), [("acc", "west"), ("+49301", "west"), ("+49302", "east")])
@in_virtual_time
async def test_of_trunks_with_one_address_the_dialled_number_decides(dialled: str, name: str) -> None:
    numbers = (
        DialIn(number="+49301", country="DE", trunk="west"),
        DialIn(number="+49302", country="DE", trunk="east"),
        DialIn(number="+49303", country="DE", trunk="east"),
        DialIn(number="+49304", country="DE", trunk="west"),
    )
    house = House(
        trunks=(trunk(), trunk(name="east", user="other")),
        known={"west": [TRUNK], "east": [TRUNK]},
        numbers=numbers,
    )
    peer = await house.open()
    peer.send(peer.request("INVITE", body=OFFER, uri=f"sip:{dialled}@192.0.2.1"))
    await peer.response("INVITE", 200)
    assert house.listener.call is not None
    assert house.listener.call.trunk == name
