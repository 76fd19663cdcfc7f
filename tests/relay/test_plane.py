"""Real peers over real sockets: what they publish and receive, and what is left when they have gone."""

from __future__ import annotations

import asyncio
import gc

import pytest

from onmeet.errors import ConfigError, ProtocolError
from onmeet.relay.peer import Publisher, Subscriber
from onmeet.relay.plane import MediaPlane, MediaRoom
from onmeet.relay.sdp import parse
from onmeet.relay.settings import MediaSettings
from tests.ports import free_port
from tests.relay.client import Client, eventually, rtp
from tests.relay.real_peers import (
    SOURCES,
    Listener,
    Make,
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

HOSTS = ["127.0.0.1", "::1"]


@pytest.mark.parametrize("receiving", HOSTS)
@pytest.mark.parametrize("sending", HOSTS)
async def test_what_one_publishes_another_receives(
    room: MediaRoom, client: Make, sending: str, receiving: str
) -> None:
    sender, _, _ = await publish(room, client, host=sending)
    receiver, _, _ = await subscribe(room, client, host=receiving)
    packet = await spoken(sender, receiver)
    assert packet[1] & 0x7F == 111
    assert packet[12:].endswith(b"voice 1") or b"voice " in packet


async def test_a_sender_is_told_what_is_published_and_never_hears_itself(
    room: MediaRoom, client: Make
) -> None:
    _, _, listener = await publish(room, client, index=1)
    await listener.until("tracks", ("microphone", "camera"))
    own = room.subscriber(1, Listener()).offer()
    other = room.subscriber(2, Listener()).offer()
    assert own is not None
    assert own.tracks == {}
    assert other is not None
    assert set(other.tracks.values()) == {"1:microphone", "1:camera"}


async def test_garbage_disturbs_nobody(plane: MediaPlane, room: MediaRoom, client: Make) -> None:
    sender, _, _ = await publish(room, client)
    receiver, _, _ = await subscribe(room, client)
    stranger: Client = await client()
    stranger.remote = sender.remote
    noise = [
        b"",
        b"\x00",
        b"\x80",
        *(bytes([first]) * size for first in range(0, 256, 5) for size in (1, 11, 12, 40, 1400)),
    ]
    for datagram in noise:
        stranger.send(datagram)
        sender.send(datagram)
        receiver.send(datagram)
    await spoken(sender, receiver)
    assert plane.stats().datagrams_dropped > 0
    assert plane.stats().authentication_failures > 0


async def test_a_replayed_packet_is_not_forwarded_twice(
    plane: MediaPlane, room: MediaRoom, client: Make
) -> None:
    sender, publisher, _ = await publish(room, client)
    protected = sender.dtls._tx_srtp.protect(rtp(1111, 7, 111, b"once", mid="0"))
    for _ in range(3):
        sender.send(protected)
    await sender.check()
    assert publisher.transport.receiver.packets == 1
    assert publisher.transport.receiver.rejected == 2


async def test_endless_ssrcs_do_not_grow(room: MediaRoom, client: Make) -> None:
    sender, publisher, _ = await publish(room, client)
    for number in range(400):
        sender.send_rtp(rtp(10_000 + number, 1, 111, b"x"))
        if number % 50 == 0:
            await sender.check()
    await sender.check()
    assert publisher.transport.receiver.packets == 400
    assert publisher.transport.receiver.streams <= 256


async def test_the_capture_sees_plain_packets(client: Make) -> None:
    seen: list[bytes] = []
    settings = MediaSettings(port=0, advertise=("127.0.0.1",), capture=seen.append)
    plane = await MediaPlane.open(settings)
    try:
        sender, _, _ = await publish(plane.room(Listener()), client)
        packet = rtp(1111, 1, 111, b"as the relay sees it", mid="0")
        sender.send_rtp(packet)
        await sender.check()
        assert seen == [packet]
    finally:
        await plane.close()


async def test_tracks_come_and_go_with_one_round_each(room: MediaRoom, client: Make) -> None:
    receiver, subscriber, listener = await subscribe(room, client)
    assert listener.news == []
    _, publisher, _ = await publish(room, client)
    await listener.until("needed")
    assert set(negotiate(receiver, subscriber).values()) == {"1:microphone", "1:camera"}
    assert subscriber.offer() is None
    publisher.close()
    await listener.until("needed")
    assert negotiate(receiver, subscriber) == {}
    assert listener.news == []


async def test_what_changes_during_a_round_waits_for_its_end(room: MediaRoom, client: Make) -> None:
    receiver, subscriber, listener = await subscribe(room, client)
    await publish(room, client, index=1)
    await listener.until("needed")
    offer = subscriber.offer()
    assert offer is not None
    await publish(room, client, index=3)
    assert subscriber.offer(restart=True) is None
    assert listener.news == []
    subscriber.answer(receiver.answer(offer.sdp))
    await listener.until("needed")
    before = receiver.remote_ufrag
    tracks = negotiate(receiver, subscriber)
    assert set(tracks.values()) == {"1:microphone", "1:camera", "3:microphone", "3:camera"}
    assert receiver.remote_ufrag != before


async def test_a_bad_answer_leaves_a_usable_state(room: MediaRoom, client: Make) -> None:
    sender, _, _ = await publish(room, client)
    receiver: Client = await client()
    subscriber = room.subscriber(2, Listener())
    for bad in ("nonsense", sender.offer()):
        assert subscriber.offer() is not None
        with pytest.raises(ProtocolError, match="bad-sdp"):
            subscriber.answer(bad)
        with pytest.raises(ProtocolError, match="not-now"):
            subscriber.answer(bad)
    negotiate(receiver, subscriber)
    await receiver.connect()
    await spoken(sender, receiver)


async def test_a_bad_offer_leaves_the_old_state_whole(room: MediaRoom, client: Make) -> None:
    sender, publisher, listener = await publish(room, client)
    receiver, _, _ = await subscribe(room, client)
    tracks = publisher.tracks
    listener.news.clear()
    for bad, sources in [
        ("nonsense", SOURCES),
        (sender.offer(), {"0": "camera"}),
        (sender.offer().replace("a=setup:actpass", "a=x"), SOURCES),
    ]:
        with pytest.raises(ProtocolError):
            publisher.offer(bad, sources)  # type: ignore[arg-type]
    assert publisher.tracks == tracks
    assert listener.news == []
    await spoken(sender, receiver)


async def test_a_second_peer_of_the_same_index_replaces_the_first(
    plane: MediaPlane, room: MediaRoom, client: Make
) -> None:
    _, first, _ = await publish(room, client)
    second = room.publisher(1, Listener())
    assert room.publishers == (second,)
    first.close()
    assert room.publishers == (second,)
    assert plane.endpoint.agents == 1


async def test_closed_peers_refuse_quietly(room: MediaRoom, client: Make) -> None:
    sender, publisher, _ = await publish(room, client)
    _, subscriber, _ = await subscribe(room, client)
    room.close()
    room.close()
    publisher.close()
    subscriber.close()
    publisher.mute("camera", True)
    publisher.request_keyframe("camera")
    subscriber.view({"1:camera": (1, 1)})
    subscriber.keyframe("1:camera")
    assert subscriber.offer() is None
    for call in (
        lambda: publisher.offer(sender.offer(), SOURCES),
        lambda: subscriber.answer(""),
        lambda: room.publisher(1, Listener()),
    ):
        with pytest.raises(ProtocolError, match="not-now"):
            call()


def nothing_left(plane: MediaPlane) -> bool:
    endpoint = plane.endpoint
    return (endpoint.agents, endpoint.routes, len(endpoint.ice)) == (0, 0, 0)


async def test_five_hundred_joins_and_leaves_leave_nothing(
    plane: MediaPlane, room: MediaRoom, client: Make
) -> None:
    """A tenth of them with ICE and DTLS, half of these without a goodbye."""
    tasks = len(asyncio.all_tasks())
    for number in range(500):
        if number % 10:
            publisher = room.publisher(number, Listener())
            subscriber = room.subscriber(number, Listener())
            offer = subscriber.offer()
            assert offer is not None
            talker = Client("127.0.0.1")
            publisher.offer(talker.offer(), SOURCES)
            subscriber.answer(talker.answer(offer.sdp))
        else:
            sender, publisher, _ = await publish(room, client, index=number)
            sender.send_rtp(rtp(1111, 1, 111, b"x", mid="0"))
            subscriber = room.subscriber(number, Listener())
            if number % 20:
                sender.vanish()
        publisher.close()
        subscriber.close()
    await eventually(lambda: len(asyncio.all_tasks()) <= tasks)
    assert nothing_left(plane)
    gc.collect()
    alive = [o for o in gc.get_objects() if isinstance(o, Publisher | Subscriber)]
    assert len(alive) <= 2, "the last round's names"
    assert plane.stats().publishers == plane.stats().subscribers == 0


async def test_closing_the_plane_closes_everything(client: Make) -> None:
    port = free_port()
    settings = MediaSettings(port=port, advertise=("127.0.0.1",), require_sframe=False)
    plane = await MediaPlane.open(settings)
    room = plane.room(Listener())
    sender, _, _ = await publish(room, client)
    await subscribe(room, client)
    await plane.close()
    await plane.close()
    assert nothing_left(plane)
    assert plane.stats().rooms == 0
    reopened = await MediaPlane.open(MediaSettings(port=port, advertise=("127.0.0.1",)))
    await reopened.close()
    await sender.close()


async def test_a_taken_port_is_said_plainly() -> None:
    settings = MediaSettings(port=0, advertise=("127.0.0.1",))
    plane = await MediaPlane.open(settings)
    try:
        with pytest.raises(ConfigError, match="ONMEET_MEDIA_PORT"):
            await MediaPlane.open(MediaSettings(port=plane.port, advertise=("127.0.0.1",)))
    finally:
        await plane.close()


async def test_only_bound_families_are_advertised(client: Make) -> None:
    settings = MediaSettings(port=0, bind=("127.0.0.1",), advertise=("127.0.0.1", "::1"))
    plane = await MediaPlane.open(settings)
    try:
        offer = plane.room(Listener()).subscriber(1, Listener()).offer()
        assert offer is not None
        assert "127.0.0.1" in offer.sdp
        assert "::1" not in offer.sdp
        assert parse(offer.sdp).media[0].setup == "actpass"
    finally:
        await plane.close()


async def test_counts_tell_what_happened(plane: MediaPlane, room: MediaRoom, client: Make) -> None:
    sender, publisher, _ = await publish(room, client)
    receiver, _, _ = await subscribe(room, client)
    await spoken(sender, receiver)
    stats = plane.stats()
    assert (stats.rooms, stats.publishers, stats.subscribers, stats.tracks) == (1, 1, 1, 2)
    assert stats.connected == 2
    assert stats.packets_in > 0
    assert stats.packets_out > 0
    publisher.close()
    assert plane.stats().packets_in >= stats.packets_in
    assert plane.stats().publishers == 0
