"""What goes between gateway and room process: everything comes back as it was, nothing else gets in."""

from __future__ import annotations

import json
from typing import Any

import pytest

from onmeet.errors import ProtocolError
from sip.interface import Agreement, LegState, SrtpKeys
from sip.ivr.steps import Told
from sip.room import wire
from sip.room.nursery import new_call
from sip.room.packets import Outgoing, read

CALL = new_call()
AGREEMENT = Agreement(("127.0.0.1", 4000), None, "G722", 9, 101, srtp=SrtpKeys(bytes(30), bytes(30)))
LEG = LegState(AGREEMENT, 1, 2, 3, 4, "cname", heard=(1, 2, 3), latched=("127.0.0.1", 5))
FACTS = wire.CallFacts("…123", True, True, "de", Told("times", True, True), ("call.ip",), {"ip": "192.0.2.0"})


@pytest.mark.parametrize(
    "order",
    [
        wire.Take(CALL, LEG, FACTS), wire.Digit(CALL, "#"), wire.Media(CALL, AGREEMENT), wire.Gone(CALL),
        wire.Signed(CALL, 12, bytes(32), "s"), wire.End(),
    ],
)  # fmt: skip
def test_order_comes_back_as_it_was(order: wire.Order) -> None:
    packet = wire.encode(order)
    assert len(packet) < wire.LIMIT
    assert wire.read_order(packet) == order


@pytest.mark.parametrize(
    "word", [wire.Up(), wire.Sign(CALL, bytes(32), 12), wire.HangUp(CALL, "ended"), wire.Empty()]
)
def test_word_comes_back_as_it_was(word: wire.Word) -> None:
    assert wire.read_word(wire.encode(word)) == word


@pytest.mark.parametrize(
    "body",
    [
        None, [], 1, {}, {"do": "dance"}, {"do": ["take"]}, {"do": "digit", "call": CALL, "digit": "55"},
        {"do": "digit", "call": CALL, "digit": 5}, {"do": "gone", "call": "short"}, {"do": "gone"},
        {"do": "take", "call": CALL, "leg": {}}, {"do": "media", "call": CALL, "agreement": None},
        {"do": "take", "call": CALL, "leg": LEG.to_json()},
    ],
)  # fmt: skip
def test_anything_else_is_refused(body: Any) -> None:
    with pytest.raises(ProtocolError):
        wire.read_order(json.dumps(body).encode())
    with pytest.raises(ProtocolError):
        wire.read_word(json.dumps(body).encode())


@pytest.mark.parametrize("packet", [b"", b"\xff", b"[" * 10_000, b"{"])
def test_what_is_no_json_is_refused(packet: bytes) -> None:
    with pytest.raises(ProtocolError):
        wire.read_order(packet)


def test_calls_packets_are_numbered_and_timed_through_pauses() -> None:
    out = Outgoing(300)
    frames = [out.next(b"one", -20.0), out.next(b"two", -80.0)]
    out.skip()
    frames.append(out.next(b"three", -127.0))
    packets = [read(frame) for frame in frames]
    assert [each.payload for each in packets if each] == [b"one", b"two", b"three"]
    numbers = [each.sequence for each in packets if each]
    assert numbers == list(range(numbers[0], numbers[0] + 3))
    stamps = [int.from_bytes(frame[6:10], "big") for frame in frames]
    assert [(stamp - stamps[0]) & 0xFFFFFFFF for stamp in stamps] == [0, 960, 2880]
    assert {int.from_bytes(frame[10:14], "big") for frame in frames} == {1300}
    assert [frame[3] >> 7 for frame in frames] == [1, 0, 1], "a marker begins each stretch of talk"
    assert [frame[19] for frame in frames] == [0x80 | 20, 80, 127]


@pytest.mark.parametrize("frame", [b"", b"\0", bytes(2), bytes(20), bytes(2) + b"\x80" + bytes(11)])
def test_what_is_no_sound_is_passed_over(frame: bytes) -> None:
    assert read(frame) is None
