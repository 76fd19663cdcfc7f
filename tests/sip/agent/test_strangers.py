"""What others may try: forged and replayed requests, loops, floods, junk."""

from __future__ import annotations

import asyncio
import random

import pytest

from sip.core.message import Response, encode
from sip.core.transactions import MAX_OF_SOURCE
from tests.sip.agent.house import House, trunk
from tests.sip.agent.network import Network
from tests.sip.agent.peer import OFFER, Peer
from tests.sip.agent.virtual import in_virtual_time

FOREIGN = ("198.51.100.66", 5060)


async def talking() -> tuple[House, Peer]:
    house = House(trunks=(trunk(),), known={"west": [("192.0.2.7", 5060), ("192.0.2.8", 5060)]})
    peer = await house.open()
    await peer.establish()
    await asyncio.sleep(1)
    return house, peer


async def still_talking(house: House, peer: Peer) -> None:
    assert house.listener.words == ["answered"]
    peer.ask("OPTIONS")
    assert (await peer.response("OPTIONS")).status == 200
    peer.ask("BYE")
    assert (await peer.response("BYE")).status == 200


@pytest.mark.parametrize("method", ["BYE", "INVITE", "UPDATE", "INFO"])
@pytest.mark.parametrize("what", ["tag", "their_tag", "call"])
@in_virtual_time
async def test_requests_that_do_not_name_the_call_exactly_get_481(method: str, what: str) -> None:
    house, peer = await talking()
    body = b"5" if method == "INFO" else OFFER if method == "INVITE" else b""
    options = {"kind": "application/dtmf"} if method == "INFO" else {}
    forged = peer.request(method, body=body, seq=99, **options)
    wrong = {
        "tag": ("From", "<sip:x@192.0.2.7>;tag=wrong"),
        "their_tag": ("To", "<sip:x@192.0.2.1>;tag=wrong"),
        "call": ("Call-ID", "wrong"),
    }
    forged.headers.set(*wrong[what])
    peer.send(forged)
    assert (await peer.response(method)).status == 481
    await still_talking(house, peer)


@pytest.mark.parametrize("method", ["BYE", "INVITE", "UPDATE", "INFO"])
@in_virtual_time
async def test_right_tags_from_a_foreign_source_get_481(method: str) -> None:
    house, peer = await talking()
    foreign = Peer(house.network, FOREIGN, peer.other)
    foreign.send(peer.request(method, seq=99, body=OFFER if method == "INVITE" else b""))
    assert (await foreign.response(method)).status == 481
    await still_talking(house, peer)


@in_virtual_time
async def test_another_machine_of_the_trunk_may_end_the_call() -> None:
    house, peer = await talking()
    other = Peer(house.network, ("192.0.2.8", 5060), peer.other)
    other.send(peer.request("BYE"))
    assert (await other.response("BYE")).status == 200
    assert house.listener.end == "bye"


@in_virtual_time
async def test_forged_ack_does_not_establish_a_call() -> None:
    house = House()
    peer = await house.open()
    peer.call()
    response = await peer.response("INVITE", 200)
    foreign = Peer(house.network, FOREIGN, peer.other)
    foreign.send(peer.request("ACK", seq=1))
    await asyncio.sleep(1)
    assert house.listener.words == []
    peer.ack(response)
    await asyncio.sleep(1)
    assert house.listener.words == ["answered"]


@pytest.mark.parametrize("later", [0.5, 20.0, 40.0, 600.0])
@in_virtual_time
async def test_invite_that_is_replayed_after_the_end_is_no_second_call(later: float) -> None:
    house = House()
    peer = await house.open()
    peer.every = True
    await peer.establish()
    invite = peer.invite
    assert invite is not None
    await asyncio.sleep(1)
    peer.ask("BYE")
    await peer.response("BYE", 200)
    await asyncio.sleep(later)
    peer.send(invite)
    await asyncio.sleep(2)
    answers = []
    while not peer.quiet():
        answers.append(await peer.inbox.get())
    assert all(isinstance(one, Response) and one.status == 482 for one in answers)
    assert len(house.listeners) == 1


@in_virtual_time
async def test_invite_by_a_second_way_is_merged() -> None:
    house = House()
    peer = await house.open()
    first = peer.call()
    await peer.response("INVITE", 200)
    second = peer.request("INVITE", seq=first.cseq.number, body=OFFER, their_tag="")
    peer.send(second)
    assert (await peer.response("INVITE", 482)).via.branch == second.via.branch
    assert len(house.listeners) == 1


@in_virtual_time
async def test_our_own_request_that_comes_back_is_a_loop() -> None:
    house = House(trunks=(trunk(),), known={"west": [("192.0.2.7", 5060)]})
    peer = await house.open()
    await house.dial()
    invite = await peer.asked("INVITE")
    invite.headers.prepend("Via", "SIP/2.0/UDP 192.0.2.7:5060;branch=z9hG4bK-proxy")
    peer.send(invite)
    while True:
        answer = await peer.inbox.get()
        if isinstance(answer, Response):
            break
    assert answer.status == 482
    assert house.listeners == []


@in_virtual_time
async def test_invite_with_a_tag_of_no_call_gets_481() -> None:
    house = House()
    peer = await house.open()
    peer.their_tag = "gone"
    peer.call()
    assert (await peer.response("INVITE")).status == 481
    assert house.listeners == []


@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [
        ("OPTIONS", {}, 200),
        ("OPTIONS", {"Max_Forwards": "0"}, 200),
        ("INVITE", {"Max_Forwards": "0"}, 483),
        ("INVITE", {"Require": "unheard-of"}, 420),
        ("INVITE", {"Contact": "<mailto:a@b>"}, 400),
        ("INVITE", {"Session_Expires": "60", "Supported": "timer"}, 422),
        ("BYE", {}, 481),
        ("INFO", {}, 481),
        ("UPDATE", {}, 481),
        ("PRACK", {}, 481),
        ("REGISTER", {}, 405),
        ("MESSAGE", {}, 405),
        ("REFER", {"Refer_To": "<sip:a@b>"}, 603),
        ("NOTIFY", {"Event": "message-summary"}, 481),
        ("SUBSCRIBE", {"Event": "presence"}, 489),
        ("PUBLISH", {"Event": "presence"}, 489),
        ("DANCE", {}, 501),
    ],
)
@in_virtual_time
async def test_requests_outside_of_calls_get_their_answer(
    method: str, headers: dict[str, str], status: int
) -> None:
    house = House()
    peer = await house.open()
    peer.ask(method, body=OFFER if method == "INVITE" else b"", **headers)
    assert (await peer.response(method)).status == status
    assert house.listeners == []
    await asyncio.sleep(70)
    assert house.nothing_left()


@in_virtual_time
async def test_uri_of_another_scheme_is_refused() -> None:
    house = House()
    peer = await house.open()
    peer.ask("INVITE", uri="http://192.0.2.1/", body=OFFER)
    assert (await peer.response("INVITE")).status == 416


@in_virtual_time
async def test_broken_requests_are_answered_with_400_where_that_is_possible() -> None:
    house = House()
    peer = await house.open()
    peer.ask("OPTIONS", Max_Forwards="many")
    assert (await peer.response("OPTIONS")).status == 400
    assert house.agent.dropped == 1


@in_virtual_time
async def test_junk_leaves_nothing_behind() -> None:
    house = House()
    peer = await house.open()
    invite = peer.request("INVITE", body=OFFER)
    house.network.hosts[peer.address] = lambda data, source: None  # answers quote junk, too
    whole, rng = encode(invite), random.Random(3)
    for _ in range(3_000):
        data = bytearray(whole[: rng.randrange(len(whole))] if rng.random() < 0.5 else whole)
        for _ in range(rng.randrange(1, 9)):
            if data:
                data[rng.randrange(len(data))] = rng.randrange(256)
        house.network.post(peer.address, peer.other, bytes(data))
    await asyncio.sleep(400)
    for listener in house.listeners:
        assert listener.end is not None
    await asyncio.sleep(70)
    assert house.nothing_left()
    assert len(house.agent.timers) == 0


@in_virtual_time
async def test_flood_of_requests_is_bounded_by_source() -> None:
    network = Network(keep=False)
    house = House(network)
    peer = await house.open()
    for number in range(3 * MAX_OF_SOURCE):
        peer.call_id = f"flood{number}"
        peer.send(peer.request("OPTIONS"))
    await asyncio.sleep(1)
    assert len(house.agent.table) == MAX_OF_SOURCE
    other = Peer(network, ("192.0.2.9", 5060), peer.other)
    other.ask("OPTIONS")
    assert (await other.response("OPTIONS")).status == 200
    peer.call_id, peer.seq = "over", 0
    peer.call()
    assert (await peer.response("INVITE")).status == 503
    await asyncio.sleep(70)
    assert house.nothing_left()


@in_virtual_time
async def test_calls_are_bounded_in_all_and_by_source() -> None:
    house = House(max_calls=3, max_calls_per_source=2)
    first = await house.open()
    statuses = []
    for number in range(3):
        first.call_id, first.their_tag = f"one{number}", ""
        first.call()
        statuses.append((await first.response("INVITE")).status)
    second = Peer(house.network, ("192.0.2.8", 5060), first.other)
    for number in range(2):
        second.call_id, second.their_tag = f"two{number}", ""
        second.call()
        statuses.append((await second.response("INVITE")).status)
    assert statuses == [200, 200, 486, 200, 486]


@in_virtual_time
async def test_limit_of_a_trunk_counts_its_calls_alone() -> None:
    house = House(trunks=(trunk(max_calls=1),), known={"west": [("192.0.2.7", 5060)]})
    peer = await house.open()
    peer.call()
    assert (await peer.response("INVITE")).status == 200
    peer.call_id, peer.their_tag = "second", ""
    peer.call()
    assert (await peer.response("INVITE")).status == 486


@in_virtual_time
async def test_invites_over_the_transport_s_limits_are_told_to_come_later() -> None:
    house = House()
    peer = await house.open()
    house.wire.on_excess(encode(peer.request("INVITE", body=OFFER)), house.wire.flow(peer.address))
    refusal = await peer.response("INVITE")
    assert refusal.status == 503
    assert refusal.headers.get("Retry-After")
    assert house.listeners == []


@in_virtual_time
async def test_calls_over_ipv6() -> None:
    house = House(address=("2001:db8::1", 5060))
    await house.agent.start()
    peer = Peer(house.network, ("2001:db8::7", 5060), ("2001:db8::1", 5060))
    invite = peer.request("INVITE", body=OFFER.replace(b"IP4 192.0.2.7", b"IP6 2001:db8::7"))
    for name, value in list(invite.headers):
        invite.headers.set(
            name, value.replace("2001:db8::7", "[2001:db8::7]").replace("@2001:db8::1", "@[2001:db8::1]")
        )
    invite.uri = "sip:100@[2001:db8::1]"
    peer.send(invite)
    response = await peer.response("INVITE", 200)
    assert response.headers.get("Contact") == "<sip:onmeet@[2001:db8::1]:5060>"
    assert b"IP6 2001:db8::1" in response.body
