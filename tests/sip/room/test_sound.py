"""Callers and members hear each other through the real relay: real RTP, Opus and SFrame, tones as voices."""

from __future__ import annotations

from tests.factories.handset import tone
from tests.sip.room.house import PhoneHouse, eventually, share, snr


async def test_caller_and_member_hear_each_other(house: PhoneHouse) -> None:
    host = await house.join(host=True)
    guest = await house.join(name="Ben")
    call = await house.bring_in(host)
    guest.voice = tone(440)
    call.handset.voice = tone(997)
    index = house.index(host, call)
    await eventually(lambda: share(call.handset.last(1.0), 440) > 0.95, "the caller to hear the guest")
    for member in (host, guest):
        await eventually(
            lambda member=member: share(member.sound_of(index)[-16000:], 997) > 0.95,
            "members to hear the caller",
        )
    print(
        "caller hears",
        snr(call.handset.last(0.5), 440),
        "member hears",
        snr(guest.sound_of(index)[-8000:], 997),
    )
