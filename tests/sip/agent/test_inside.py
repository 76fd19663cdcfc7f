"""Requests inside a call: hold, digits, refreshes, and what has no business there."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

import pytest

from sip.core.message import Request, Response
from tests.sip.agent.house import House
from tests.sip.agent.peer import OFFER, Peer, sdp
from tests.sip.agent.virtual import in_virtual_time


async def talking(**options: str) -> tuple[House, Peer]:
    """A house and a peer in a call."""
    house = House()
    peer = await house.open()
    await peer.establish(**options)
    await asyncio.sleep(1)
    assert house.listener.words == ["answered"]
    return house, peer


async def moved(peer: Peer, method: str, body: bytes) -> Response:
    """Offer by re-INVITE or UPDATE; the answer."""
    peer.ask(method, body=body)
    response = await peer.response(method)
    if method == "INVITE" and response.status == 200:
        peer.ack(response)
    return response


@pytest.mark.parametrize("method", ["INVITE", "UPDATE"])
@in_virtual_time
async def test_hold_and_resume_reach_the_listener(method: str) -> None:
    house, peer = await talking()
    held = await moved(peer, method, sdp(attributes="a=sendonly\r\n"))
    assert b"a=recvonly" in held.body
    resumed = await moved(peer, method, sdp())
    assert b"a=sendrecv" in resumed.body
    assert [(word, agreement.held) for word, agreement in house.listener.heard[1:]] == [
        ("changed", True),
        ("changed", False),
    ]
    versions = [int(one.body.split(b"\r\n")[1].split()[2]) for one in (held, resumed)]
    assert versions == [2, 3]


@pytest.mark.parametrize("attributes", ["a=inactive\r\n", "a=sendonly\r\n"])
@in_virtual_time
async def test_hold_of_the_old_kind_is_understood(attributes: str) -> None:
    house, peer = await talking()
    await moved(peer, "INVITE", sdp("0.0.0.0", attributes=attributes))
    assert house.listener.heard[-1][1].held


@pytest.mark.parametrize("method", ["INVITE", "UPDATE"])
@in_virtual_time
async def test_new_offer_that_does_not_fit_changes_nothing(method: str) -> None:
    """RFC 6141: after a refusal everything is as before."""
    house, peer = await talking()
    response = await moved(peer, method, sdp(codecs="18"))
    assert response.status == 488
    if method == "INVITE":
        peer.send(peer.request("ACK", seq=peer.seq))
    await asyncio.sleep(5)
    assert house.listener.words == ["answered"]
    assert (await moved(peer, method, sdp(port=44_000))).status == 200
    assert house.listener.heard[-1][1].remote[1] == 44_000


@in_virtual_time
async def test_same_media_again_are_no_news_and_have_the_same_version() -> None:
    house, peer = await talking()
    answers = [await moved(peer, "INVITE", OFFER) for _ in range(2)]
    assert answers[0].body == answers[1].body
    assert house.listener.words == ["answered"]


@in_virtual_time
async def test_reinvite_without_offer_gets_ours_and_takes_the_answer_from_the_ack() -> None:
    house, peer = await talking()
    peer.ask("INVITE")
    response = await peer.response("INVITE", 200)
    assert b"m=audio 30000" in response.body
    peer.ack(response, body=sdp(port=45_000))
    await asyncio.sleep(1)
    assert house.listener.heard[-1][0] == "changed"
    assert house.listener.heard[-1][1].remote[1] == 45_000


@in_virtual_time
async def test_reinvite_without_offer_and_answer_leaves_the_media() -> None:
    house, peer = await talking()
    peer.ask("INVITE")
    peer.ack(await peer.response("INVITE", 200))
    await asyncio.sleep(40)
    assert house.listener.words == ["answered"]
    assert (await moved(peer, "UPDATE", sdp(port=44_000))).status == 200


@in_virtual_time
async def test_second_reinvite_while_our_offer_waits_gets_491() -> None:
    _, peer = await talking()
    peer.ask("INVITE")
    response = await peer.response("INVITE", 200)
    peer.ask("UPDATE", body=sdp())
    assert (await peer.response("UPDATE")).status == 491
    peer.ask("INVITE", body=sdp())
    assert (await peer.response("INVITE")).status == 491
    peer.ack(response, body=sdp())


@in_virtual_time
async def test_reinvite_moves_the_remote_target() -> None:
    house, peer = await talking()
    moved_to = Peer(house.network, ("192.0.2.7", 5999), peer.other)
    peer.ask("INVITE", body=sdp(), Contact="<sip:peer@192.0.2.7:5999>")
    peer.ack(await peer.response("INVITE", 200))
    await asyncio.sleep(1)
    assert house.listener.call is not None
    house.listener.call.hang_up()
    assert (await peer.asked("BYE")).uri == "sip:peer@192.0.2.7:5999"
    assert moved_to.quiet()  # a telephone without trunk is behind its flow


@pytest.mark.parametrize(
    ("kind", "body", "digit"),
    [
        ("application/dtmf-relay", "Signal=5\r\nDuration=160\r\n", "5"),
        ("application/dtmf-relay", "Signal= *\r\n", "*"),
        ("application/dtmf-relay", "signal=11\r\n", "#"),
        ("application/dtmf-relay", "Signal=a\r\nDuration=100", "A"),
        ("application/dtmf", "7", "7"),
        ("application/dtmf; charset=us-ascii", "#\r\n", "#"),
        ("application/dtmf-relay", "Duration=160\r\n", None),
        ("application/dtmf-relay", "Signal=16\r\n", None),
        ("application/dtmf", "55", None),
    ],
)
@in_virtual_time
async def test_digits_by_info(kind: str, body: str, digit: str | None) -> None:
    house, peer = await talking()
    peer.ask("INFO", body=body.encode(), kind=kind)
    assert (await peer.response("INFO")).status == 200
    assert house.listener.heard[1:] == ([("digit", digit)] if digit else [])


@in_virtual_time
async def test_digits_that_overtake_the_ack_follow_the_answer() -> None:
    house = House()
    peer = await house.open()
    peer.call()
    response = await peer.response("INVITE", 200)
    for digit in (b"5", b"#"):
        peer.ask("INFO", body=digit, kind="application/dtmf")
        assert (await peer.response("INFO")).status == 200
    assert house.listener.words == []
    peer.ack(response)
    await asyncio.sleep(1)
    assert house.listener.words == ["answered", "digit", "digit"]
    assert [digit for _, digit in house.listener.heard[1:]] == ["5", "#"]


@in_virtual_time
async def test_repeated_info_is_one_digit() -> None:
    house, peer = await talking()
    info = peer.ask("INFO", body=b"Signal=5\r\n", kind="application/dtmf-relay")
    await peer.response("INFO")
    peer.send(info)
    peer.ask("INFO", body=b"Signal=5\r\n", kind="application/dtmf-relay", seq=peer.seq)  # another branch
    assert (await peer.response("INFO")).status == 500
    assert house.listener.words == ["answered", "digit"]


@pytest.mark.parametrize(
    ("method", "options", "status"),
    [
        ("INFO", {"body": b"<x/>", "kind": "text/xml"}, 415),
        ("INFO", {}, 200),
        ("OPTIONS", {}, 200),
        ("UPDATE", {}, 200),
        ("REFER", {"Refer_To": "<sip:a@b>"}, 603),
        ("NOTIFY", {"Event": "refer"}, 481),
        ("SUBSCRIBE", {"Event": "dialog"}, 489),
        ("MESSAGE", {"body": b"hello", "kind": "text/plain"}, 405),
        ("PRACK", {"RAck": "1 1 INVITE"}, 481),
        ("HAVE-A-LOOK", {}, 501),
        ("INVITE", {"Require": "gruu"}, 420),
        ("BYE", {"Max_Forwards": "0"}, 483),
    ],
)
@in_virtual_time
async def test_other_requests_inside_get_their_answer_and_the_call_lives(
    method: str, options: dict[str, Any], status: int
) -> None:
    house, peer = await talking()
    peer.ask(method, **options)
    assert (await peer.response(method)).status == status
    assert house.listener.words == ["answered"]
    assert house.listener.end is None


@in_virtual_time
async def test_refused_methods_and_options_say_what_is_allowed() -> None:
    _, peer = await talking()
    peer.ask("OPTIONS")
    options = await peer.response("OPTIONS")
    for name in ("Allow", "Accept", "Supported"):
        assert options.headers.get(name), name
    assert "UPDATE" in options.headers.all("Allow")
    peer.ask("INVITE", Require="gruu, 100rel")
    assert (await peer.response("INVITE", 420)).headers.get("Unsupported") == "gruu"


@in_virtual_time
async def test_requests_out_of_order_are_refused() -> None:
    house, peer = await talking()
    peer.ask("UPDATE", seq=5)
    assert (await peer.response("UPDATE")).status == 200
    peer.ask("BYE", seq=4)
    assert (await peer.response("BYE")).status == 500
    assert house.listener.words == ["answered"]


@in_virtual_time
async def test_update_before_the_answer_is_told_to_wait() -> None:
    house = House(on_call=lambda call: call.ring())
    peer = await house.open()
    peer.call()
    ringing = await peer.response("INVITE", 180)
    peer.their_tag = ringing.to.tag or ""
    peer.ask("UPDATE", body=sdp())
    refused = await peer.response("UPDATE")
    assert refused.status == 500
    assert refused.headers.get("Retry-After")
    peer.ask("UPDATE")
    assert (await peer.response("UPDATE")).status == 200
    assert house.listener.words == []


@in_virtual_time
async def test_crossing_byes_are_both_answered() -> None:
    house, peer = await talking()
    peer.ask("BYE")
    assert house.listener.call is not None
    house.listener.call.hang_up()
    bye = await peer.asked("BYE")
    assert (await peer.response("BYE")).status == 200
    peer.answer(bye, 481)
    await asyncio.sleep(40)
    assert house.nothing_left()


@partial(in_virtual_time, complaints=4)
async def test_listener_that_raises_hurts_nobody() -> None:
    house = House()
    house.raises = True
    peer = await house.open()
    await peer.establish()
    await asyncio.sleep(1)
    await moved(peer, "INVITE", sdp(attributes="a=sendonly\r\n"))
    peer.ask("INFO", body=b"5", kind="application/dtmf")
    assert (await peer.response("INFO")).status == 200
    peer.ask("BYE")
    assert (await peer.response("BYE")).status == 200
    assert house.listener.words == ["answered", "changed", "digit", "ended"]
    await asyncio.sleep(40)
    assert house.nothing_left()


@partial(in_virtual_time, complaints=1)
async def test_gateway_that_raises_refuses_the_call() -> None:
    def fail(call: object) -> None:
        raise RuntimeError("a gateway with a fault")

    house = House(on_call=fail)
    peer = await house.open()
    invite = peer.call()
    refusal = await peer.response("INVITE")
    assert refusal.status == 500
    peer.ack_refusal(invite, refusal)
    await asyncio.sleep(40)
    assert house.nothing_left()


@in_virtual_time
async def test_hanging_up_within_an_event_comes_after_it() -> None:
    house = House()
    peer = await house.open()
    peer.call()
    response = await peer.response("INVITE", 200)
    listener = house.listener
    seen: list[list[str]] = []

    def leave() -> None:
        assert listener.call is not None
        listener.call.hang_up()
        seen.append(list(listener.words))

    listener.on_answered = leave
    peer.ack(response)
    assert isinstance(await peer.asked("BYE"), Request)
    assert seen == [["answered"]]
    assert listener.end == "ours"
