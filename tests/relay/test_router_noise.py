"""Whatever comes in: nothing escapes, nothing grows, the others go on."""

from __future__ import annotations

import gc
import random

from hypothesis import given
from hypothesis import strategies as st

from onmeet.relay.downlink import Downlink
from onmeet.relay.history import History
from onmeet.relay.retransmit import Retransmitter
from onmeet.relay.stream import Stream
from onmeet.relay.subscription import Subscription
from onmeet.relay.track import Track
from onmeet.relay.uplink import Uplink
from onmeet.rtp import packets, rtcp
from tests.relay.publisher import MID_ID, OPUS, RTX, TRANSPORT_ID, VP8, Publisher
from tests.relay.subscriber import Subscriber
from tests.relay.world import World

KINDS = st.sampled_from([OPUS, VP8, RTX, VP8 | 0x80, 0, 127])


def busy() -> tuple[World, Publisher, Subscriber]:
    world = World()
    publisher = Publisher(world, 1, rids=())
    subscriber = Subscriber(world, 2)
    subscriber.subscribe(publisher)
    world.run(0.3)
    return world, publisher, subscriber


@given(
    st.lists(
        st.tuples(
            st.sampled_from([0x80, 0x90, 0xA0, 0xB0, 0x81, 0x9F, 0x40, 0]),
            KINDS,
            st.integers(0, 65535),
            st.integers(0, 2**32 - 1),
            st.sampled_from([1, 2, 3, "media", "audio"]),
            st.sampled_from([b"", b"\xbe\xde\0\1", b"\xbe\xde\0\2", b"\x10\0\0\1", b"\xbe\xde\xff\xff"]),
            st.binary(max_size=40),
        ),
        max_size=30,
    )
)
def test_malformed_rtp_never_raises(
    given_packets: list[tuple[int, int, int, int, int | str, bytes, bytes]],
) -> None:
    world, publisher, _ = busy()
    ssrcs = {"media": publisher.encodings[0].ssrc, "audio": publisher.audio_ssrc}
    for flags, kind, sequence, timestamp, ssrc, block, tail in given_packets:
        number = ssrcs[ssrc] if isinstance(ssrc, str) else ssrc
        mid = bytes((MID_ID << 4,)) + b"v" + bytes((TRANSPORT_ID << 4 | 1, 0, 9))
        data = packets.HEADER.pack(flags, kind, sequence, timestamp, number) + block + mid + tail
        publisher.uplink.on_rtp(data, world.now)
        publisher.uplink.on_rtp(data[: len(data) // 2], world.now)
    world.run(0.3)
    assert len(publisher.uplink._streams) <= 4


@given(st.lists(st.tuples(st.integers(192, 215), st.integers(0, 31), st.binary(max_size=60)), max_size=20))
def test_malformed_rtcp_never_raises(messages: list[tuple[int, int, bytes]]) -> None:
    world, publisher, subscriber = busy()
    ssrc = next(iter(subscriber.received.values())).spec.ssrc.to_bytes(4, "big")
    for kind, subtype, body in messages:
        for start in (b"", ssrc, bytes(4) + ssrc):
            whole = (start + body)[: (len(start) + len(body)) // 4 * 4]
            data = rtcp.join(kind, subtype, whole)
            publisher.uplink.on_rtcp(data, world.now)
            subscriber.downlink.on_rtcp(data, world.now)
            subscriber.downlink.on_rtcp(data + body, world.now)
    world.run(0.1)


def test_a_hostile_publisher_does_not_disturb_the_others() -> None:
    world = World()
    good, bad = Publisher(world, 1, rids=()), Publisher(world, 2, rids=())
    subscriber = Subscriber(world, 3)
    subscriber.subscribe(good, bad)
    dice = random.Random(9)
    for _ in range(300):
        world.run(0.01)
        ssrc = dice.choice([bad.encodings[0].ssrc, bad.audio_ssrc, dice.randrange(1 << 32)])
        head = packets.HEADER.pack(0x80, dice.choice([VP8, OPUS, RTX]), dice.randrange(1 << 16), 0, ssrc)
        for _ in range(5):
            bad.uplink.on_rtp(head + dice.randbytes(dice.randrange(60)), world.now)
    frames = subscriber.frames(good.tracks["camera"])
    assert len(frames) >= 85
    sound = subscriber.received["1:microphone"]
    assert sorted(sound.contents) == list(range(sound.lowest, sound.highest + 1))
    assert len(sound.contents) > 140


def count() -> dict[str, int]:
    gc.collect()
    kinds = (Uplink, Downlink, Stream, Track, Subscription, Retransmitter, History)
    return {kind.__name__: sum(1 for one in gc.get_objects() if isinstance(one, kind)) for kind in kinds}


def test_five_hundred_joins_and_leaves_leave_nothing() -> None:
    world = World()
    before = count()
    stays = Publisher(world, 1, rids=())
    watcher = Subscriber(world, 2)
    watcher.subscribe(stays)
    for index in range(500):
        publisher = Publisher(world, 10 + index % 1000)
        subscriber = Subscriber(world, 10 + index % 1000)
        subscriber.subscribe(stays)
        watcher.subscribe(publisher)
        world.run(0.06)
        publisher.stopped = subscriber.closed = True
        publisher.uplink.close()
        subscriber.downlink.close()
        watcher.received = {"1:camera": watcher.received["1:camera"]}
        watcher._by_ssrc = {one.spec.ssrc: one for one in watcher.received.values()}
        publisher.uplink.close()  # again: without effect
    del publisher, subscriber
    world.run(2)
    during = count()
    assert during["Uplink"] - before["Uplink"] == 1
    assert during["Downlink"] - before["Downlink"] == 1
    assert during["Subscription"] - before["Subscription"] == 2
    assert during["Stream"] - before["Stream"] == 2
    assert len(watcher.downlink._subscriptions) == len(watcher.downlink._by_ssrc) == 2
    assert len(world.router._gate.ears()) == 1
    stays.stopped = watcher.closed = True
    world.router.close()
    world.router.close()
    assert not world.router._uplinks
    assert not world.router._downlinks
    del stays, watcher
    world.run(2)
    assert count() == before


def test_a_closed_link_takes_packets_without_effect() -> None:
    world, publisher, subscriber = busy()
    world.router.close()
    out = world.router.counters.packets_out
    publisher.uplink.on_rtp(packets.build(VP8, 1, 2, publisher.encodings[0].ssrc, b"x" * 50), world.now)
    publisher.uplink.on_rtcp(rtcp.receiver_report(1, []), world.now)
    subscriber.downlink.on_rtcp(rtcp.receiver_report(1, []), world.now)
    subscriber.downlink.view({"1:camera": (640, 360)})
    subscriber.downlink.keyframe("1:camera")
    publisher.uplink.mute("camera", True)
    publisher.uplink.request_keyframe("camera")
    assert publisher.uplink.set_tracks(publisher.specs) == []
    world.run(0.5)
    assert world.router.counters.packets_out == out
