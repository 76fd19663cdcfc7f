"""Calls that come: from the INVITE to the end, as RFC 3261 and its extensions want it."""

from __future__ import annotations

import asyncio

from sip.agent.terms import terms
from tests.sip.agent.house import House, trunk
from tests.sip.agent.peer import Peer, sdp
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


@in_virtual_time
async def test_cancel_ends_a_ringing_call_with_487() -> None:
    house = House(on_call=lambda call: call.ring())
    peer = await house.open()
    invite = peer.call()
    ringing = await peer.response("INVITE", 180)
    peer.cancel(invite)
    cancelled = await peer.response("CANCEL")
    assert cancelled.status == 200
    assert cancelled.to.tag == ringing.to.tag
    refusal = await peer.response("INVITE", 487)
    peer.ack_refusal(invite, refusal)
    assert house.listener.end == "cancelled"
    assert house.listener.call is not None
    house.listener.call.answer("192.0.2.1", 30_000)  # too late: nothing happens
    house.listener.call.hang_up()
    await asyncio.sleep(40)
    assert peer.quiet()
    assert house.nothing_left()


@in_virtual_time
async def test_cancel_after_the_answer_changes_nothing() -> None:
    house = House()
    peer = await house.open()
    invite = peer.call()
    response = await peer.response("INVITE", 200)
    peer.cancel(invite)
    cancelled = await peer.response("CANCEL")
    assert (cancelled.status, cancelled.to.tag) == (200, response.to.tag)
    peer.ack(response)
    await asyncio.sleep(1)
    assert house.listener.words == ["answered"]


@in_virtual_time
async def test_cancel_that_fits_nothing_is_answered_with_481() -> None:
    house = House(on_call=lambda call: call.ring())
    peer = await house.open()
    invite = peer.call()
    await peer.response("INVITE", 180)
    peer.send(peer.request("CANCEL", seq=1, branch="z9hG4bK-other", their_tag=""))
    assert (await peer.response("CANCEL")).status == 481
    foreign = Peer(house.network, ("198.51.100.9", 5060), peer.other)
    foreign.call_id, foreign.tag = peer.call_id, peer.tag
    forged = peer.request("CANCEL", seq=1, branch=invite.via.branch or "", their_tag="")
    foreign.send(forged)
    assert (await foreign.response("CANCEL")).status == 481
    assert house.listener.words == []


@in_virtual_time
async def test_answer_is_repeated_until_a_late_ack_comes() -> None:
    house = House()
    peer = await house.open()
    peer.every = True
    peer.call()
    first = await peer.response("INVITE", 200)
    for _ in range(4):
        again = await peer.response("INVITE", 200)
        assert again.to.tag == first.to.tag
    assert house.listener.words == []
    peer.ack(first)
    await asyncio.sleep(1)
    assert house.listener.words == ["answered"]
    while not peer.quiet():
        await peer.inbox.get()
    await asyncio.sleep(20)
    assert peer.quiet()


@in_virtual_time
async def test_ack_with_a_tag_of_its_own_is_taken_as_some_telephones_send_it() -> None:
    house = House()
    peer = await house.open()
    peer.every = True
    peer.call()
    peer.ack(await peer.response("INVITE", 200), tag="another", their_tag="invented")
    await asyncio.sleep(0.1)
    assert house.listener.words == []
    peer.ack(await peer.response("INVITE", 200), their_tag="invented")
    await asyncio.sleep(0.1)
    assert house.listener.words == ["answered"]


@in_virtual_time
async def test_answer_without_any_ack_ends_the_call_with_a_bye() -> None:
    house = House()
    peer = await house.open()
    response_time = asyncio.get_running_loop().time()
    peer.call()
    bye = await peer.asked("BYE")
    assert 31 < asyncio.get_running_loop().time() - response_time < 34
    peer.answer(bye, 200)
    assert house.listener.words == ["ended"]
    assert house.listener.end == "timeout"
    await asyncio.sleep(40)
    assert house.nothing_left()


@in_virtual_time
async def test_hanging_up_before_the_ack_waits_for_it() -> None:
    house = House()
    peer = await house.open()
    peer.call()
    response = await peer.response("INVITE", 200)
    assert house.listener.call is not None
    house.listener.call.hang_up()
    assert house.listener.end == "ours"
    await asyncio.sleep(0.2)
    assert not [one for one in peer.received if getattr(one, "method", "") == "BYE"]
    peer.ack(response)
    peer.answer(await peer.asked("BYE"), 200)
    await asyncio.sleep(40)
    assert house.nothing_left()


@in_virtual_time
async def test_offer_in_the_answer_takes_its_answer_from_the_ack() -> None:
    house = House()
    peer = await house.open()
    peer.call(body=b"")
    response = await peer.response("INVITE", 200)
    assert b"m=audio 30000 RTP/AVP 9 8 0" in response.body
    peer.ack(response, body=sdp(port=41_000))
    await asyncio.sleep(1)
    assert house.listener.words == ["answered"]
    assert house.listener.heard[0][1].remote == ("192.0.2.7", 41_000)


@in_virtual_time
async def test_ack_without_the_answer_ends_the_call() -> None:
    house = House()
    peer = await house.open()
    peer.call(body=b"")
    peer.ack(await peer.response("INVITE", 200))
    peer.answer(await peer.asked("BYE"), 200)
    assert house.listener.heard == [("ended", "media")]


@in_virtual_time
async def test_offers_with_nothing_for_us_are_refused_before_anybody_is_disturbed() -> None:
    house = House()
    peer = await house.open()
    peer.call(body=sdp(codecs="18"))
    assert (await peer.response("INVITE")).status == 488
    peer.call_id, peer.their_tag = "other", ""
    peer.call(body=b"not SDP at all")
    assert (await peer.response("INVITE")).status == 400
    peer.call_id, peer.their_tag = "third", ""
    invite = peer.request("INVITE", body=b"<xml/>", kind="text/xml")
    peer.send(invite)
    assert (await peer.response("INVITE")).status == 415
    assert house.listeners == []


@in_virtual_time
async def test_rejected_call_ends_and_its_refusal_is_repeated_until_the_ack() -> None:
    house = House(on_call=lambda call: call.reject(603))
    peer = await house.open()
    peer.every = True
    invite = peer.call()
    await peer.response("INVITE", 603)
    again = await peer.response("INVITE", 603)
    peer.ack_refusal(invite, again)
    assert house.listener.heard == [("ended", "ours")]
    await asyncio.sleep(3)
    while not peer.quiet():
        await peer.inbox.get()
    await asyncio.sleep(40)
    assert peer.quiet()
    assert house.nothing_left()


@in_virtual_time
async def test_call_that_nobody_answers_is_given_up_after_three_minutes() -> None:
    house = House(on_call=lambda call: call.ring())
    peer = await house.open()
    peer.every = True
    invite = peer.call()
    refusal = await peer.response("INVITE")
    assert refusal.status == 480
    peer.ack_refusal(invite, refusal)
    rings = [one for one in peer.received if getattr(one, "status", 0) == 180]
    assert len(rings) == 3  # at once, and each minute
    assert house.listener.end == "no-answer"


@in_virtual_time
async def test_bye_before_the_answer_ends_the_invite_too() -> None:
    house = House(on_call=lambda call: call.ring())
    peer = await house.open()
    invite = peer.call()
    await peer.response("INVITE", 180)
    peer.ask("BYE")
    assert (await peer.response("BYE")).status == 200
    assert [one.status for one in peer.received if getattr(one, "status", 0) == 487] == [487]
    peer.ack_refusal(invite, next(one for one in peer.received if getattr(one, "status", 0) == 487))
    assert house.listener.end == "bye"
    await asyncio.sleep(40)
    assert house.nothing_left()


@in_virtual_time
async def test_reliable_ringing_is_repeated_until_its_prack() -> None:
    house = House(on_call=lambda call: call.ring())
    peer = await house.open()
    peer.every = True
    peer.call(Require="100rel", Supported="100rel")
    ringing = await peer.response("INVITE", 180)
    rseq = ringing.headers.get("RSeq")
    assert ringing.headers.get("Require") == "100rel"
    assert (await peer.response("INVITE", 180)).headers.get("RSeq") == rseq
    assert (await peer.response("INVITE", 180)).headers.get("RSeq") == rseq
    peer.ask("PRACK", RAck="1 1 INVITE")
    assert (await peer.response("PRACK")).status == 481
    peer.ask("PRACK", RAck=f"{rseq} 1 INVITE")
    assert (await peer.response("PRACK")).status == 200
    await asyncio.sleep(1)
    while not peer.quiet():
        await peer.inbox.get()
    await asyncio.sleep(40)
    assert peer.quiet()
    assert house.listener.call is not None
    house.listener.call.answer("192.0.2.1", 30_000)
    peer.ack(await peer.response("INVITE", 200))
    await asyncio.sleep(1)
    assert house.listener.words == ["answered"]


@in_virtual_time
async def test_reliable_ringing_without_any_prack_ends_the_call() -> None:
    house = House(on_call=lambda call: call.ring())
    peer = await house.open()
    invite = peer.call(Require="100rel")
    refusal = await peer.response("INVITE")
    assert refusal.status == 504
    peer.ack_refusal(invite, refusal)
    assert house.listener.end == "timeout"
    await asyncio.sleep(40)
    assert house.nothing_left()


@in_virtual_time
async def test_route_set_is_kept_and_followed() -> None:
    house = House()
    peer = await house.open()
    routes = "<sip:192.0.2.7:5060;lr>, <sip:10.0.0.9;lr;x=1>"
    await peer.establish(Record_Route=routes)
    assert peer.received[-1].headers.all("Record-Route") == routes.split(", ")
    await asyncio.sleep(1)
    assert house.listener.call is not None
    house.listener.call.hang_up()
    bye = await peer.asked("BYE")
    assert bye.headers.all("Route") == routes.split(", ")
    assert bye.uri == "sip:peer@192.0.2.7:5060"


@in_virtual_time
async def test_strict_router_gets_its_own_uri() -> None:
    house = House()
    peer = await house.open()
    await peer.establish(Record_Route="<sip:192.0.2.7:5060>")
    await asyncio.sleep(1)
    assert house.listener.call is not None
    house.listener.call.hang_up()
    bye = await peer.asked("BYE")
    assert bye.uri == "sip:192.0.2.7:5060"
    assert bye.headers.all("Route") == ["<sip:peer@192.0.2.7:5060>"]


@in_virtual_time
async def test_requests_go_where_the_route_leads_even_elsewhere() -> None:
    house = House(trunks=(trunk(),), known={"west": [("192.0.2.7", 5060)]})
    peer = await house.open()
    proxy = Peer(house.network, ("192.0.2.77", 5070), peer.other)
    await peer.establish(Record_Route="<sip:192.0.2.77:5070;lr>")
    await asyncio.sleep(1)
    assert house.listener.call is not None
    house.listener.call.hang_up()
    bye = await proxy.asked("BYE")
    assert bye.headers.all("Route") == ["<sip:192.0.2.77:5070;lr>"]
    assert peer.quiet()


@in_virtual_time
async def test_contact_in_a_private_network_is_reached_by_the_flow() -> None:
    house = House(trunks=(trunk(),), known={"west": [("8.8.8.8", 5060)]})
    peer = await house.open(("8.8.8.8", 5060))
    await peer.establish(Contact="<sip:phone@10.1.2.3:5090>")
    await asyncio.sleep(1)
    assert house.listener.call is not None
    house.listener.call.hang_up()
    assert (await peer.asked("BYE")).uri == "sip:phone@10.1.2.3:5090"


@in_virtual_time
async def test_what_the_gateway_learns_of_a_call() -> None:
    house = House(trunks=(trunk(licence_header="X-Licence"),), known={"west": [("192.0.2.7", 5060)]})
    peer = await house.open()
    invite = peer.request("INVITE", body=sdp(), uri="sip:+49301000@192.0.2.1", X_Licence="ABC-1")
    invite.headers.set("From", '"Anna" <sip:0301234567@pbx.example>;tag=x1')
    peer.tag = "x1"
    peer.send(invite)
    await peer.response("INVITE", 200)
    call = house.listener.call
    assert call is not None
    assert (call.identity.number, call.identity.display) == ("+49301234567", "Anna")
    assert (call.dialled, call.trunk, call.source) == ("+49301000", "west", "192.0.2.7")
    assert (call.domain, call.licence) == ("pbx.example", "ABC-1")


@in_virtual_time
async def test_calls_on_a_connection_are_never_repeated_for_want_of_loss() -> None:
    house = House(transport="tcp")
    peer = await house.open()
    invite = peer.call()
    response = await peer.response("INVITE", 200)
    assert "transport=tcp" in (response.headers.get("Contact") or "")
    peer.ack(response)
    await asyncio.sleep(1)
    peer.ask("BYE")
    await peer.response("BYE", 200)
    assert invite is not None
    await asyncio.sleep(40)
    assert len([one for one in peer.received if one.cseq.method == "BYE"]) == 1
    assert house.nothing_left()


def test_softphone_may_encrypt_its_sound_where_its_keys_are_encrypted() -> None:
    assert terms(None, "127.0.0.1", secure=True).srtp == "offer"
    assert terms(None, "127.0.0.1").srtp == "off"
