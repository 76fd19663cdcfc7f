"""Callers at the reception of the whole gateway: PINs, right and wrong, hold, silence, broken prompts."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator

import pytest

from sip.gateway.guard import TRIES_PER_HOUR
from sip.media import codecs
from tests.factories.handset import tone
from tests.factories.softphone import Softphone
from tests.sip.gateway.front import WRONG_HERTZ, Front, Meeting, Stranger, media_of, phone, rtp_packet
from tests.sip.room.house import share
from tests.waiting import eventually, until

WRONG = "000000"
NUMBERS = ("+493012340001", "+493012340002", "+493012340003", "+493012340004", "+493012340005")

pytestmark = pytest.mark.timeout(240)  # the first test waits for the server, too


@pytest.fixture(scope="module")
def front() -> Iterator[Front]:
    with Front() as front:
        yield front
        log = front.whole_log()
        assert front.complaints() == []
        assert not [word for word in (*NUMBERS, WRONG) if word in log]
        pid = front.gateway_pid()
        until(lambda: not front.remembers(pid, list(NUMBERS)), "a clean memory", within=60)


@pytest.fixture(scope="module", autouse=True)
def soundless(front: Front) -> Iterator[Stranger]:
    """Somebody who called before all others and sends nothing, neither RTP nor RTCP."""
    with Stranger(front, "127.0.0.8") as one:
        asyncio.run(one.answered())
        yield one


@pytest.fixture
async def meeting(front: Front) -> AsyncIterator[Meeting]:
    async with Meeting(front) as meeting:
        yield meeting
    await front.until_empty(left=1)


async def called_wrong(caller: Softphone) -> None:
    """Wait until the caller has heard to its end that a PIN is wrong, or the call is over."""
    for heard in (True, False):
        await eventually(
            lambda heard=heard: (
                caller.reason is not None or (share(caller.sound(0.4), WRONG_HERTZ) > 0.1) is heard
            ),
            "a word about the PIN",
        )


async def guess(caller: Softphone, tries: int) -> None:
    """Type so many wrong PINs: the call ends with the last one, and with none before."""
    for _ in range(tries):
        assert caller.reason is None
        caller.press(f"{WRONG}#")
        await called_wrong(caller)
    assert await caller.ends() == "bye"


async def test_three_wrong_pins_end_the_call(front: Front) -> None:
    async with phone(front, number=NUMBERS[0]) as caller:
        await caller.dial("meet")
        await guess(caller, 3)


async def test_pin_may_be_dialled_directly_and_typed(front: Front, meeting: Meeting) -> None:
    async with phone(front) as first, phone(front, source="127.0.0.2") as second:
        await first.dial(meeting.pin)
        await eventually(lambda: meeting.waiting == 1, "the first in the lobby")
        await second.dial("meet")
        second.press(f"{meeting.pin}#")
        await eventually(lambda: meeting.waiting == 2, "the second in the lobby")
        await first.hang_up()
        await eventually(lambda: meeting.waiting == 1, "the first to be gone")
        await second.hang_up()


async def test_after_a_wrong_pin_was_dialled_the_right_one_may_be_typed(
    front: Front, meeting: Meeting
) -> None:
    async with phone(front, number=NUMBERS[1]) as caller:
        await caller.dial("99999999")
        await called_wrong(caller)
        caller.press(f"{meeting.pin}#")
        await eventually(lambda: meeting.waiting, "the lobby")
        await caller.hang_up()


async def guess_from(front: Front, number: str) -> None:
    """A call that tries what it may: two PINs after the one that it dialled."""
    async with phone(front, number=number) as caller:
        await caller.dial("999999")
        assert caller.agreement is not None
        await called_wrong(caller)
        await guess(caller, 2)


async def test_caller_who_guesses_is_not_answered_and_others_are(front: Front, meeting: Meeting) -> None:
    await asyncio.gather(*(guess_from(front, NUMBERS[2]) for _ in range(TRIES_PER_HOUR // 3)))
    async with phone(front, number=NUMBERS[2]) as caller:
        await caller.dial(meeting.pin)
        assert caller.agreement is None
        assert caller.reason == "refused"
    async with phone(front, number=NUMBERS[3]) as other:
        await other.dial(meeting.pin)
        await eventually(lambda: meeting.waiting, "the lobby")
        await other.hang_up()


async def test_hold_and_resume_at_the_reception(front: Front, meeting: Meeting) -> None:
    """Music of the one who holds is no key press, and what was typed before still counts."""
    with Stranger(front) as one, Stranger(front) as ear:
        one.media = (ear.source, ear.port)
        one.invite()
        response = await one.final()
        assert response is not None
        one.say(one.request("ACK", seq=response.cseq.number))
        there = media_of(response.body)
        await sounds(ear, True)
        for direction, flows in (
            ("sendonly", False),
            ("sendrecv", True),
            ("inactive", False),
            ("sendrecv", True),
        ):
            one.say(one.request("INVITE", body=one.offer() + f"a={direction}\r\n".encode()))
            response = await one.final()
            assert response is not None
            assert response.status == 200
            one.say(one.request("ACK", seq=response.cseq.number))
            await sounds(ear, flows)
        ear.target = there
        for place, key in enumerate(f"{meeting.pin}#"):
            event = bytes(["0123456789*#".index(key), 0x80 | 10, 3, 32])
            ear.say(rtp_packet(place * 10, event, payload_type=101, marker=True))
            await asyncio.sleep(0.05)
        for place in range(25):
            ear.say(rtp_packet(200 + place, codecs.make("PCMA").encode(tone(300)(place))))
            await asyncio.sleep(0.02)
        await eventually(lambda: meeting.waiting, "the lobby")
        one.say(one.request("BYE"))
        assert await one.final("BYE") is not None


async def sounds(ear: Stranger, expected: bool) -> None:
    """Wait until packets come, or none has come for a third of a second."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        try:
            await asyncio.wait_for(asyncio.get_running_loop().sock_recv(ear.socket, 2048), 0.3)
        except TimeoutError:
            if not expected:
                return
        else:
            if expected:
                return
    raise AssertionError(f"sound flows: {not expected}")


def broken_prompts(front: Front) -> None:
    """Recordings that are none: a folder in place of a file, junk, nothing; and no right to write."""
    prompts = front.data / "prompts" / "en"
    for number, file in enumerate(sorted(prompts.iterdir())):
        file.unlink()
        if number % 3 == 0:
            file.mkdir()
        elif number % 3 == 1:
            file.write_bytes(b"RIFF" + bytes(range(256)) * 9)
        else:
            file.touch()
    prompts.chmod(0o500)
    prompts.parent.chmod(0o500)


async def test_caller_without_sound_is_let_go(front: Front, soundless: Stranger) -> None:
    """The question for the PIN is repeated, then the call ends, half a minute after it began."""
    assert await soundless.asked("BYE", 60) is not None
    await front.until_empty()


async def test_broken_recordings_give_way_to_the_shipped_ones() -> None:
    front = Front()
    broken_prompts(front)
    with front:
        async with phone(front) as caller:
            await caller.dial("meet")
            await eventually(lambda: len(caller.heard) > 100, "sound")
            await eventually(lambda: abs(caller.sound(1.0).astype(int)).max() > 1000, "the greeting", 30)
            await caller.hang_up()
        assert "Traceback" not in front.whole_log()
