"""Audio levels: who speaks, and whose sound is forwarded."""

from __future__ import annotations

from tests.peers.meeting import Meeting

SILENCE = 127


async def test_the_loudest_speaker_is_told_to_everybody(meeting: Meeting) -> None:
    quiet = await meeting.join(camera=False, level=SILENCE)
    loud = await meeting.join(camera=False, level=15)
    await meeting.until(
        lambda: quiet.peer.speakers[:1] == [loud.index] == loud.peer.speakers[:1],
        "the speaker to be found",
    )
    assert quiet.microphone is not None
    assert loud.microphone is not None
    quiet.microphone.level, loud.microphone.level = 15, SILENCE
    await meeting.until(lambda: loud.peer.speakers[:1] == [quiet.index], "the other one to speak")


async def test_silence_has_no_speaker(meeting: Meeting) -> None:
    first = await meeting.join(camera=False, level=15)
    await meeting.join(camera=False, level=SILENCE)
    await meeting.until(lambda: first.peer.speakers == [first.index])
    assert first.microphone is not None
    first.microphone.level = SILENCE
    await meeting.until(lambda: first.peer.speakers == [], "the list to become empty")


async def test_only_the_loudest_four_of_six_are_forwarded(meeting: Meeting) -> None:
    levels = [60, 10, 20, 70, 25, 30]
    senders = [await meeting.join(camera=False, level=level) for level in levels]
    listener = await meeting.join(camera=False, microphone=False)
    by_level = sorted(senders, key=lambda m: m.microphone.level if m.microphone else SILENCE)
    loud, soft = by_level[:4], by_level[4:]
    await meeting.until(
        lambda: all(listener.received(m, "microphone") > 10 for m in loud), "the loudest four"
    )
    await meeting.flow(50, senders[0])  # a second, so that the choice has settled
    before = {m.index: listener.received(m, "microphone") for m in senders}
    gained: dict[int, int] = {}

    def a_second() -> bool:
        gained.update({m.index: listener.received(m, "microphone") - before[m.index] for m in senders})
        return all(gained[m.index] >= 40 for m in loud)

    await meeting.until(a_second, "a second of the loudest four")
    assert all(gained[m.index] == 0 for m in soft), gained
    await meeting.until(lambda: listener.peer.speakers == [m.index for m in loud], "the four in order")


async def test_who_becomes_loud_is_let_in_without_a_gap(meeting: Meeting) -> None:
    senders = [await meeting.join(camera=False, level=20 + i) for i in range(5)]
    listener = await meeting.join(camera=False, microphone=False)
    await meeting.until(lambda: listener.received(senders[0], "microphone") > 60)
    last = senders[-1]
    assert last.microphone is not None
    before = listener.received(last, "microphone")
    last.microphone.level = 5
    await meeting.until(lambda: listener.received(last, "microphone") > before + 20, "the new one")
    stream = listener.stream(last, "microphone")
    assert stream is not None
    assert (stream.lost, len(stream.missing)) == (0, 0), "left-out packets must not look lost"
