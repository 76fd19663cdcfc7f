"""Who speaks, and who is heard in a big meeting."""

from __future__ import annotations

from onmeet.relay.interface import TrackSpec
from onmeet.rtp import extensions, packets
from tests.relay.publisher import IDS, LEVEL_ID, MID_ID, OPUS, Publisher, sealed
from tests.relay.subscriber import Subscriber
from tests.relay.world import World

LOUD, SOFT, SILENT = 20, 45, 127


def room(people: int) -> tuple[World, list[Publisher], Subscriber]:
    world = World()
    publishers = [Publisher(world, index, camera=None) for index in range(people)]
    listener = Subscriber(world, 100)
    listener.subscribe(*publishers)
    for publisher in publishers:
        publisher.level = SILENT
    world.run(1)
    return world, publishers, listener


def heard(listener: Subscriber, publisher: Publisher) -> int:
    return len(listener.received[f"{publisher.index}:microphone"].contents)


def test_nobody_speaks_in_silence() -> None:
    world, _, _ = room(3)
    world.run(2)
    assert world.news.spoken == []


def test_the_loudest_comes_first_and_stays_while_levels_are_close() -> None:
    world, (a, b, c), _ = room(3)
    a.level, b.level = 20, 30
    world.run(1)
    assert world.news.spoken[-1] == (0, 1)
    b.level = 18  # a little louder is no reason to change
    world.run(1)
    assert world.news.spoken[-1] == (0, 1)
    b.level, c.level = 5, SOFT
    world.run(1)
    assert world.news.spoken[-1] == (1, 0)


def test_a_speaker_is_named_soon_and_forgotten_soon() -> None:
    world, (a, *_), _ = room(2)
    a.level = LOUD
    world.run(0.4)
    assert world.news.spoken == [(0,)]
    a.level = SILENT
    world.run(0.7)
    assert world.news.spoken == [(0,), ()]


def test_a_speaker_who_sends_nothing_between_words_is_still_heard_of() -> None:
    world, (a, *_), _ = room(2)
    a.level = LOUD
    world.run(0.4)
    a.audio_on = False  # Opus DTX
    world.run(0.7)
    assert world.news.spoken[-1] == ()


def test_everybody_is_forwarded_in_a_small_meeting() -> None:
    world, publishers, listener = room(4)
    world.run(1)
    assert all(heard(listener, one) > 90 for one in publishers)


def test_only_four_are_forwarded_in_a_big_meeting() -> None:
    world, publishers, listener = room(8)
    before = [heard(listener, one) for one in publishers]
    for one in publishers:
        one.level = 30
    world.run(2)
    gains = [heard(listener, one) - count for one, count in zip(publishers, before, strict=True)]
    assert sum(gain > 90 for gain in gains) == 4
    assert sum(gain <= 1 for gain in gains) == 4
    assert world.router.counters.dropped_quiet > 300


def test_a_new_voice_is_heard_from_its_first_packet() -> None:
    world, publishers, listener = room(8)
    world.run(1)
    silent = [one for one in publishers if heard(listener, one) <= 1]
    for voice in silent:
        before, number = heard(listener, voice), voice.audio_sequence
        voice.level = LOUD
        world.run(0.5)
        assert heard(listener, voice) >= before + 24
        received = listener.received[f"{voice.index}:microphone"]
        content = received.contents[sorted(received.contents)[before]][0]
        assert int(content.split(b"/")[2]) - number <= 1
        assert sorted(received.contents) == list(range(received.lowest, received.highest + 1))
        voice.level = SILENT
        world.run(1)


def test_a_voice_much_louder_than_four_others_takes_a_place_at_once() -> None:
    world, publishers, listener = room(6)
    for one in publishers[:4]:
        one.level = 40
    world.run(1)
    before = heard(listener, publishers[5])
    publishers[5].level = 15
    world.run(0.2)
    assert heard(listener, publishers[5]) >= before + 9


def test_a_voice_as_loud_as_four_others_waits() -> None:
    world, publishers, listener = room(5)
    for one in publishers[:4]:
        one.level = 25
    world.run(1)
    counts = [heard(listener, one) for one in publishers]
    publishers[4].level = 24
    world.run(1)
    assert heard(listener, publishers[4]) == counts[4]


def test_a_muted_place_is_given_away_and_not_taken_back_by_silence() -> None:
    world, publishers, listener = room(5)
    closed = next(one for one in publishers if heard(listener, one) <= 1)
    opened = next(one for one in publishers if one is not closed)
    opened.uplink.mute("microphone", True)
    world.run(1)
    assert heard(listener, closed) > 40
    before = heard(listener, opened)
    opened.uplink.mute("microphone", False)
    world.run(1)
    assert heard(listener, opened) == before
    opened.level = LOUD
    world.run(1)
    assert heard(listener, opened) > before + 40


def test_the_sound_of_a_screen_is_always_forwarded() -> None:
    world, publishers, listener = room(8)
    for one in publishers:
        one.level = LOUD
    world.run(0.5)
    sharer = publishers[7]
    spec = TrackSpec("s", "audio", "screen-audio", {OPUS: "opus"}, {}, IDS)
    track = sharer.uplink.set_tracks([*sharer.specs, spec])[-1]
    received = listener.add(track)
    for number in range(50):
        body = sealed("screen-audio", 7, number, bytes(40))
        block = extensions.block([(MID_ID, b"s"), (LEVEL_ID, b"\x7f")])
        sharer.uplink.on_rtp(
            packets.build(OPUS, number, number * 960, 0x5C, body, extensions=block), world.now
        )
        world.run(0.02)
    assert len(received.contents) >= 49


def test_who_leaves_makes_room() -> None:
    world, publishers, listener = room(5)
    closed = next(one for one in publishers if heard(listener, one) <= 1)
    next(one for one in publishers if one is not closed).uplink.close()
    world.run(1)
    assert heard(listener, closed) > 40
