"""Legs on real sockets: two of them talk to each other over the loopback interface."""

from __future__ import annotations

import asyncio
import json
import os
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from onmeet.rtp import packets, rtcp
from sip.interface import Agreement, LegState, SrtpKeys
from sip.media.events import build_event
from sip.media.leg import Leg
from sip.media.srtp import Srtp
from tests.sip.media.lines import signal_to_noise, tone

KEY_A, KEY_B = bytes(range(30)), bytes(range(100, 130))


def pair() -> tuple[socket.socket, socket.socket]:
    """RTP and RTCP sockets of one leg."""
    made = []
    for _ in range(2):
        one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        one.bind(("127.0.0.1", 0))
        made.append(one)
    return made[0], made[1]


class Time:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.now = 5000.0

    def __call__(self) -> float:
        return self.now


async def settle() -> None:
    """Let the loop's readers take what is in the sockets."""
    for _ in range(3):
        await asyncio.sleep(0)


@dataclass
class Call:
    """Two legs; `step` lets both read and write one frame, 20 ms apart on a clock of their own."""

    time: Time
    ours: Leg
    theirs: Leg
    digits: list[str] = field(default_factory=list)
    heard: list[np.ndarray] = field(default_factory=list)

    async def step(self, frame: np.ndarray, answer: np.ndarray | None = None) -> None:
        self.theirs.write(frame)
        self.ours.write(frame if answer is None else answer)
        await settle()
        self.time.now += 0.02
        self.heard.append(self.ours.read(self.time.now))
        self.theirs.read(self.time.now)

    async def theirs_say(self, frames: int) -> None:
        """Only the other side sends."""
        for _ in range(frames):
            self.theirs.write(tone(0.02))
            self.time.now += 0.02

    async def play(self, sound: np.ndarray) -> np.ndarray:
        """Say all of `sound`; what the other side heard meanwhile."""
        start = len(self.heard)
        for at in range(0, len(sound), 320):
            await self.step(sound[at : at + 320])
        return np.concatenate(self.heard[start:])


Ring = Callable[..., Call]


@pytest.fixture
async def ring() -> AsyncIterator[Ring]:
    """Makes calls; keywords go into both agreements."""
    calls: list[Call] = []

    def make(**facts: object) -> Call:
        time = Time()
        a, b = pair(), pair()
        keys = facts.pop("srtp", None)
        digits: list[str] = []

        def agreement(other: tuple[socket.socket, socket.socket], srtp: SrtpKeys | None) -> Agreement:
            known = {"codec": "PCMA", "payload_type": 8, "event_type": 101} | facts
            return Agreement(
                remote=other[0].getsockname(), remote_rtcp=other[1].getsockname(), srtp=srtp, **known
            )

        swapped = replace(keys, send=keys.receive, receive=keys.send) if keys else None
        ours = Leg(*a, agreement(b, keys), on_digit=digits.append, clock=time)
        theirs = Leg(*b, agreement(a, swapped), on_digit=lambda _digit: None, clock=time)
        calls.append(Call(time, ours, theirs, digits))
        return calls[-1]

    yield make
    for call in calls:
        call.ours.close()
        call.theirs.close()


@pytest.mark.parametrize(
    ("codec", "payload_type", "hertz", "least"),
    [("PCMA", 8, 1020.0, 38.0), ("PCMU", 0, 1020.0, 38.0), ("G722", 9, 440.0, 50.0)],
)
@pytest.mark.parametrize("secured", [False, True])
async def test_a_tone_comes_through(ring: Ring, codec, payload_type, hertz, least, secured) -> None:
    keys = SrtpKeys(KEY_A, KEY_B) if secured else None
    call = ring(codec=codec, payload_type=payload_type, srtp=keys)
    heard = await call.play(tone(4.0, hertz))
    assert signal_to_noise(heard[32000:], 16000, hertz) >= least
    assert call.ours.stats.lost == call.ours.stats.refused == 0
    assert call.ours.level == pytest.approx(20 * np.log10(7218 / 32768 / np.sqrt(2)), abs=0.3)


async def test_every_packet_is_counted_and_reports_tell_the_round_trip(ring: Ring) -> None:
    call = ring()
    await call.play(tone(20.0))
    assert call.ours.stats.sent == call.theirs.stats.sent == 1000
    assert call.ours.stats.received == 1000
    assert call.ours.stats.jitter == pytest.approx(0, abs=0.5)
    assert call.ours.stats.rtt is not None
    assert call.ours.stats.delay <= 41


def sound_like(sequence: int = 1) -> bytes:
    return packets.build(8, sequence, 160 * sequence, 99, b"\x2a" * 160)


async def test_stranger_on_the_same_machine_cannot_join_a_flowing_call(ring: Ring) -> None:
    call = ring()
    await call.play(tone(1.0))
    address = call.ours._rtp.getsockname()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        for sequence in range(20):
            stranger.sendto(sound_like(sequence), address)
            await call.step(tone(0.02))
    assert call.ours.stats.refused == 20
    assert call.ours.state().latched == call.theirs._rtp.getsockname()


async def test_phone_behind_a_nat_is_answered_where_it_sends_from(ring: Ring) -> None:
    call = ring()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
        phone.bind(("127.0.0.1", 0))
        phone.setblocking(False)
        phone.sendto(sound_like(), call.ours._rtp.getsockname())
        await settle()
        call.ours.write(tone(0.02))
        assert packets.parse(phone.recv(2000)).payload_type == 8


@pytest.mark.parametrize("secured", [False, True])
async def test_digits_reach_the_owner(ring: Ring, secured: bool) -> None:
    call = ring(srtp=SrtpKeys(KEY_A, KEY_B) if secured else None)
    await call.play(tone(0.2))
    theirs = call.theirs
    for key, start in ((5, 3_000_000), (5, 3_001_600), (11, 3_003_200)):
        for duration in (0, 160, 320):
            packet = packets.build(
                101, theirs._sending.index, start, 1234, build_event(key, duration, end=False)
            )
            theirs._sending.index += 1
            sealed = theirs._srtp.protect(packet) if secured else packet
            theirs._send(theirs._rtp, sealed, theirs._in.latch.target)
            await settle()
    assert call.digits == ["5", "5", "#"]


async def test_tones_are_digits_only_without_telephone_events(ring: Ring) -> None:
    at = 2 * np.pi * np.arange(1600) / 16000
    key = (6000 * (np.sin(770 * at) + np.sin(1336 * at))).astype(np.int16)
    keys = np.concatenate([tone(0.5), key, np.zeros(1600, np.int16), key, np.zeros(3200, np.int16)])
    for codec, kind in (("PCMA", 8), ("G722", 9)):
        without, having = ring(codec=codec, payload_type=kind, event_type=None), ring()
        await without.play(keys)
        await having.play(keys)
        assert without.digits == ["5", "5"]
        assert having.digits == []


@pytest.mark.parametrize("secured", [False, True])
async def test_call_goes_on_in_another_process(ring: Ring, secured: bool) -> None:
    """The state travels as JSON and the sockets as descriptors, as between the gateway's processes."""
    call = ring(srtp=SrtpKeys(KEY_A, KEY_B) if secured else None)
    for leg, other in ((call.ours, call.theirs), (call.theirs, call.ours)):
        leg._sending.index = 0x2FFF0  # the sequence has wrapped twice and soon wraps again
        if secured:
            heard = (other._sending.ssrc, 0x2FFEF)
            leg._srtp = Srtp(leg._srtp.keys, ssrc=leg._sending.ssrc, sent=0x2FFEF, heard=heard)
    call.ours._reports._next = call.time.now  # one report before the hand-over, some after it
    await call.play(tone(0.2))
    first, digits = call.ours, []
    state = json.loads(json.dumps(first.release().to_json()))
    await call.theirs_say(3)  # arrives while nobody reads
    sockets = [socket.socket(fileno=os.dup(own.fileno())) for own in (first._rtp, first._rtcp)]
    first.close()
    call.ours = Leg.resume(*sockets, LegState.from_json(state), on_digit=digits.append, clock=call.time)
    before = call.theirs.stats
    heard = await call.play(tone(8.0))
    after = call.theirs.stats
    assert after.lost == after.refused == call.ours.stats.refused == 0
    assert after.received - before.received == 400
    assert call.ours.stats.received == 403
    assert call.ours.state().sent_cycles == 3
    assert call.theirs.state().heard[0] == state["ssrc"]
    if secured:
        assert call.ours.state().reports_sent > state["reports_sent"] == 1
        assert call.ours.state().heard[2] == 3
    assert signal_to_noise(heard[-16000:], 16000, 1020.0) > 36


async def test_a_digit_that_spans_the_hand_over_counts_once(ring: Ring) -> None:
    call = ring()
    await call.play(tone(0.1))
    packet = packets.build(101, 1, 800_000, 1234, build_event(7, 160, end=False), marker=True)
    call.theirs._send(call.theirs._rtp, packet, call.theirs._in.latch.target)
    await settle()
    assert call.digits == ["7"]
    state, later = call.ours.release(), []
    sockets = [socket.socket(fileno=os.dup(own.fileno())) for own in (call.ours._rtp, call.ours._rtcp)]
    call.ours.close()
    call.ours = Leg.resume(*sockets, state, on_digit=later.append, clock=call.time)
    call.theirs._send(call.theirs._rtp, packet, call.theirs._in.latch.target)
    await settle()
    assert later == []


async def test_owner_that_fails_on_a_digit_does_not_stop_the_sound(ring: Ring) -> None:
    call = ring()

    def fail(digit: str) -> None:
        call.digits.append(digit)
        raise RuntimeError(digit)

    call.ours._owner = fail
    for timestamp in (1000, 9000):
        packet = packets.build(101, 1, timestamp, 1234, build_event(7, 160, end=False), marker=True)
        call.theirs._send(call.theirs._rtp, packet, call.theirs._in.latch.target)
    heard = await call.play(tone(1.0))
    assert call.digits == ["7", "7"]
    assert heard[-3200:].any()


async def test_goodbye_is_said_once_and_not_after_release(ring: Ring) -> None:
    for release in (False, True):
        call = ring()
        await call.play(tone(0.1))
        if release:
            call.ours.release()
        seen: list[bytes] = []
        hear = call.theirs._reports.hear
        call.theirs._reports.hear = lambda packet, *rest, hear=hear, seen=seen: (
            seen.append(packet),
            hear(packet, *rest),
        )[1]
        call.ours.close()
        call.ours.close()
        await settle()
        byes = [part for packet in seen for part in rtcp.split(packet) if part.kind == rtcp.BYE]
        assert len(byes) == (0 if release else 1)


async def test_hold_stops_sound_both_ways_and_time_goes_on(ring: Ring) -> None:
    call = ring()
    await call.play(tone(1.0))
    agreement, before = call.ours.state().agreement, call.ours.state()
    call.ours.update(replace(agreement, held=True, direction="recvonly"))
    heard = await call.play(tone(1.0))
    assert not heard.any()
    assert call.ours.level == -127
    assert call.ours.stats.sent == 50
    after = call.ours.state()
    assert after.sequence == before.sequence
    assert after.timestamp == (before.timestamp + 8000) & 0xFFFFFFFF
    call.ours.update(agreement)
    heard = await call.play(tone(1.0))
    assert signal_to_noise(heard[-8000:], 16000, 1020.0) > 20
    assert call.ours.stats.sent == 100


async def test_keys_and_codec_may_change_in_the_middle(ring: Ring) -> None:
    call = ring(srtp=SrtpKeys(KEY_A, KEY_B))
    await call.play(tone(1.0))
    new = SrtpKeys(bytes(range(1, 31)), bytes(range(3, 33)))
    for leg, keys in ((call.ours, new), (call.theirs, SrtpKeys(new.receive, new.send))):
        leg.update(replace(leg.state().agreement, srtp=keys, codec="G722", payload_type=9))
    heard = await call.play(tone(3.0, 440.0))
    assert signal_to_noise(heard[-16000:], 16000, 440.0) > 50
    assert call.ours.stats.refused <= 2  # the old SSRC's last packets
    for leg in (call.ours, call.theirs):
        leg.update(replace(leg.state().agreement, srtp=None))
    heard = await call.play(tone(3.0, 440.0))
    assert signal_to_noise(heard[-16000:], 16000, 440.0) > 50


async def test_wrong_keys_are_silence_and_counted(ring: Ring) -> None:
    call = ring(srtp=SrtpKeys(KEY_A, KEY_B))
    call.theirs.update(
        replace(call.theirs.state().agreement, srtp=SrtpKeys(bytes(range(9, 39)), bytes(range(8, 38))))
    )
    heard = await call.play(tone(0.5))
    assert not heard.any()
    assert call.ours.stats.refused >= 25
    assert call.ours.state().latched is None


@pytest.mark.parametrize(("ptime", "count"), [(10, 100), (20, 50), (30, 33), (40, 25), (60, 16)])
async def test_far_sides_packet_length_is_honoured(ring: Ring, ptime: int, count: int) -> None:
    call = ring(ptime=ptime)
    await call.play(tone(1.0))
    assert call.ours.stats.sent == count
    assert call.ours.level > -20


async def test_rtcp_on_the_rtp_port(ring: Ring) -> None:
    call = ring(rtcp_mux=True)
    await call.play(tone(20.0))
    assert call.ours.stats.rtt is not None
    assert call.ours.stats.refused == 0


async def test_leg_without_an_address_sends_nothing(ring: Ring) -> None:
    call = ring()
    call.ours.update(replace(call.ours.state().agreement, remote=("0.0.0.0", 4000), remote_rtcp=None))
    call.ours.write(tone(0.02))
    assert call.ours.stats.sent == 0


async def test_frames_of_a_wrong_form_are_an_error(ring: Ring) -> None:
    call = ring()
    for wrong in (np.zeros(160, np.int16), np.zeros(320, np.float32), np.zeros((2, 160), np.int16)):
        with pytest.raises(ValueError, match="320 samples"):
            call.ours.write(wrong)
    call.ours.write(np.zeros(640, np.int16)[::2])  # a view is fine


async def test_silence_of_the_far_side_is_measured(ring: Ring) -> None:
    call = ring()
    assert call.ours.silent_for(call.time.now) == 0
    await call.play(tone(0.2))
    call.time.now += 30
    assert call.ours.silent_for(call.time.now) == pytest.approx(30, abs=0.03)


async def test_ipv6(ring: Ring) -> None:
    time, made = Time(), []
    for _ in range(4):
        one = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        one.bind(("::1", 0))
        made.append(one)
    agreements = [
        Agreement(made[2 * n].getsockname()[:2], made[2 * n + 1].getsockname()[:2], "PCMA", 8) for n in (1, 0)
    ]
    ours = Leg(made[0], made[1], agreements[0], on_digit=print, clock=time)
    theirs = Leg(made[2], made[3], agreements[1], on_digit=print, clock=time)
    call = Call(time, ours, theirs)
    assert signal_to_noise((await call.play(tone(3.0)))[-8000:], 16000, 1020.0) > 36
    ours.close()
    theirs.close()
