"""The beat: absolute deadlines, late frames spread, no catching up after sleep."""

from __future__ import annotations

import asyncio
import itertools
import time

import pytest

from sip.media.pace import FRAME_SECONDS, Beat, Clock20ms


def run(beat: Beat, now: float, hold: dict[int, float], count: int) -> list[float]:
    """Take `count` frames; `hold` makes the loop late by so much before a frame. When each was taken."""
    taken = []
    for place in range(count):
        now += beat.due(now) + hold.get(place, 0.0)
        beat.taken(now)
        taken.append(now)
    return taken


def test_deadlines_are_absolute() -> None:
    taken = run(Beat(100.0), 100.0, dict.fromkeys(range(0, 1000, 3), 0.003), 1000)
    assert taken[-1] == pytest.approx(100 + 999 * FRAME_SECONDS + 0.003, abs=1e-6)


def test_late_frames_are_made_up_for_without_a_burst() -> None:
    taken = run(Beat(0.0), 0.0, {10: 0.1}, 40)
    gaps = [after - before for before, after in itertools.pairwise(taken)]
    assert min(gaps) >= 0.0099
    assert taken[-1] == pytest.approx(39 * FRAME_SECONDS)


def test_machine_that_slept_is_not_made_up_for() -> None:
    beat = Beat(0.0)
    taken = run(beat, 0.0, {10: 3600.0}, 40)
    assert beat.skipped == pytest.approx(180_000, abs=30)
    gaps = [after - before for before, after in itertools.pairwise(taken)]
    assert min(gaps) >= 0.0099


async def test_clock_comes_by_50_times_a_second() -> None:
    clock, moments = Clock20ms(), []
    start = time.monotonic()
    async for now in clock:
        moments.append(now)
        if len(moments) == 26:
            break
    # A machine that stalled for longer than half a second has skipped some.
    assert moments[-1] - moments[0] == pytest.approx(0.5 + clock.skipped * FRAME_SECONDS, abs=1e-6)
    assert time.monotonic() - start >= 0.49


async def test_clock_lets_others_run_when_it_is_behind() -> None:
    now, others = 0.0, 0

    async def other() -> None:
        nonlocal others
        while True:
            others += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(other())
    clock = Clock20ms(lambda: now)
    for _ in range(10):
        await clock.next()
        now += 0.02
    task.cancel()
    assert others >= 9
