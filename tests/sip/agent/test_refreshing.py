"""Session timers (RFC 4028): who refreshes, how, and what happens when nobody does."""

from __future__ import annotations

import asyncio

import pytest

from tests.sip.agent.house import House, trunk
from tests.sip.agent.peer import OFFER, Peer, sdp
from tests.sip.agent.virtual import in_virtual_time


def now() -> float:
    return asyncio.get_running_loop().time()


async def talking(allow: str = "UPDATE", **headers: str) -> tuple[House, Peer, float]:
    """A call that came in, and when it was established."""
    house = House()
    peer = await house.open()
    await peer.establish(Allow=allow, **headers)
    await asyncio.sleep(0.1)
    return house, peer, now()


@in_virtual_time
async def test_caller_that_refreshes_keeps_the_call() -> None:
    house, peer, _ = await talking(Supported="timer", Session_Expires="100;refresher=uac")
    granted = next(one for one in peer.received if getattr(one, "status", 0) == 200)
    assert granted.headers.get("Session-Expires") == "100;refresher=uac"
    assert "timer" in granted.headers.all("Require")
    for method in ("UPDATE", "INVITE", "UPDATE"):
        await asyncio.sleep(50)
        body = OFFER if method == "INVITE" else b""
        peer.ask(method, body=body, Supported="timer", Session_Expires="100;refresher=uac")
        response = await peer.response(method, 200)
        assert response.headers.get("Session-Expires") == "100;refresher=uac"
        if method == "INVITE":
            peer.ack(response)
    await asyncio.sleep(60)
    assert house.listener.words == ["answered"]


@in_virtual_time
async def test_caller_that_stops_refreshing_is_taken_for_dead() -> None:
    house, peer, start = await talking(Supported="timer", Session_Expires="120;refresher=uac")
    bye = await peer.asked("BYE")
    assert now() - start == pytest.approx(120 - 32, abs=1)
    peer.answer(bye, 200)
    assert house.listener.end == "timeout"
    await asyncio.sleep(40)
    assert house.nothing_left()


@in_virtual_time
async def test_we_refresh_by_update_at_half_of_the_interval() -> None:
    house, peer, start = await talking(Supported="timer", Session_Expires="200;refresher=uas")
    for round_ in (1, 2, 3):
        update = await peer.asked("UPDATE")
        assert now() - start == pytest.approx(100 * round_, abs=1)
        assert update.headers.get("Session-Expires") == "200;refresher=uac"
        assert update.body == b""
        peer.answer(update, 200, Session_Expires="200;refresher=uac")
    assert house.listener.words == ["answered"]


@in_virtual_time
async def test_we_refresh_by_reinvite_where_update_is_not_known() -> None:
    house, peer, start = await talking("INVITE", Supported="timer", Session_Expires="200;refresher=uas")
    for port in (40_000, 42_000):
        invite = await peer.asked("INVITE")
        assert b"m=audio 30000 RTP/AVP 8 101" in invite.body
        peer.answer(invite, 200, body=sdp(port=port), Session_Expires="200;refresher=uac")
        ack = await peer.asked("ACK")
        assert ack.cseq.number == invite.cseq.number
    assert now() - start == pytest.approx(200, abs=1)
    assert house.listener.words == ["answered", "changed"]
    assert house.listener.heard[-1][1].remote[1] == 42_000


@in_virtual_time
async def test_update_that_is_refused_becomes_a_reinvite() -> None:
    _, peer, _ = await talking(Supported="timer", Session_Expires="200;refresher=uas")
    peer.answer(await peer.asked("UPDATE"), 405)
    peer.answer(await peer.asked("INVITE"), 200, body=OFFER, Session_Expires="200;refresher=uac")
    await peer.asked("ACK")


@in_virtual_time
async def test_refresh_that_is_never_answered_ends_the_call() -> None:
    house, peer, start = await talking(Supported="timer", Session_Expires="400;refresher=uas")
    bye = await peer.asked("BYE")
    assert now() - start == pytest.approx(232, abs=1)
    peer.answer(bye, 200)
    assert house.listener.end == "timeout"


@in_virtual_time
async def test_refresh_that_finds_no_call_ends_it_without_a_bye() -> None:
    house, peer, _ = await talking(Supported="timer", Session_Expires="400;refresher=uas")
    peer.answer(await peer.asked("UPDATE"), 481)
    await asyncio.sleep(60)
    assert house.listener.end == "failed"
    assert peer.quiet()
    assert house.nothing_left()


@in_virtual_time
async def test_glare_is_tried_again_after_a_while() -> None:
    _, peer, start = await talking("INVITE", Supported="timer", Session_Expires="200;refresher=uas")
    invite = await peer.asked("INVITE")
    peer.ask("INVITE", body=OFFER)
    assert (await peer.response("INVITE")).status == 491
    peer.answer(invite, 491)
    again = await peer.asked("INVITE")
    assert 100 <= now() - start <= 102.5  # up to two seconds: the Call-ID is theirs
    peer.answer(again, 200, body=OFFER, Session_Expires="200;refresher=uac")
    await peer.asked("ACK")


@in_virtual_time
async def test_refresh_with_too_short_an_interval_is_tried_with_a_longer_one() -> None:
    _, peer, _ = await talking(Supported="timer", Session_Expires="200;refresher=uas")
    peer.answer(await peer.asked("UPDATE"), 422, Min_SE="600")
    again = await peer.asked("UPDATE")
    assert again.headers.get("Session-Expires") == "600;refresher=uac"
    assert again.headers.get("Min-SE") == "600"


@in_virtual_time
async def test_refusal_for_a_while_is_tried_again_before_the_end() -> None:
    house, peer, start = await talking(Supported="timer", Session_Expires="200;refresher=uas")
    peer.answer(await peer.asked("UPDATE"), 500)
    peer.answer(await peer.asked("UPDATE"), 200, Session_Expires="200;refresher=uac")
    assert 100 < now() - start < 168
    assert house.listener.words == ["answered"]


@in_virtual_time
async def test_proxy_s_interval_is_refreshed_by_us_where_the_caller_cannot() -> None:
    _, peer, _ = await talking(Session_Expires="200")
    granted = next(one for one in peer.received if getattr(one, "status", 0) == 200)
    assert granted.headers.get("Session-Expires") == "200;refresher=uas"
    assert "Require" not in granted.headers
    await peer.asked("UPDATE")


@in_virtual_time
async def test_short_interval_of_a_caller_without_timers_is_stretched_not_refused() -> None:
    _, peer, _ = await talking(Session_Expires="30")
    granted = next(one for one in peer.received if getattr(one, "status", 0) == 200)
    assert granted.headers.get("Session-Expires") == "90;refresher=uas"


@in_virtual_time
async def test_call_without_any_timer_lasts() -> None:
    house, peer, _ = await talking()
    await asyncio.sleep(20_000)
    assert house.listener.words == ["answered"]
    peer.ask("BYE")
    assert (await peer.response("BYE")).status == 200


@in_virtual_time
async def test_our_calls_ask_for_a_timer_and_keep_to_the_answer() -> None:
    house = House(trunks=(trunk(session_expires=300),), known={"west": [("192.0.2.7", 5060)]})
    peer = await house.open()
    listener = await house.dial()
    invite = await peer.asked("INVITE")
    assert invite.headers.get("Session-Expires") == "300"
    assert invite.headers.get("Min-SE") == "90"
    peer.answer(invite, 422, Min_SE="600")
    again = await peer.asked("INVITE")
    assert again.headers.get("Session-Expires") == "600"
    assert again.cseq.number == invite.cseq.number + 1
    peer.answer(again, 200, body=OFFER, Session_Expires="600;refresher=uac", Allow="UPDATE")
    await asyncio.sleep(1)
    start = now()
    update = await peer.asked("UPDATE")
    assert now() - start == pytest.approx(299, abs=2)
    peer.answer(update, 200, Session_Expires="600;refresher=uas")
    await peer.asked("BYE")  # now it was theirs to refresh
    assert listener.end == "timeout"


@in_virtual_time
async def test_glare_in_a_call_of_ours_waits_longer_than_theirs() -> None:
    house = House(trunks=(trunk(session_expires=200),), known={"west": [("192.0.2.7", 5060)]})
    peer = await house.open()
    listener = await house.dial()
    first = await peer.asked("INVITE")
    peer.answer(first, 200, body=OFFER, Session_Expires="200;refresher=uac", Allow="INVITE")
    await peer.asked("ACK")
    start = now()
    peer.answer(await peer.asked("INVITE"), 491)
    peer.answer(await peer.asked("INVITE"), 200, body=OFFER, Session_Expires="200;refresher=uac")
    assert 102.1 <= now() - start <= 104.2  # RFC 3261 §14.1: 2.1 to 4 s, for the Call-ID is ours
    await peer.asked("ACK")
    assert listener.words == ["answered"]


@in_virtual_time
async def test_reinvite_that_is_only_tried_is_cancelled_and_bars_nobody() -> None:
    house, peer, start = await talking("INVITE", Supported="timer", Session_Expires="600;refresher=uas")
    invite = await peer.asked("INVITE")
    peer.answer(invite, 100)
    cancel = await peer.asked("CANCEL")
    assert now() - start == pytest.approx(336, abs=1)
    peer.answer(cancel, 200)
    peer.answer(invite, 487)
    await asyncio.sleep(1)
    peer.ask("INVITE", body=sdp(port=49_000))
    peer.ack(await peer.response("INVITE", 200))
    await asyncio.sleep(1)
    assert house.listener.words == ["answered", "changed"]
