"""Callers' sound through the router, in virtual time and over the plane's real sockets."""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onmeet.errors import ProtocolError
from onmeet.relay.gateway import LONGEST, PACKETS_A_SECOND, GatewayMedia, Phone
from onmeet.relay.plane import MediaPlane, MediaRoom
from onmeet.relay.router import Track
from tests.factories.telephone import rtp, sealed
from tests.relay.client import eventually
from tests.relay.publisher import Publisher
from tests.relay.real_peers import client, plane, publish, room, spoken, subscribe, time
from tests.relay.subscriber import Subscriber
from tests.relay.world import World

__all__ = ["client", "plane", "room", "time"]


class Sending:
    """A browser as the gateway's media know it."""

    def __init__(self, publisher: Publisher) -> None:
        self.publisher = publisher

    @property
    def tracks(self) -> tuple[Track, ...]:
        return tuple(self.publisher.uplink.tracks.values())


class Hall:
    """A room around a `World`'s router: browsers, callers, and the gateway's end of the link."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.router = world.router
        self.publishers: list[Sending] = []
        self.heard: list[tuple[int, bytes]] = []
        self.reads = True
        self.hung = 0
        self.media = GatewayMedia(self, self, lambda: world.now)

    def browser(self, index: int, level: int = 60, **how: Any) -> Publisher:
        publisher = Publisher(self.world, index, **{"camera": None, **how})
        publisher.level = level
        self.publishers.append(Sending(publisher))
        self.published()
        return publisher

    def published(self) -> None:
        self.media.tracks_changed()

    def hung_up(self, gateway: GatewayMedia) -> None:
        self.hung += 1

    def sound(self, index: int, packet: bytes | bytearray | memoryview) -> bool:
        if self.reads:
            self.heard.append((index, bytes(packet)))
        return self.reads

    def take(self, index: int, packet: bytes) -> None:
        self.media.take(index.to_bytes(2, "big") + packet)

    def talk(self, index: int, seconds: float, *, level: int = 15, first: int = 0) -> int:
        """A caller speaks from now on; how many packets there will be."""
        count = int(seconds / 0.02)
        for number in range(count):
            packet = rtp(index, first + number, level=level)
            self.world.later(0.02 * number, lambda packet=packet: self.take(index, packet))  # type: ignore[misc]
        return count


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def hall(world: World) -> Hall:
    return Hall(world)


def listener(world: World, phone: Phone, index: int = 9) -> Subscriber:
    subscriber = Subscriber(world, index)
    for track in phone.tracks:
        subscriber.add(track)
    return subscriber


# -- up --------------------------------------------------------------------------------------------


def test_a_callers_sound_reaches_browsers_as_it_is(hall: Hall, world: World) -> None:
    phone = hall.media.phone(3)
    subscriber = listener(world, phone)
    world.run(0.1)
    sent = hall.talk(3, 1.0)
    world.run(1.5)
    received = subscriber.received["3:microphone"]
    assert len(received.contents) == sent == hall.media.packets_in
    assert {payload for payload, _ in received.contents.values()} == {sealed(3)}
    assert received.missing == {}


def test_a_caller_who_speaks_is_among_the_speakers(hall: Hall, world: World) -> None:
    hall.browser(0, level=70)
    hall.media.phone(3)
    hall.talk(3, 2.0, level=12)
    world.run(1.0)
    assert world.news.spoken[-1] == (3,)
    world.run(3.0)
    assert not world.news.spoken[-1]


def test_callers_and_browsers_compete_for_the_same_places(hall: Hall, world: World) -> None:
    for index, level in enumerate((10, 14, 18, 22)):
        hall.browser(index, level=level)
    phone = hall.media.phone(7)
    subscriber = listener(world, phone)
    world.run(1.0)
    hall.talk(7, 2.0, level=60)
    world.run(2.0)
    assert subscriber.received["7:microphone"].contents == {}
    hall.talk(7, 2.0, level=5, first=200)
    world.run(2.0)
    assert len(subscriber.received["7:microphone"].contents) > 80


def test_a_muted_caller_is_not_forwarded_whatever_the_gateway_sends(hall: Hall, world: World) -> None:
    phone = hall.media.phone(3)
    subscriber = listener(world, phone)
    phone.mute("microphone", True)
    hall.talk(3, 0.5)
    world.run(1.0)
    assert subscriber.received["3:microphone"].contents == {}
    assert world.router.counters.dropped_muted == 25
    phone.mute("microphone", False)
    hall.talk(3, 0.5, first=25)
    world.run(1.0)
    assert len(subscriber.received["3:microphone"].contents) >= 24


@pytest.mark.parametrize(
    "payload",
    [b"", b"x", bytes(60), sealed(4), sealed(3, kind=2), sealed(3, kind=3), sealed(3, kind=0), sealed(3)[:3],
     sealed(3, size=15), bytes([0x18]) + sealed(3)[1:]],
)  # fmt: skip
def test_what_is_not_sealed_by_this_caller_as_sound_is_not_forwarded(
    hall: Hall, world: World, payload: bytes
) -> None:
    subscriber = listener(world, hall.media.phone(3))
    hall.media.phone(4)
    world.run(0.1)
    for number in range(5):
        hall.take(3, rtp(3, number, payload))
    world.run(1.0)
    assert subscriber.received["3:microphone"].contents == {}
    assert world.router.counters.packets_out == 0


@pytest.mark.parametrize(
    "frame",
    [b"", b"\0", b"\0\3", b"\0\3" + rtp(3, 1)[:12], b"\0\4" + rtp(3, 1), b"\0\5" + rtp(5, 1),
     b"\xff\xff" + rtp(0, 1), b"\0\3" + rtp(3, 1, payload_type=0), b"\0\3" + rtp(3, 1, ssrc=1004),
     b"\0\3" + rtp(3, 1, ssrc=3), b"\0\3\0" + rtp(3, 1)[1:], b"\0\3" + b"\x40" + rtp(3, 1)[1:],
     b"\0\3" + rtp(3, 1, bytes(LONGEST))],
)  # fmt: skip
def test_what_fits_no_caller_is_dropped_and_counted(hall: Hall, frame: bytes) -> None:
    hall.media.phone(3)
    hall.media.phone(4)
    hall.media.take(frame)
    assert (hall.media.packets_in, hall.media.dropped) == (0, 1)


@given(noise=st.binary(max_size=200), index=st.sampled_from([3, 4, 5]))
def test_noise_never_breaks_anything(noise: bytes, index: int) -> None:
    world = World()
    hall = Hall(world)
    subscriber = listener(world, hall.media.phone(3))
    for head in (b"", index.to_bytes(2, "big"), b"\0\3\x90\x6f\0\1\0\0\0\0" + (1003).to_bytes(4, "big")):
        hall.media.take(head + noise)
    hall.take(3, rtp(3, 500))
    world.run(0.2)
    for payload, _ in subscriber.received["3:microphone"].contents.values():
        assert payload[:3] == sealed(3)[:3]


def test_padding_contributing_sources_and_two_byte_extensions_do_no_harm(hall: Hall, world: World) -> None:
    subscriber = listener(world, hall.media.phone(3))
    world.run(0.1)
    plain = rtp(3, 0, level=None)
    hall.take(3, plain)
    hall.take(3, bytes([0x81]) + rtp(3, 1, level=None)[1:12] + bytes(4) + sealed(3))
    hall.take(3, bytes([0xA0]) + rtp(3, 2, level=None)[1:12] + sealed(3) + b"\0\0\3")
    hall.take(3, bytes([0x90]) + rtp(3, 3, level=None)[1:12] + b"\x10\0\0\1\1\1\x14\0" + sealed(3))
    world.run(0.2)
    assert [p for p, _ in subscriber.received["3:microphone"].contents.values()] == [sealed(3)] * 4


def test_a_flood_of_sound_is_bounded(hall: Hall, world: World) -> None:
    hall.media.phone(3)
    for number in range(PACKETS_A_SECOND + 500):
        hall.take(3, rtp(3, number))
    assert (hall.media.packets_in, hall.media.dropped) == (PACKETS_A_SECOND, 500)
    world.run(1.0)
    hall.take(3, rtp(3, PACKETS_A_SECOND))
    assert hall.media.packets_in == PACKETS_A_SECOND + 1


def test_twenty_five_callers_speak_at_once(hall: Hall, world: World) -> None:
    phones = [hall.media.phone(index) for index in range(1, 26)]
    subscribers = [listener(world, phone, 100 + n) for n, phone in enumerate(phones)]
    world.run(0.1)
    for phone in phones:
        hall.talk(phone.index, 2.0, level=10 + 2 * phone.index)
    world.run(2.5)
    assert hall.media.packets_in == 25 * 100
    assert hall.media.dropped == 0
    assert all(len(s.received[f"{n}:microphone"].contents) > 80 for n, s in enumerate(subscribers[:4], 1))
    assert all(len(s.received[f"{n}:microphone"].contents) < 20 for n, s in enumerate(subscribers[8:], 9))
    assert set(next(spoken for spoken in world.news.spoken if len(spoken) == 4)) <= set(range(1, 26))


def test_a_phone_whose_link_is_up_is_good(hall: Hall, world: World) -> None:
    hall.browser(0)
    hall.media.phone(3)
    hall.talk(3, 5.0)
    world.run(30.0)
    assert world.news.levels[3] == 3
    assert -1 not in world.news.levels


# -- down ------------------------------------------------------------------------------------------


def test_the_gateway_hears_browsers_microphones_with_unbroken_numbers(hall: Hall, world: World) -> None:
    hall.browser(0, level=20)
    hall.browser(1, level=25, camera="camera")
    hall.media.phone(5)
    world.run(2.0)
    assert {index for index, _ in hall.heard} == {0, 1}
    for index in (0, 1):
        packets = [packet for i, packet in hall.heard if i == index]
        numbers = [int.from_bytes(p[2:4], "big") for p in packets]
        assert len(packets) > 90
        assert all((b - a) & 0xFFFF == 1 for a, b in pairwise(numbers))
        assert all(p[0] == 0x80 and p[1] & 0x7F == 111 for p in packets)
        assert all(int.from_bytes(p[8:12], "big") == index + 1000 for p in packets)
        stamps = [int.from_bytes(p[4:8], "big") for p in packets]
        assert all((b - a) & 0xFFFFFFFF in range(950, 970) for a, b in pairwise(stamps))
        assert f"{index}/voice/".encode() in packets[0]
    assert hall.media.packets_out == len(hall.heard)


def test_the_gateway_hears_nothing_while_no_call_is_admitted(hall: Hall, world: World) -> None:
    hall.browser(0, level=20)
    world.run(1.0)
    assert hall.heard == []
    phone = hall.media.phone(5)
    world.run(1.0)
    assert hall.heard
    phone.close()
    hall.heard.clear()
    world.run(1.0)
    assert hall.heard == []
    assert world.router._downlinks == []


def test_the_gateway_never_hears_phones_or_the_sound_of_a_shared_tab(hall: Hall, world: World) -> None:
    hall.browser(0, level=20, camera="screen-audio", microphone=False)
    for index in (3, 4):
        hall.media.phone(index)
        hall.talk(index, 1.0)
    world.run(1.5)
    assert hall.heard == []


def test_the_gateway_hears_the_loudest_four_alone(hall: Hall, world: World) -> None:
    for index, level in enumerate((60, 10, 20, 70, 25, 30)):
        hall.browser(index, level=level)
    hall.media.phone(9)
    world.run(2.0)
    hall.heard.clear()
    world.run(1.0)
    assert {index for index, _ in hall.heard} == {1, 2, 4, 5}


def test_a_muted_browser_is_not_heard_and_its_numbers_go_on_afterwards(hall: Hall, world: World) -> None:
    browser = hall.browser(0, level=20)
    hall.media.phone(9)
    world.run(1.0)
    browser.uplink.mute("microphone", True)
    world.run(0.1)
    before = hall.heard[-1][1]
    hall.heard.clear()
    world.run(1.0)
    assert hall.heard == []
    browser.uplink.mute("microphone", False)
    world.run(1.0)
    after = hall.heard[0][1]
    assert (int.from_bytes(after[2:4], "big") - int.from_bytes(before[2:4], "big")) & 0xFFFF == 1


def test_who_publishes_anew_is_heard_again(hall: Hall, world: World) -> None:
    browser = hall.browser(0, level=20)
    hall.media.phone(9)
    world.run(1.0)
    specs = browser.specs
    browser.uplink.set_tracks([])
    hall.published()
    world.run(0.5)
    hall.heard.clear()
    browser.uplink.set_tracks(specs)
    hall.published()
    world.run(1.0)
    assert len(hall.heard) > 40


def test_sound_that_the_gateway_does_not_read_is_dropped_and_nothing_else(hall: Hall, world: World) -> None:
    browser = hall.browser(0, level=20)
    phone = hall.media.phone(9)
    subscriber = listener(world, phone)
    watcher = Subscriber(world, 8)
    watcher.add(browser.tracks["microphone"])
    world.run(0.1)
    hall.reads = False
    sent = hall.talk(9, 2.0)
    world.run(2.5)
    assert hall.media.dropped > 90
    assert len(subscriber.received["9:microphone"].contents) == sent
    assert len(watcher.received["0:microphone"].contents) > 100


# -- beginning and end -----------------------------------------------------------------------------


def test_closing_a_phone_or_the_gateway_leaves_nothing(hall: Hall, world: World) -> None:
    hall.browser(0)
    phones = [hall.media.phone(index) for index in range(3, 8)]
    world.run(0.5)
    phones[0].close()
    phones[0].close()
    phones[0].mute("microphone", True)
    assert phones[0].tracks == ()
    assert [phone.index for phone in hall.media.phones] == [4, 5, 6, 7]
    hall.media.close()
    hall.media.close()
    assert hall.hung == 1
    assert hall.media.phones == ()
    assert [uplink.index for uplink in world.router._uplinks] == [0]
    assert world.router._downlinks == []
    hall.take(4, rtp(4, 1))
    world.run(1.0)
    assert hall.media.packets_in == 0


def test_a_second_phone_of_an_index_closes_the_first(hall: Hall) -> None:
    first = hall.media.phone(3)
    second = hall.media.phone(3)
    assert hall.media.phones == (second,)
    first.close()
    assert hall.media.phones == (second,)


def test_phones_come_and_go_in_any_order(hall: Hall, world: World) -> None:
    chance = random.Random(7)
    hall.browser(0, level=20)
    live: dict[int, Phone] = {}
    for step in range(300):
        index = chance.randrange(1, 12)
        if index in live:
            live.pop(index).close()
        else:
            live[index] = hall.media.phone(index)
        hall.take(index, rtp(index, step))
        world.run(0.02)
        assert {phone.index for phone in hall.media.phones} == set(live)
        assert {uplink.index for uplink in world.router._uplinks} == {0, *live}
        assert len(world.router._downlinks) == bool(live)


# -- over the plane's real sockets -----------------------------------------------------------------


class Link:
    """The gateway's end."""

    def __init__(self) -> None:
        self.packets: list[tuple[int, bytes]] = []

    def sound(self, index: int, packet: bytes | bytearray | memoryview) -> bool:
        self.packets.append((index, bytes(packet)))
        return True


Make = Callable[..., Any]


async def test_a_browser_is_offered_a_callers_microphone_and_hears_it(
    room: MediaRoom, plane: MediaPlane, client: Make
) -> None:
    gateway = room.gateway(Link())
    gateway.phone(5)
    receiver, subscriber, _ = await subscribe(room, client)
    assert subscriber._lines.tracks == {"1": "5:microphone"}
    number = 0

    def heard() -> bool:
        nonlocal number
        number += 1
        gateway.take(b"\0\5" + rtp(5, number))
        return not receiver.rtp.empty()

    await eventually(heard)
    assert (await receiver.next_rtp()).endswith(sealed(5))
    stats = plane.stats()
    assert (stats.phones, stats.sound_packets_in) == (1, number)
    gateway.close()
    gateway.close()
    stats = plane.stats()
    assert (stats.phones, stats.sound_packets_in) == (0, number)


async def test_a_browser_that_is_there_learns_of_a_phone_that_comes_and_goes(
    room: MediaRoom, client: Make
) -> None:
    receiver, subscriber, news = await subscribe(room, client)
    gateway = room.gateway(Link())
    phone = gateway.phone(5)
    await news.until("needed")
    offer = subscriber.offer()
    assert offer is not None
    assert list(offer.tracks.values()) == ["5:microphone"]
    subscriber.answer(receiver.answer(offer.sdp))
    phone.close()
    await news.until("needed")
    offer = subscriber.offer()
    assert offer is not None
    assert offer.tracks == {}


async def test_the_gateway_hears_a_browser(room: MediaRoom, plane: MediaPlane, client: Make) -> None:
    link = Link()
    room.gateway(link).phone(5)
    sender, _, _ = await publish(room, client)
    receiver, _, _ = await subscribe(room, client)
    await spoken(sender, receiver)
    assert link.packets
    assert {index for index, _ in link.packets} == {1}
    assert b"voice " in link.packets[0][1]
    assert plane.stats().sound_packets_out == len(link.packets)


async def test_another_gateway_takes_the_place_of_the_first_and_rooms_take_it_along(
    room: MediaRoom, plane: MediaPlane
) -> None:
    first = room.gateway(Link())
    first.phone(5)
    second = room.gateway(Link())
    second.phone(6)
    assert first.phones == ()
    assert room.telephone is second
    room.close()
    assert second.phones == ()
    assert plane.stats().phones == 0
    with pytest.raises(ProtocolError):
        room.gateway(Link())
