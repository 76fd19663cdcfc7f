"""Callers and members hear each other through the real relay: real RTP, Opus and SFrame, tones as voices."""

from __future__ import annotations

import asyncio
from itertools import groupby

import numpy as np
import pytest

from tests.factories.handset import tone
from tests.factories.members import KeyedMember
from tests.sip.room.house import PROMPT_HERTZ, Call, PhoneHouse, share, snr
from tests.waiting import eventually

pytestmark = pytest.mark.timeout(240)  # on a machine that does much else a clear tone takes its time

GUEST, CALLER, OTHER = 440.0, 997.0, 1500.0
CLEAR = 0.9
"""Share of the power at a tone from which on it is what is heard."""


async def hears(call: Call, hertz: float) -> None:
    await eventually(lambda: share(call.handset.last(0.2), hertz) > CLEAR, f"the caller to hear {hertz}", 40)


async def is_heard(member: KeyedMember, index: int, hertz: float) -> None:
    await eventually(lambda: share(member.sound_of(index)[-3200:], hertz) > CLEAR, f"{hertz} to be heard", 40)


async def packets_flow(house: PhoneHouse, call: Call, count: int = 40) -> None:
    """Wait until the telephone has heard so many frames more: what would have come has come."""
    goal = len(call.handset.heard) + count
    await eventually(lambda: len(call.handset.heard) >= goal, "time to pass on the telephone")


async def is_told(call: Call, since: int) -> None:
    """Wait until the room process has spoken to the caller, after so many frames, or has hung up."""
    at, heard = since, call.handset.heard

    def spoken() -> bool:
        nonlocal at
        while at + 5 <= len(heard):
            if share(np.concatenate(heard[at : at + 5]), PROMPT_HERTZ) > 0.5:
                return True
            at += 1
        return bool(call.hung_up)

    await eventually(spoken, "a word to the caller")


@pytest.mark.parametrize(("codec", "payload_type"), [("PCMA", 8), ("G722", 9)])
async def test_caller_and_members_hear_each_other(house: PhoneHouse, codec: str, payload_type: int) -> None:
    host = await house.join(host=True)
    guest = await house.join(name="Ben")
    call = await house.bring_in(host, codec=codec, payload_type=payload_type)
    guest.voice, call.handset.voice = tone(GUEST), tone(CALLER)
    index = house.index(host, call)
    await hears(call, GUEST)
    for member in (host, guest):
        await is_heard(member, index, CALLER)
    # The best of several windows: a machine that runs other tests drops a frame now and then.
    down = [snr(call.handset.last(0.2), GUEST)]
    up = [snr(guest.sound_of(index)[-3200:], CALLER)]
    for _ in range(10):
        await packets_flow(house, call, 10)
        down.append(snr(call.handset.last(0.2), GUEST))
        up.append(snr(guest.sound_of(index)[-3200:], CALLER))
    assert max(down) > 20
    assert max(up) > 20
    assert not host.alarms
    assert not guest.alarms


async def test_callers_hear_each_other_and_not_themselves(house: PhoneHouse) -> None:
    host = await house.join(host=True)
    one = await house.bring_in(host)
    two = await house.bring_in(host)
    one.handset.voice, two.handset.voice = tone(CALLER), tone(OTHER)
    await hears(one, OTHER)
    await hears(two, CALLER)
    assert share(one.handset.last(0.4), CALLER) < 0.01
    assert share(two.handset.last(0.4), OTHER) < 0.01
    await is_heard(host, house.index(host, one), CALLER)
    await is_heard(host, house.index(host, two), OTHER)


async def test_nothing_flows_before_the_grant(house: PhoneHouse) -> None:
    """The relay lets the call in; the host has not sealed the key to it."""
    host = await house.join(host=True)
    guest = await house.join(name="Ben")
    guest.voice = tone(GUEST)
    call = await house.ring()
    call.handset.voice = tone(CALLER)
    await house.waiting(host, call)
    statement = host.statement(call.name)
    host.say("admit", call=call.name)
    await eventually(lambda: house.phone(host, call) is not None, "the phone to join")
    index = house.index(host, call)
    await packets_flow(house, call)
    assert share(call.handset.last(0.8), GUEST) < 0.01
    assert index not in host.heard
    assert not host.refused
    host.grant(call.name, statement.gw)
    await hears(call, GUEST)
    await is_heard(host, index, CALLER)


async def test_granted_call_without_a_place_at_the_relay_hears_nothing(house: PhoneHouse) -> None:
    host = await house.join(host=True)
    host.voice = tone(GUEST)
    call = await house.ring()
    await house.waiting(host, call)
    host.grant(call.name, host.statement(call.name).gw)
    await host.until(lambda: host.epoch is not None and call.name in host.epoch.phones, "the grant")
    await packets_flow(house, call)
    assert share(call.handset.last(0.8), GUEST) < 0.01


async def test_muted_caller_sends_nothing_at_all(house: PhoneHouse) -> None:
    host = await house.join(host=True)
    call = await house.bring_in(host)
    call.handset.voice = tone(CALLER)
    index = house.index(host, call)
    await is_heard(host, index, CALLER)
    for digit in "*6":
        call.process.digit(call.name, digit)
    await eventually(lambda: house.is_muted(host, call), "everybody to see the mute")
    await packets_flow(house, call)  # what was on its way
    before = len(host.heard[index])
    await packets_flow(house, call)
    assert len(host.heard[index]) == before
    for digit in "*6":
        call.process.digit(call.name, digit)
    await eventually(lambda: not house.is_muted(host, call), "everybody to see that it speaks")
    await eventually(lambda: len(host.heard[index]) > before + 50, "the voice to come back")


async def test_host_mutes_a_caller_and_the_caller_unmutes(house: PhoneHouse) -> None:
    host = await house.join(host=True)
    call = await house.bring_in(host)
    call.handset.voice = tone(CALLER)
    index = house.index(host, call)
    await is_heard(host, index, CALLER)
    host.say("mute", index=index, source="microphone")
    await eventually(lambda: house.is_muted(host, call), "the mute")
    await packets_flow(house, call)
    before = len(host.heard[index])
    await packets_flow(house, call)
    assert len(host.heard[index]) == before
    for digit in "*6":
        call.process.digit(call.name, digit)
    await eventually(lambda: len(host.heard[index]) > before + 25, "the voice to come back")


async def test_hand_is_raised_by_keys(house: PhoneHouse) -> None:
    host = await house.join(host=True)
    call = await house.bring_in(host)

    def raised() -> bool:
        phone = house.phone(host, call)
        return phone is not None and bool(phone["hand"])

    for expected in (True, False):
        for digit in "*9":
            call.process.digit(call.name, digit)
        await eventually(lambda expected=expected: raised() is expected, "the hand")


async def test_key_press_leaves_a_hole_in_the_voice(house: PhoneHouse) -> None:
    """Its tone, which many telephones send as sound as well, is not heard in the meeting."""
    host = await house.join(host=True)
    call = await house.bring_in(host)
    call.handset.voice = tone(CALLER)
    index = house.index(host, call)
    await is_heard(host, index, CALLER)
    start = len(host.heard[index])
    call.process.digit(call.name, "5")

    def hole() -> int:
        """Most quiet frames in a row. How long it is to be, test_room knows: here a stall makes it longer."""
        quiet = [abs(frame.astype(int)).max() < 500 for frame in host.heard[index][start:]]
        return max(len(list(run)) if silent else 0 for silent, run in groupby([False, *quiet]))

    await eventually(lambda: hole() >= 7, "a hole in the voice")
    await is_heard(host, index, CALLER)


@pytest.mark.parametrize("how", ["revoke", "hold", "kick"])
async def test_nothing_flows_afterwards(house: PhoneHouse, how: str) -> None:
    host = await house.join(host=True)
    guest = await house.join(name="Ben")
    call = await house.bring_in(host)
    guest.voice, call.handset.voice = tone(GUEST), tone(CALLER)
    index = house.index(host, call)
    await hears(call, GUEST)
    await is_heard(host, index, CALLER)
    since = len(call.handset.heard)
    if how == "revoke":
        host.revoke(call.name)
        await host.until(lambda: host.epoch is not None and not host.epoch.phones, "the epoch without it")
    else:
        host.say(how, index=index)
        await eventually(lambda: house.phone(host, call) is None, "the phone to go")
    await is_told(call, since)
    await packets_flow(house, call, 40)  # what was on its way, and the telephone's own buffer
    before = len(host.heard[index])
    await packets_flow(house, call)
    assert len(host.heard[index]) == before
    assert share(call.handset.last(0.8), GUEST) < 0.01


async def test_nothing_flows_when_the_last_host_has_left(house: PhoneHouse) -> None:
    host = await house.join(host=True)
    guest = await house.join(name="Ben")
    call = await house.bring_in(host)
    guest.voice, call.handset.voice = tone(GUEST), tone(CALLER)
    index = house.index(guest, call)
    await hears(call, GUEST)
    await is_heard(guest, index, CALLER)
    since = len(call.handset.heard)
    await house.leave(host)
    await eventually(lambda: house.phone(guest, call) is None, "the phone to be held")
    await guest.until(lambda: guest.epoch is not None and not guest.epoch.phones, "an epoch without it")
    await is_told(call, since)
    await packets_flow(house, call, 40)  # what was on its way, and the telephone's own buffer
    before = len(guest.heard[index])
    await packets_flow(house, call)
    assert len(guest.heard[index]) == before
    assert share(call.handset.last(0.8), GUEST) < 0.01
    assert not call.hung_up


async def test_caller_comes_back_from_the_lobby_with_another_index(house: PhoneHouse) -> None:
    host = await house.join(host=True)
    call = await house.bring_in(host)
    call.handset.voice = tone(CALLER)
    first = house.index(host, call)
    await is_heard(host, first, CALLER)
    host.waiting.clear()
    host.say("hold", index=first)
    await eventually(lambda: house.phone(host, call) is None, "the phone to go")
    await house.waiting(host, call)
    host.admit(call.name)
    await eventually(lambda: house.phone(host, call) is not None, "the phone to come back")
    again = house.index(host, call)
    assert again != first
    await is_heard(host, again, CALLER)
    assert not host.alarms


async def test_voices_go_on_when_somebody_joins(house: PhoneHouse) -> None:
    """Every join changes the key; nobody notices."""
    host = await house.join(host=True)
    call = await house.bring_in(host)
    host.voice, call.handset.voice = tone(GUEST), tone(CALLER)
    await hears(call, GUEST)
    late = await house.join(name="Zoe")
    index = house.index(late, call)
    await is_heard(late, index, CALLER)
    await hears(call, GUEST)
    await asyncio.sleep(0)
    assert not late.alarms
