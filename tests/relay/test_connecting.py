"""How real peers find each other, lose the way, find it again and part."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiortc.rtcdtlstransport import SRTP_AEAD_AES_128_GCM, SRTP_AES128_CM_SHA1_80

from onmeet.relay.ice import CONSENT_SECONDS
from onmeet.relay.plane import MediaRoom
from tests.relay.client import Client, eventually, rtp
from tests.relay.real_peers import (
    SOURCES,
    Listener,
    Make,
    Time,
    client,
    negotiate,
    plane,
    publish,
    room,
    spoken,
    subscribe,
    time,
)

__all__ = ["client", "plane", "room", "time"]


@pytest.mark.parametrize("profile", [SRTP_AEAD_AES_128_GCM, SRTP_AES128_CM_SHA1_80])
async def test_either_srtp_profile_carries_media(room: MediaRoom, client: Make, profile: Any) -> None:
    receiver, _, _ = await subscribe(room, client)
    sender: Client = await client()
    publisher = room.publisher(1, Listener())
    sender.meet(publisher.offer(sender.offer(), SOURCES))
    await sender.connect(profiles=[profile])
    negotiate(receiver, room.subscribers[0])
    await spoken(sender, receiver)


async def test_a_browser_that_insists_on_being_the_server_is_called(room: MediaRoom, client: Make) -> None:
    sender: Client = await client()
    listener = Listener()
    publisher = room.publisher(1, listener)
    answer = sender.meet(publisher.offer(sender.offer(setup="passive"), SOURCES))
    assert answer.media[0].setup == "active"
    await sender.connect(role="server")
    assert sender.dtls.state == "connected"
    await listener.until("connected", True)


async def test_a_handshake_that_overtakes_the_answer_is_not_lost(room: MediaRoom, client: Make) -> None:
    """The browser starts once it has answered; its answer takes another way than its media."""
    receiver: Client = await client()
    listener = Listener()
    subscriber = room.subscriber(2, listener)
    offer = subscriber.offer()
    assert offer is not None
    answer = receiver.answer(offer.sdp)
    receiver.says_hello_once()
    connecting = asyncio.create_task(receiver.connect())
    await eventually(lambda: subscriber.transport.dtls.waiting)
    subscriber.answer(answer)
    await listener.until("connected", True)
    await connecting


async def test_a_wrong_fingerprint_gets_no_connection(room: MediaRoom, client: Make) -> None:
    sender: Client = await client()
    listener = Listener()
    publisher = room.publisher(1, listener)
    wrong = "sha-256 " + ":".join(["00"] * 32)
    sender.meet(publisher.offer(sender.offer(fingerprint=wrong), SOURCES))
    await sender.connect()
    await eventually(lambda: publisher.transport.failed)
    assert not publisher.transport.up
    sender.send_rtp(rtp(1111, 1, 111, b"x", mid="0"))
    await sender.check()
    assert ("connected", True) not in listener.news
    assert publisher.transport.receiver.packets == 0


async def test_a_browser_with_a_new_certificate_connects_anew(room: MediaRoom, client: Make) -> None:
    """A page may close its connection and make another one; its tracks go on."""
    sender, publisher, listener = await publish(room, client)
    receiver, _, _ = await subscribe(room, client)
    await spoken(sender, receiver)
    tracks = publisher.tracks
    await sender.close()
    await listener.until("connected", False)
    again: Client = await client()
    again.meet(publisher.offer(again.offer(), SOURCES))
    await again.connect()
    await listener.until("connected", True)
    assert publisher.tracks == tracks
    while not receiver.rtp.empty():
        receiver.rtp.get_nowait()
    await spoken(again, receiver, start=5000)


async def test_the_same_certificate_connects_anew_after_a_goodbye(room: MediaRoom, client: Make) -> None:
    sender, publisher, listener = await publish(room, client)
    await sender.close()
    await listener.until("connected", False)
    again: Client = await client()
    again.identify(sender.certificate)
    again.meet(publisher.offer(again.offer(), SOURCES))
    await again.connect()
    await listener.until("connected", True)


async def test_a_changed_address_is_followed(room: MediaRoom, client: Make) -> None:
    sender, _, _ = await publish(room, client)
    receiver, subscriber, _ = await subscribe(room, client)
    await spoken(sender, receiver)
    old = subscriber.transport.agent.path
    await receiver.open()
    await receiver.check()
    assert subscriber.transport.agent.path != old
    while not receiver.rtp.empty():
        receiver.rtp.get_nowait()
    await spoken(sender, receiver, start=1000)
    await sender.open()
    await sender.check()
    while not receiver.rtp.empty():
        receiver.rtp.get_nowait()
    await spoken(sender, receiver, start=2000)


async def test_a_publisher_restarts_ice_and_media_goes_on(room: MediaRoom, client: Make) -> None:
    sender, publisher, listener = await publish(room, client)
    receiver, _, _ = await subscribe(room, client)
    old = (sender.remote_ufrag, sender.remote_password)
    sender.ufrag = "restarted"
    sender.meet(publisher.offer(sender.offer(), SOURCES))
    assert sender.remote_ufrag != old[0]
    await spoken(sender, receiver)
    await sender.open()
    await sender.check()
    await spoken(sender, receiver, start=1000)
    assert ("connected", False) not in listener.news
    fresh = (sender.remote_ufrag, sender.remote_password)
    sender.remote_ufrag, sender.remote_password = old
    assert (await sender.check()).error_code == 401
    sender.remote_ufrag, sender.remote_password = fresh
    assert (await sender.check()).error_code is None


async def test_a_renegotiation_is_no_restart(room: MediaRoom, client: Make) -> None:
    sender, publisher, _ = await publish(room, client)
    before = sender.remote_ufrag
    sender.meet(publisher.offer(sender.offer(), SOURCES))
    assert sender.remote_ufrag == before


async def test_a_subscriber_restarts_ice_on_request(room: MediaRoom, client: Make) -> None:
    receiver, subscriber, _ = await subscribe(room, client)
    assert subscriber.offer() is None
    before = receiver.remote_ufrag
    offer = subscriber.offer(restart=True)
    assert offer is not None
    subscriber.answer(receiver.answer(offer.sdp))
    assert receiver.remote_ufrag != before
    assert (await receiver.check()).error_code is None


async def test_consent_runs_out_and_comes_back(room: MediaRoom, client: Make, time: Time) -> None:
    sender, _, listener = await publish(room, client)
    sent = room.publishers[0].transport.sender
    time.ahead += CONSENT_SECONDS + 1
    await listener.until("connected", False)
    packets = sent.packets
    sent.send_rtp(rtp(1, 1, 111, b"nobody wants this"))
    assert sent.packets == packets
    await sender.check()
    await listener.until("connected", True)


async def test_a_polite_goodbye_is_noticed_at_once(room: MediaRoom, client: Make) -> None:
    sender, _, listener = await publish(room, client)
    await sender.close()
    await listener.until("connected", False)


async def test_closing_says_goodbye_to_the_browser(room: MediaRoom, client: Make) -> None:
    sender, publisher, listener = await publish(room, client)
    publisher.close()
    await eventually(lambda: sender.dtls.state == "closed")
    assert ("connected", False) not in listener.news
