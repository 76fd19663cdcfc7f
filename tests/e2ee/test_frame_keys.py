"""Frame keys, counters and the replay window, in Python and between the languages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onmeet.e2ee.derive import Bases
from onmeet.e2ee.frame_keys import FrameKeys, FrameRefusal, clear_bytes
from onmeet.e2ee.labels import FrameClass, kid, kid_parts
from onmeet.e2ee.replay_window import WINDOW, ReplayWindow
from onmeet.e2ee.sframe import decode_header

AUDIO, VIDEO, CHAT = FrameClass.AUDIO, FrameClass.VIDEO, FrameClass.CHAT


def bases(n: int = 1) -> Bases:
    return {each: bytes([n, each]) * 16 for each in FrameClass}


def pair() -> tuple[FrameKeys, FrameKeys]:
    """Participants 3 and 8 in epoch 1."""
    sender, receiver = FrameKeys(), FrameKeys()
    sender.set_epoch(1, 3, bases(), 0)
    receiver.set_epoch(1, 8, bases(), 0)
    return sender, receiver


def refusal(keys: FrameKeys, frame_class: FrameClass, index: int, data: bytes, now: float = 0) -> str:
    with pytest.raises(FrameRefusal) as refused:
        keys.open(frame_class, index, data, now)
    return refused.value.reason


def test_kid_names_class_sender_and_epoch() -> None:
    assert kid(VIDEO, 5, 18) == 2 << 14 | 5 << 4 | 2
    assert kid_parts(kid(CHAT, 1023, 31)) == (4, 1023, 15)
    with pytest.raises(ValueError, match="index"):
        kid(VIDEO, 1024, 1)


def test_frames_carry_their_kid_and_count() -> None:
    sender, _ = pair()
    for count in range(3):
        header = decode_header(sender.seal(VIDEO, b"frame"))
        assert header
        assert (header.kid, header.counter) == (kid(VIDEO, 3, 1), count)


def test_clear_bytes_are_readable_and_cannot_be_changed() -> None:
    sender, receiver = pair()
    sealed = sender.seal(VIDEO, b"0123456789rest", clear=10)
    assert sealed.startswith(b"0123456789")
    with pytest.raises(FrameRefusal, match="tag"):
        receiver.open(VIDEO, 3, b"1" + sealed[1:], 0, clear=10)
    assert receiver.open(VIDEO, 3, sealed, 0, clear=10) == b"0123456789rest"


def test_clear_bytes_of_each_codec() -> None:
    assert clear_bytes("opus", b"\x00") == 0
    assert clear_bytes("vp8", b"\x10" + bytes(20)) == 10
    assert clear_bytes("vp8", b"\x11") == 1


def test_wrong_class_sender_or_reflection_is_refused() -> None:
    sender, receiver = pair()
    sealed = sender.seal(AUDIO, b"frame")
    assert refusal(receiver, VIDEO, 3, sealed) == "wrong-class"
    assert refusal(receiver, AUDIO, 4, sealed) == "wrong-sender"
    assert refusal(sender, AUDIO, 3, sealed) == "wrong-sender"


def test_replay_is_refused() -> None:
    sender, receiver = pair()
    sealed = sender.seal(AUDIO, b"frame")
    assert receiver.open(AUDIO, 3, sealed, 0) == b"frame"
    assert refusal(receiver, AUDIO, 3, sealed) == "replay"


def test_forged_counter_does_not_move_the_window() -> None:
    sender, receiver = pair()
    genuine = sender.seal(AUDIO, b"frame")
    header = decode_header(genuine)
    assert header
    far = FrameKeys()
    far.set_epoch(1, 3, dict.fromkeys(FrameClass, b"x" * 32), 0)
    for _ in range(WINDOW + 2):
        forged = far.seal(AUDIO, b"forged")
    assert refusal(receiver, AUDIO, 3, forged) == "tag"
    assert receiver.open(AUDIO, 3, genuine, 0) == b"frame"


def test_old_epochs_open_for_a_while_and_never_more_than_two() -> None:
    sender, receiver = pair()
    sealed = [sender.seal(AUDIO, b"old") for _ in range(4)]
    receiver.set_epoch(2, 8, bases(2), 100)
    assert receiver.open(AUDIO, 3, sealed[0], 5099) == b"old"
    assert refusal(receiver, AUDIO, 3, sealed[1], 5100) == "no-key"
    receiver.set_epoch(3, 8, bases(3), 200)
    assert receiver.open(AUDIO, 3, sealed[2], 300) == b"old"
    receiver.set_epoch(4, 8, bases(4), 300)
    assert refusal(receiver, AUDIO, 3, sealed[3], 300) == "no-key"


def test_same_epoch_again_does_not_restart_the_counter() -> None:
    sender, _ = pair()
    first = sender.seal(AUDIO, b"frame")
    sender.set_epoch(1, 3, bases(), 0)
    assert sender.seal(AUDIO, b"frame") != first


def test_silent_or_keyless_senders_seal_nothing() -> None:
    sender, _ = pair()
    sender.silence(True)
    with pytest.raises(FrameRefusal, match="silent"):
        sender.seal(AUDIO, b"frame")
    with pytest.raises(FrameRefusal, match="no-key"):
        FrameKeys().seal(AUDIO, b"frame")
    with pytest.raises(FrameRefusal, match="malformed"):
        pair()[0].seal(VIDEO, b"123", clear=10)


def test_gateway_with_the_sound_alone_hears_the_sound_alone() -> None:
    sender, gateway = pair()[0], FrameKeys()
    gateway.set_epoch(1, 9, {AUDIO: bases()[AUDIO]}, 0)
    assert gateway.open(AUDIO, 3, sender.seal(AUDIO, b"sound"), 0) == b"sound"
    assert refusal(gateway, VIDEO, 3, sender.seal(VIDEO, b"picture")) == "no-key"


@given(st.binary(max_size=60))
def test_any_bytes_are_refused(data: bytes) -> None:
    _, receiver = pair()
    assert refusal(receiver, AUDIO, 3, data) != ""


@given(st.lists(st.integers(0, 5000), max_size=60))
def test_window_accepts_each_counter_once(counters: list[int]) -> None:
    window, seen, newest = ReplayWindow(), set[int](), -1
    for counter in counters:
        expected = counter not in seen and counter > newest - WINDOW
        assert window.accept(counter) is expected
        if expected:
            seen.add(counter)
            newest = max(newest, counter)
