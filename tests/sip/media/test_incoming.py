"""Datagrams of every kind: only what belongs to the call is heard, nothing does harm."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onmeet.rtp import packets
from sip.interface import Agreement
from sip.media import codecs
from sip.media.events import build_event
from sip.media.incoming import Incoming
from sip.media.noise import level_of
from tests.sip.media.lines import tone

PHONE = ("192.0.2.7", 4000)
AGREED = Agreement(PHONE, ("192.0.2.7", 4001), "PCMA", 8, event_type=101, noise_type=13)


class Heard:
    """An `Incoming` with what it told, on a clock that goes on 20 ms with each packet."""

    def __init__(self, agreement: Agreement = AGREED) -> None:
        self.digits: list[str] = []
        self.now = 100.0
        self.incoming = Incoming(agreement, on_digit=self.digits.append, now=self.now)
        self.frames: list[np.ndarray] = []

    def send(self, packet: bytes, source: tuple[str, int] = PHONE) -> None:
        self.incoming.rtp(packet, source, None, self.now)

    def step(self) -> None:
        self.now += 0.02
        self.frames.append(self.incoming.playout.read(self.now))

    def talk(self, first: int, count: int, *, ssrc: int = 7, codec: codecs.CodecName = "PCMA") -> None:
        encoder = codecs.make(codec)
        kind = {"PCMA": 8, "PCMU": 0, "G722": 9}[codec]
        for number in range(first, first + count):
            octets = encoder.encode(tone(0.02, 1000.0))
            self.send(packets.build(kind, number & 0xFFFF, 160 * number & 0xFFFFFFFF, ssrc, octets))
            self.step()

    @property
    def loudness(self) -> float:
        return level_of(np.concatenate(self.frames[-10:]))


def test_sound_is_heard() -> None:
    heard = Heard()
    heard.talk(65500, 100)
    assert heard.loudness > -18
    assert heard.incoming.counts.received == 100
    assert heard.incoming.sources.lost == 0


@pytest.mark.parametrize(
    "packet",
    [
        b"",
        b"\0",
        bytes(12),
        b"\x80\x08" + bytes(9),
        b"\x40\x08" + bytes(170),
        b"\x8f\x08" + bytes(20),  # 15 sources that are not there
        b"\x90\x08" + bytes(12),  # an extension that is not there
        b"\xa0\x08" + bytes(10) + b"\xff",  # more padding than packet
        b"\xa0\x08" + bytes(11) + b"\x00",
        packets.build(96, 1, 1, 1, bytes(160)),  # not agreed on
        packets.build(8, 1, 1, 1, bytes(1600)),
        b"\x00\x01\x00\x08\x21\x12\xa4\x42" + bytes(12),  # STUN
        b"\x16\xfe\xfd" + bytes(60),  # DTLS
    ],
)
def test_what_is_no_sound_of_this_call_is_refused(packet: bytes) -> None:
    heard = Heard()
    heard.send(packet)
    assert heard.incoming.counts.refused == 1
    assert heard.incoming.latch.latched is None
    heard.talk(1, 20)
    assert heard.loudness > -18


def test_sound_of_strangers_is_never_heard() -> None:
    heard = Heard()
    for number in range(50):
        heard.send(packets.build(8, number, 160 * number, 9, bytes(160)), ("203.0.113.5", 4000))
        heard.step()
    assert heard.incoming.counts.refused == 50
    assert heard.incoming.sources.current is None
    assert not np.concatenate(heard.frames).any()


def test_first_packets_may_come_before_anything_else_is_settled() -> None:
    heard = Heard()
    heard.send(packets.build(8, 1, 160, 7, bytes(160)), ("192.0.2.7", 51234))
    assert heard.incoming.latch.target == ("192.0.2.7", 51234)


def test_another_ssrc_goes_on_where_the_first_stopped() -> None:
    heard = Heard()
    heard.talk(100, 50)
    heard.talk(40000, 50, ssrc=8)
    assert heard.loudness > -18
    assert heard.incoming.sources.current.ssrc == 8
    assert heard.incoming.playout.concealed < 0.2 * 8000


def test_restarted_numbers_under_the_same_ssrc() -> None:
    heard = Heard()
    heard.talk(40000, 50)
    heard.talk(100, 50)
    assert heard.loudness > -18
    assert heard.incoming.playout.concealed < 0.2 * 8000


def test_far_side_may_change_to_another_static_codec() -> None:
    heard = Heard()
    heard.talk(100, 50)
    heard.talk(150, 50, codec="PCMU")
    assert heard.loudness > -18
    heard.talk(200, 50, codec="G722")
    assert heard.loudness > -18
    assert heard.incoming.playout.rate == 16000


def test_digits_fire_once_and_their_packets_are_no_loss() -> None:
    heard = Heard()
    heard.talk(100, 20)
    for number in range(120, 130):
        payload = build_event(5, 160 * (number - 119), end=number > 126)
        heard.send(packets.build(101, number, 160 * 120, 7, payload, marker=number == 120))
        heard.step()
    heard.talk(130, 20)
    assert heard.digits == ["5"]
    assert heard.incoming.sources.lost == 0


def test_digits_with_an_ssrc_of_their_own_do_not_chop_the_sound() -> None:
    heard = Heard()
    heard.talk(100, 20)
    heard.send(packets.build(101, 9000, 555, 99, build_event(1, 160, end=False), marker=True))
    heard.talk(120, 20)
    assert heard.digits == ["1"]
    assert heard.incoming.sources.current.ssrc == 7
    assert heard.incoming.sources.lost == 0


def test_described_silence_is_followed() -> None:
    heard = Heard()
    heard.talk(100, 50)
    heard.send(packets.build(13, 150, 160 * 150, 7, b"\x3c"))
    for _ in range(100):
        heard.step()
    assert heard.loudness == pytest.approx(-60, abs=1)
    assert heard.incoming.sources.lost == 0


def test_description_of_silence_that_sound_has_overtaken_is_ignored() -> None:
    heard = Heard()
    heard.talk(100, 50)
    heard.talk(151, 1)
    heard.send(packets.build(13, 150, 160 * 150, 7, b"\x14"))  # 20 dB below overload
    for _ in range(20):
        heard.step()
    assert heard.loudness < -45


def test_sound_before_a_digit_stops_sooner_than_in_a_gap() -> None:
    def after(digit: bool) -> float:
        heard = Heard()
        heard.talk(100, 100)
        while heard.incoming.playout.buffer.waiting:
            heard.step()
        if digit:
            heard.send(packets.build(101, 200, 160 * 200, 7, build_event(1, 0, end=False), marker=True))
        heard.step()
        heard.step()
        heard.step()
        return level_of(heard.frames[-1])

    assert after(digit=True) < after(digit=False) - 6


def test_nothing_is_heard_while_on_hold_and_sound_comes_back() -> None:
    heard = Heard()
    heard.talk(100, 50)
    heard.incoming.update(replace(AGREED, held=True, direction="recvonly"))
    heard.talk(150, 50)
    assert heard.loudness < -45
    heard.incoming.update(AGREED)
    heard.talk(200, 50)
    assert heard.loudness > -18


def test_no_negotiated_events_means_no_digits_from_that_type() -> None:
    heard = Heard(replace(AGREED, event_type=None))
    heard.send(packets.build(101, 1, 160, 7, build_event(5, 160, end=False), marker=True))
    assert heard.digits == []
    assert heard.incoming.counts.refused == 1


@given(data=st.lists(st.binary(max_size=300), max_size=40))
def test_any_bytes_are_safe(data: list[bytes]) -> None:
    heard = Heard()
    for packet in data:
        heard.send(packet)
        heard.step()


@given(
    st.lists(
        st.tuples(
            st.sampled_from([0, 8, 9, 13, 101, 101]),
            st.integers(0, 0xFFFF),
            st.integers(0, 0xFFFFFFFF),
            st.integers(0, 3),
            st.binary(max_size=200),
        ),
        max_size=60,
    )
)
def test_any_well_formed_packets_are_safe(made: list[tuple[int, int, int, int, bytes]]) -> None:
    heard = Heard()
    for kind, sequence, timestamp, ssrc, payload in made:
        heard.send(packets.build(kind, sequence, timestamp, ssrc, payload))
        heard.step()
        assert len(heard.frames[-1]) == heard.incoming.playout.frame


def test_spoilt_packets_of_a_real_stream_are_safe() -> None:
    chance, heard = random.Random(11), Heard()
    encoder = codecs.make("PCMA")
    for number in range(3000):
        packet = bytearray(packets.build(8, number, 160 * number, 7, encoder.encode(tone(0.02, 1000.0))))
        for _ in range(chance.choice((0, 0, 1, 3))):
            packet[chance.randrange(len(packet) if chance.random() < 0.3 else 12)] = chance.randrange(256)
        heard.send(bytes(packet[: chance.choice((len(packet), chance.randrange(len(packet))))]))
        heard.step()
    heard.talk(3000, 50)
    assert heard.loudness > -18
