"""Whole peers over real sockets: publish, subscribe, lose the way, leave."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from aiortc.rtcdtlstransport import SRTP_AEAD_AES_128_GCM, SRTP_AES128_CM_SHA1_80

from onmeet.clock import monotonic
from onmeet.errors import ConfigError, ProtocolError
from onmeet.relay.ice import CONSENT_SECONDS
from onmeet.relay.interface import Source
from onmeet.relay.peer import Publisher, Subscriber
from onmeet.relay.plane import MediaPlane, MediaRoom
from onmeet.relay.sdp import parse
from onmeet.relay.settings import MediaSettings
from tests.relay.client import WITHIN, Client, eventually, rtp

SOURCES: dict[str, Source] = {"0": "microphone", "1": "camera"}
HOSTS = ["127.0.0.1", "::1"]


class Listener:
    """Notes everything, and lets a test wait for it."""

    def __init__(self) -> None:
        self.news: list[tuple[Any, ...]] = []
        self._changed = asyncio.Event()

    def _note(self, *what: Any) -> None:
        self.news.append(what)
        self._changed.set()

    def connected(self, up: bool) -> None:
        self._note("connected", up)

    def tracks_changed(self, sources: tuple[Source, ...]) -> None:
        self._note("tracks", sources)

    def refused(self, source: Source, count: int) -> None:
        self._note("refused", source)

    def demand(self, source: Source, rids: tuple[str, ...]) -> None:
        self._note("demand", source, rids)

    def negotiation_needed(self) -> None:
        self._note("needed")

    def speakers(self, indexes: tuple[int, ...]) -> None:
        self._note("speakers", indexes)

    def quality(self, levels: dict[int, int]) -> None:
        self._note("quality")

    async def until(self, *what: Any) -> None:
        """Wait for a piece of news that has not been taken yet."""
        async with asyncio.timeout(WITHIN):
            while what not in self.news:
                self._changed.clear()
                await self._changed.wait()
        self.news.remove(what)


class Time:
    """A clock that tests push forward."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return monotonic() + self.ahead


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
async def plane(time: Time) -> AsyncIterator[MediaPlane]:
    settings = MediaSettings(port=0, advertise=("127.0.0.1", "::1"), require_sframe=False)
    plane = await MediaPlane.open(settings, time)
    yield plane
    await plane.close()


@pytest.fixture
async def room(plane: MediaPlane) -> MediaRoom:
    return plane.room(Listener())


@pytest.fixture
async def client() -> AsyncIterator[Callable[..., Any]]:
    """Makes clients, and ends them with the test."""
    clients: list[Client] = []

    async def make(host: str = "127.0.0.1") -> Client:
        made = Client(host)
        clients.append(made)
        await made.open()
        return made

    yield make
    for made in clients:
        await made.close()


Make = Callable[..., Any]


async def publish(
    room: MediaRoom, make: Make, index: int = 1, host: str = "127.0.0.1"
) -> tuple[Client, Publisher, Listener]:
    sender: Client = await make(host)
    listener = Listener()
    publisher = room.publisher(index, listener)
    sender.meet(publisher.offer(sender.offer(), SOURCES))
    await sender.connect()
    await listener.until("connected", True)
    return sender, publisher, listener


async def subscribe(
    room: MediaRoom, make: Make, index: int = 2, host: str = "127.0.0.1"
) -> tuple[Client, Subscriber, Listener]:
    receiver: Client = await make(host)
    listener = Listener()
    subscriber = room.subscriber(index, listener)
    await listener.until("needed")
    negotiate(receiver, subscriber)
    await receiver.connect()
    await listener.until("connected", True)
    return receiver, subscriber, listener


def negotiate(receiver: Client, subscriber: Subscriber) -> dict[str, str]:
    offer = subscriber.offer()
    assert offer is not None
    subscriber.answer(receiver.answer(offer.sdp))
    return offer.tracks


async def spoken(sender: Client, receiver: Client, start: int = 1) -> bytes:
    """Send sound until some of it arrives; returns the first packet."""
    async with asyncio.timeout(WITHIN):
        sequence = start
        while receiver.rtp.empty():
            sender.send_rtp(rtp(1111, sequence, 111, b"voice %d" % sequence, mid="0"))
            sequence += 1
            await asyncio.sleep(0.01)  # the pace of a sender, not a wait for a result
    return await receiver.next_rtp()


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
    connecting = asyncio.create_task(receiver.connect())
    await eventually(lambda: subscriber.transport.dtls.waiting)
    before = asyncio.get_running_loop().time()
    subscriber.answer(answer)
    await listener.until("connected", True)
    await connecting
    assert asyncio.get_running_loop().time() - before < 0.9, "it took a retransmission"


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
    settings = MediaSettings(port=0, advertise=("127.0.0.1",), require_sframe=False)
    plane = await MediaPlane.open(settings)
    room = plane.room(Listener())
    sender, _, _ = await publish(room, client)
    await subscribe(room, client)
    port = plane.port
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
