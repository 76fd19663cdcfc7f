"""The light client itself: what judges the relay must be right first."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.client.frames import (
    descriptor_length,
    key_id,
    packetize,
    sframe_header,
    vp8_clear,
    vp8_descriptor,
)
from bench.client.network import Network, Script
from bench.client.receiver import Receiver, ReceiveStream
from bench.client.sender import Sender, SendStream
from bench.load import Shape, ShapeError
from onmeet.e2ee.sframe import encode_header


@given(st.integers(0, 3), st.integers(0, 1023), st.integers(0, 15), st.integers(0, 2**40))
def test_the_sframe_header_is_the_one_of_the_product(
    media_class: int, index: int, epoch: int, counter: int
) -> None:
    kid = key_id(media_class, index, epoch)
    assert sframe_header(kid, counter) == encode_header(kid, counter)


@given(st.booleans(), st.booleans(), st.integers(0, 2**20), st.integers(0, 2**20))
def test_descriptors_have_the_length_that_they_claim(start: bool, key: bool, picture: int, tl0: int) -> None:
    descriptor = vp8_descriptor(start=start, picture=picture, tl0=tl0, key=key)
    assert descriptor_length(descriptor + b"\xff" * 4, 0) == len(descriptor)


def test_clear_bytes_tell_key_frames_from_others() -> None:
    assert len(vp8_clear(True)) == 10
    assert vp8_clear(True)[0] & 1 == 0
    assert len(vp8_clear(False)) == 1
    assert vp8_clear(False)[0] & 1 == 1


@given(st.binary(min_size=1, max_size=9000))
def test_packets_put_together_are_the_frame(frame: bytes) -> None:
    pieces = packetize(frame)
    assert b"".join(pieces) == frame
    assert all(0 < len(piece) <= 1080 for piece in pieces)


def test_a_scripted_network_is_the_same_in_every_run() -> None:
    def run() -> list[bytes]:
        network = Network(Script(loss=0.2, duplicate=0.1, reorder=0.3), seed=5)
        for number in range(200):
            network.send(bytes((number,)), now=number * 0.004)
        return network.due(10.0)

    first = run()
    assert first == run()
    assert 120 < len(first) < 200
    assert first != sorted(first)
    assert len(set(first)) < len(first)


class _Wire:
    """Stands for a transport: what is sent is received at once."""

    state = "connected"

    def __init__(self) -> None:
        self.rtp: list[bytes] = []
        self.rtcp: list[bytes] = []

    def send_rtp(self, packet: bytes) -> None:
        self.rtp.append(bytes(packet))

    def send_rtcp(self, packet: bytes) -> None:
        self.rtcp.append(bytes(packet))


def _stream_of(count: int, first: int) -> tuple[Sender, SendStream, list[bytes]]:
    wire = _Wire()
    sender = Sender(wire)  # type: ignore[arg-type]
    stream = sender.add(SendStream("1", "video", {}, ssrc=7, rtx_ssrc=8, sequence=first - 1))
    for number in range(count):
        sender.send(stream, bytes(40), number * 3000, marker=False)
    return sender, stream, wire.rtp


def _receive(packets: list[bytes], *, rtx_of: int | None = None) -> Receiver:
    receiver = Receiver(_Wire(), stamped=False)  # type: ignore[arg-type]
    receiver.streams[7] = ReceiveStream(7, "1", "video")
    if rtx_of is not None:
        receiver._repairs[8] = receiver.streams[7]
    for packet in packets:
        receiver.on_rtp(memoryview(packet), 0, len(packet), 0)
    return receiver


@pytest.mark.parametrize("first", [1, 65530])
def test_loss_reordering_and_duplication_are_told_apart(first: int) -> None:
    _, _, packets = _stream_of(12, first)
    lost = packets.pop(5)
    packets[7], packets[8] = packets[8], packets[7]
    packets.append(packets[3])
    stream = _receive(packets).streams[7]
    assert (stream.received, stream.duplicates, stream.reordered) == (11, 1, 1)
    assert list(stream.missing) == [int.from_bytes(lost[2:4], "big")]


def test_a_nack_is_answered_and_the_answer_fills_the_gap() -> None:
    sender, _, packets = _stream_of(10, 100)
    lost = packets.pop(4)
    receiver = _receive(packets, rtx_of=7)
    receiver.poll(1.0)
    assert len(receiver.transport.rtcp) >= 1  # type: ignore[attr-defined]
    sender.on_rtcp(receiver.transport.rtcp[0], 0)  # type: ignore[attr-defined]
    repair = packets[-1]
    assert repair != lost
    receiver.on_rtp(memoryview(repair), 0, len(repair), 0)
    stream = receiver.streams[7]
    assert (stream.received, stream.repaired, stream.missing) == (10, 1, {})


@pytest.mark.parametrize("text", ["", "fan", "fan:0", "mesh:1", "rooms:3", "rooms:3:1", "ring:4", "fan:x"])
def test_shapes_that_mean_nothing_are_refused(text: str) -> None:
    with pytest.raises(ShapeError):
        Shape.parse(text)


def test_shapes_say_who_receives_whom() -> None:
    assert (Shape.parse("fan:5").participants, Shape.parse("fan:5").receivers) == (6, 5)
    assert (Shape.parse("mesh:10").participants, Shape.parse("mesh:10").receivers) == (10, 9)
    assert (Shape.parse("rooms:8:5").participants, Shape.parse("rooms:8:5").receivers) == (40, 4)
