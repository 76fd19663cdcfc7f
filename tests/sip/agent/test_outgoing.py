"""Calls that we make: ringing, answers of every kind, passwords, forks, and other targets."""

from __future__ import annotations

import asyncio

import pytest

from onmeet.errors import ProviderError
from onmeet.phone.settings import DialOut
from sip.core.message import Request
from tests.sip.agent.house import HOME, House, Listener, trunk
from tests.sip.agent.peer import OFFER, Peer, sdp
from tests.sip.agent.virtual import in_virtual_time

KNOWN = {"west": [("192.0.2.7", 5060)]}


async def calling(**changes: object) -> tuple[House, Peer, Listener, Request]:
    """A house whose call has reached the peer."""
    house = House(trunks=(trunk(**changes),), known=dict(KNOWN))
    peer = await house.open()
    listener = await house.dial()
    return house, peer, listener, await peer.asked("INVITE")


def sent(peer: Peer, method: str) -> list[Request]:
    """All requests of a method that reached the peer, repeated ones as well."""
    return [one for one in peer.received if isinstance(one, Request) and one.method == method]


@in_virtual_time
async def test_answered_call_is_acknowledged_and_ended_by_the_other_side() -> None:
    house, peer, listener, invite = await calling()
    assert invite.uri == "sip:+4930555@192.0.2.7"
    assert invite.headers.get("User-Agent") == "OnMeet"
    assert "@" not in invite.call_id
    assert b"o=- " in invite.body
    peer.answer(invite, 100)
    peer.answer(invite, 180)
    await asyncio.sleep(5)
    assert listener.words == []
    peer.answer(invite, 200, body=sdp(port=47_000))
    ack = await peer.asked("ACK")
    assert ack.uri == "sip:peer@192.0.2.7:5060"
    assert (ack.cseq.number, ack.via.branch == invite.via.branch) == (invite.cseq.number, False)
    assert listener.words == ["answered"]
    assert listener.heard[0][1].remote == ("192.0.2.7", 47_000)
    peer.ask("BYE")
    assert (await peer.response("BYE")).status == 200
    assert listener.end == "bye"
    await asyncio.sleep(40)
    assert house.nothing_left()


@in_virtual_time
async def test_repeated_answer_is_acknowledged_again_even_after_the_end() -> None:
    house, peer, listener, invite = await calling()
    answer = peer.answer(invite, 200, body=OFFER)
    await peer.asked("ACK")
    peer.send(answer)
    await asyncio.sleep(1)
    assert len(sent(peer, "ACK")) == 2
    assert listener.call is not None
    listener.call.hang_up()
    peer.answer(await peer.asked("BYE"), 200)
    await asyncio.sleep(1)
    peer.send(answer)
    await asyncio.sleep(1)
    assert len(sent(peer, "ACK")) == 3
    assert len(sent(peer, "BYE")) == 1
    await asyncio.sleep(40)
    assert house.nothing_left()


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (302, "failed"),
        (400, "failed"),
        (403, "refused"),
        (404, "failed"),
        (408, "no-answer"),
        (480, "no-answer"),
        (484, "failed"),
        (486, "busy"),
        (487, "no-answer"),
        (488, "media"),
        (500, "failed"),
        (600, "busy"),
        (603, "refused"),
        (606, "media"),
    ],
)
@in_virtual_time
async def test_refusals_end_the_call_with_their_reason(status: int, reason: str) -> None:
    house, peer, listener, invite = await calling()
    peer.answer(invite, 183)
    peer.answer(invite, status, Contact="<sip:elsewhere@198.51.100.9>")
    ack = await peer.asked("ACK")
    assert ack.via.branch == invite.via.branch
    assert listener.heard == [("ended", reason)]
    await asyncio.sleep(40)
    assert house.nothing_left()
    assert len(sent(peer, "INVITE")) == 1


@pytest.mark.parametrize(
    ("status", "asks", "answers"),
    [
        (401, "WWW-Authenticate", "Authorization"),
        (407, "Proxy-Authenticate", "Proxy-Authorization"),
    ],
)
@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
@in_virtual_time
async def test_password_is_given_when_asked_for(status: int, asks: str, answers: str, algorithm: str) -> None:
    _, peer, listener, invite = await calling(auth_user="auth")
    peer.answer(invite, status, **{asks: f'Digest realm="r", nonce="n", algorithm={algorithm}, qop="auth"'})
    again = await peer.asked("INVITE")
    value = again.headers.get(answers) or ""
    assert 'username="auth"' in value
    assert f"algorithm={algorithm}" in value
    assert "nc=00000001" in value
    assert again.cseq.number == invite.cseq.number + 1
    assert again.via.branch != invite.via.branch
    assert again.call_id == invite.call_id
    peer.answer(again, 200, body=OFFER)
    ack = await peer.asked("ACK")
    assert answers in ack.headers
    assert listener.words == ["answered"]


@in_virtual_time
async def test_wrong_password_is_tried_once() -> None:
    _, peer, listener, invite = await calling()
    for request in (invite, None):
        request = request or await peer.asked("INVITE")
        peer.answer(request, 407, Proxy_Authenticate='Digest realm="r", nonce="n", qop="auth"')
    await asyncio.sleep(60)
    assert listener.end == "failed"
    assert len(sent(peer, "INVITE")) == 2


@in_virtual_time
async def test_bye_may_be_asked_for_a_password_too() -> None:
    house, peer, listener, invite = await calling()
    peer.answer(invite, 200, body=OFFER)
    await peer.asked("ACK")
    assert listener.call is not None
    listener.call.hang_up()
    bye = await peer.asked("BYE")
    peer.answer(bye, 407, Proxy_Authenticate='Digest realm="r", nonce="n"')
    again = await peer.asked("BYE")
    assert "Proxy-Authorization" in again.headers
    assert again.cseq.number == bye.cseq.number + 1
    peer.answer(again, 200)
    await asyncio.sleep(40)
    assert house.nothing_left()


@in_virtual_time
async def test_hanging_up_while_it_rings_cancels() -> None:
    house, peer, listener, invite = await calling()
    peer.answer(invite, 180)
    await asyncio.sleep(1)
    assert listener.call is not None
    listener.call.hang_up()
    assert listener.end == "ours"
    cancel = await peer.asked("CANCEL")
    assert (cancel.via.branch, cancel.cseq.number) == (invite.via.branch, invite.cseq.number)
    assert cancel.headers.get("To") == invite.headers.get("To")
    peer.answer(cancel, 200)
    peer.answer(invite, 487)
    await peer.asked("ACK")
    await asyncio.sleep(40)
    assert house.nothing_left()


@in_virtual_time
async def test_cancel_waits_for_a_sign_of_life() -> None:
    house, peer, listener, invite = await calling()
    assert listener.call is not None
    listener.call.hang_up()
    await asyncio.sleep(0.3)
    assert not sent(peer, "CANCEL")
    peer.answer(invite, 100)
    peer.answer(await peer.asked("CANCEL"), 200)
    peer.answer(invite, 487)
    await asyncio.sleep(40)
    assert house.nothing_left()


@in_virtual_time
async def test_answer_that_crosses_the_cancel_is_acknowledged_and_ended() -> None:
    house, peer, listener, invite = await calling()
    peer.answer(invite, 180)
    await asyncio.sleep(1)
    assert listener.call is not None
    listener.call.hang_up()
    peer.answer(invite, 200, body=OFFER)
    await peer.asked("ACK")
    peer.answer(await peer.asked("BYE"), 200)
    assert listener.heard == [("ended", "ours")]
    await asyncio.sleep(40)
    assert house.nothing_left()


@in_virtual_time
async def test_cancelled_call_without_a_final_answer_is_forgotten() -> None:
    house, peer, listener, invite = await calling()
    peer.answer(invite, 180)
    await asyncio.sleep(1)
    assert listener.call is not None
    listener.call.hang_up()
    await asyncio.sleep(70)
    assert house.nothing_left()


@in_virtual_time
async def test_call_that_rings_for_ever_is_cancelled_after_three_minutes() -> None:
    _, peer, listener, invite = await calling()
    peer.answer(invite, 180)
    cancel = await peer.asked("CANCEL")
    peer.answer(cancel, 200)
    peer.answer(invite, 487)
    assert listener.end == "no-answer"


@in_virtual_time
async def test_silence_ends_in_failure() -> None:
    house, peer, listener, _ = await calling()
    await asyncio.sleep(60)
    assert listener.end == "failed"
    times = len(sent(peer, "INVITE"))
    assert times == 7  # RFC 3261 §17.1.1.2: 0, 0.5, 1.5, 3.5, 7.5, 15.5 and 31.5 s
    assert house.wire.blamed == [("192.0.2.7", 5060)]
    assert house.nothing_left()


@pytest.mark.parametrize("before", [0.0, 1.0])
@pytest.mark.parametrize("how", ["silence", "503", "refused"])
@in_virtual_time
async def test_next_target_is_tried(how: str, before: float) -> None:
    """Also when the trunk was asked `before`, so that there is a flow to it already."""
    house = House(trunks=(trunk(),), known={"west": [("192.0.2.7", 5060), ("192.0.2.8", 5060)]})
    first = await house.open()
    second = Peer(house.network, ("192.0.2.8", 5060), HOME)
    if how == "refused":
        house.wire.refuses.add(("192.0.2.7", 5060))
    await asyncio.sleep(before)
    listener = await house.dial()
    if how == "503":
        first.answer(await first.asked("INVITE"), 503)
    invite = await second.asked("INVITE")
    second.answer(invite, 200, body=OFFER, Contact="<sip:peer@192.0.2.8:5060>")
    await second.asked("ACK")
    assert listener.words == ["answered"]
    assert listener.call is not None
    assert listener.call.source == "192.0.2.8"
    second.ask("BYE")
    assert (await second.response("BYE")).status == 200


@in_virtual_time
async def test_all_targets_failing_ends_the_call() -> None:
    house, peer, listener, invite = await calling()
    peer.answer(invite, 503)
    await asyncio.sleep(1)
    assert listener.end == "failed"
    await asyncio.sleep(40)
    assert house.nothing_left()


@in_virtual_time
async def test_trunk_that_is_not_there_is_an_error_at_once() -> None:
    house = House(trunks=(trunk(), trunk(name="east")), known=dict(KNOWN), max_calls=1)
    await house.open()
    for name in ("nowhere", "east"):
        with pytest.raises(ProviderError):
            await house.dial(name=name)
    await house.dial()
    with pytest.raises(ProviderError):
        await house.dial()


@in_virtual_time
async def test_reliable_ringing_gets_its_prack_and_brings_early_media() -> None:
    _, peer, listener, invite = await calling()
    assert "100rel" in invite.headers.all("Supported")
    ringing = peer.answer(invite, 183, body=OFFER, Require="100rel", RSeq="17")
    prack = await peer.asked("PRACK")
    assert prack.headers.get("RAck") == f"17 {invite.cseq.number} INVITE"
    peer.answer(prack, 200)
    peer.send(ringing)
    peer.answer(invite, 180, Require="100rel", RSeq="19")  # one before it is missing
    await asyncio.sleep(1)
    assert len(sent(peer, "PRACK")) == 1
    peer.answer(invite, 180, Require="100rel", RSeq="18")
    assert (await peer.asked("PRACK")).headers.get("RAck") == f"18 {invite.cseq.number} INVITE"
    assert listener.words == []
    peer.answer(invite, 200)  # the answer came before
    await peer.asked("ACK")
    assert listener.words == ["answered"]
    assert listener.heard[0][1].remote == ("192.0.2.7", 40_000)


@in_virtual_time
async def test_update_before_the_answer_moves_early_media() -> None:
    _, peer, listener, invite = await calling()
    peer.answer(invite, 183, body=OFFER, Require="100rel", RSeq="1")
    peer.answer(await peer.asked("PRACK"), 200)
    peer.ask("UPDATE", body=sdp(port=48_000))
    assert (await peer.response("UPDATE")).status == 200
    peer.answer(invite, 200)
    await peer.asked("ACK")
    assert listener.words == ["answered"]
    assert listener.heard[0][1].remote[1] == 48_000


@in_virtual_time
async def test_answer_without_media_ends_the_call() -> None:
    _, peer, listener, invite = await calling()
    peer.answer(invite, 200)
    await peer.asked("ACK")
    await peer.asked("BYE")
    assert listener.heard == [("ended", "media")]


@in_virtual_time
async def test_of_two_forks_that_answer_one_is_kept() -> None:
    house, peer, listener, invite = await calling()
    peer.answer(invite, 180, tag="one")
    peer.answer(invite, 180, tag="two")
    peer.answer(invite, 200, tag="two", body=OFFER)
    await peer.asked("ACK")
    peer.answer(invite, 200, tag="one", body=OFFER)
    await peer.asked("ACK")
    bye = await peer.asked("BYE")
    assert bye.to.tag == "one"
    peer.answer(bye, 200)
    assert listener.words == ["answered"]
    peer.tag = "one"
    peer.ask("BYE")
    await peer.response("BYE")
    assert listener.end is None, "the other fork cannot end the call"
    peer.tag = "two"
    peer.ask("BYE")
    await peer.response("BYE", 200)
    assert listener.end == "bye"
    await asyncio.sleep(40)
    assert house.nothing_left()


@in_virtual_time
async def test_record_route_of_the_answer_is_followed_in_reverse() -> None:
    _, peer, _, invite = await calling()
    routes = "<sip:192.0.2.77;lr>, <sip:192.0.2.7:5060;lr>"
    peer.answer(invite, 200, body=OFFER, Record_Route=routes)
    ack = await peer.asked("ACK")
    assert ack.headers.all("Route") == ["<sip:192.0.2.7:5060;lr>", "<sip:192.0.2.77;lr>"]


@in_virtual_time
async def test_number_shown_is_the_operator_s() -> None:
    dial_out = DialOut(
        trunk="west", prefixes=("+49",), monthly_cents=1, rates={"+49": 1.0}, from_number="+4930999"
    )
    house = House(trunks=(trunk(from_domain="pbx.example"),), known=dict(KNOWN), dial_out=dial_out)
    peer = await house.open()
    await house.dial()
    invite = await peer.asked("INVITE")
    assert str(invite.sender.uri) == "sip:acc@pbx.example"
    assert invite.headers.get("P-Preferred-Identity") == "<sip:+4930999@pbx.example>"


@in_virtual_time
async def test_broken_connection_while_calling_tries_the_next_target() -> None:
    house = House(
        trunks=(trunk(),),
        known={"west": [("192.0.2.7", 5060), ("192.0.2.8", 5060)]},
        transport="tcp",
    )
    first = await house.open()
    second = Peer(house.network, ("192.0.2.8", 5060), HOME)
    await house.dial()
    await first.asked("INVITE")
    house.wire.cut(("192.0.2.7", 5060))
    await second.asked("INVITE")


@in_virtual_time
async def test_call_outlives_its_connection() -> None:
    house = House(trunks=(trunk(),), known=dict(KNOWN), transport="tcp")
    peer = await house.open()
    listener = await house.dial()
    peer.answer(await peer.asked("INVITE"), 200, body=OFFER)
    await peer.asked("ACK")
    house.wire.cut(("192.0.2.7", 5060))
    await asyncio.sleep(1)
    assert listener.words == ["answered"]
    assert listener.call is not None
    listener.call.hang_up()
    await peer.asked("BYE")


@in_virtual_time
async def test_lost_prack_is_sent_again() -> None:
    house, peer, listener, invite = await calling()
    lost: list[bytes] = []

    def veto(source: object, target: object, data: bytes) -> bool:
        if data.startswith(b"PRACK") and len(lost) < 2:
            lost.append(data)
            return True
        return False

    house.network.veto = veto
    ringing = peer.answer(invite, 180, Require="100rel", RSeq="5")
    await asyncio.sleep(0.6)
    peer.send(ringing)  # as a telephone does that has heard no PRACK
    prack = await peer.asked("PRACK")
    assert len(lost) == 2
    assert lost[0] == lost[1]
    peer.answer(prack, 200)
    peer.answer(invite, 200, body=OFFER)
    await peer.asked("ACK")
    assert listener.words == ["answered"]
    assert len({one.cseq.number for one in sent(peer, "PRACK")}) == 1


@in_virtual_time
async def test_of_machines_behind_a_name_the_one_with_the_call_gets_its_requests() -> None:
    house, peer, listener, invite = await calling()
    house.wire.names["sbc.example"] = [("192.0.2.70", 5060), ("192.0.2.7", 5060)]
    peer.answer(invite, 200, body=OFFER, Record_Route="<sip:sbc.example;lr>", Contact="<sip:x@10.9.9.9>")
    assert (await peer.asked("ACK")).headers.all("Route") == ["<sip:sbc.example;lr>"]
    assert listener.call is not None
    listener.call.hang_up()
    peer.answer(await peer.asked("BYE"), 200)
    await asyncio.sleep(40)
    assert house.nothing_left()


@in_virtual_time
async def test_hop_whose_name_is_unknown_is_reached_by_the_flow() -> None:
    _, peer, _, invite = await calling()
    peer.answer(invite, 200, body=OFFER, Contact="<sip:x@nowhere.example>")
    assert (await peer.asked("ACK")).uri == "sip:x@nowhere.example"
