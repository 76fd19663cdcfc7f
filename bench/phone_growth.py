"""How memory grows while calls go on for long: part of `bench phone`, only when it is asked for.

    python -m bench phone --parts growth --minutes 45

A real gateway takes one call a second, which hears the greeting for a second and is hung up; beside it the
process of a meeting keeps one telephone and four browsers who speak without end. Growth is the slope of a
straight line through the samples of the later two thirds: before, tables and caches fill that have a limit.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import numpy as np

from bench.callers import busy_meeting
from bench.processes import resident_kb
from tests.running import OnMeetServer

CHUNK = 30


@dataclass(frozen=True)
class Growth:
    """The growth table. Megabytes; *an hour* is a slope."""

    minutes: float
    calls: int
    failed: int
    gateway_at_start: float
    gateway_at_third: float
    gateway_at_end: float
    gateway_an_hour: float
    meeting_at_start: float
    meeting_at_third: float
    meeting_at_end: float
    meeting_an_hour: float


Ring = Callable[[int, int, float], Awaitable[list[float | None]]]


async def growth(settings: str, ring: Ring, minutes: float) -> Growth:
    """ring: makes calls to a port, so many, so many a second; seconds until each was answered, or None."""
    samples: list[tuple[float, float, float]] = []
    times: list[float | None] = []
    with OnMeetServer(ONMEET_SIP="on", ONMEET_PHONE=settings) as server:
        gateway, port = server.sip_pid(), int(server.environment["ONMEET_SIP_PORT"])
        async with busy_meeting(1) as (meeting, _, _):
            times += await ring(port, CHUNK, 1.0)
            start = time.monotonic()
            while (now := time.monotonic() - start) < 60 * minutes or len(samples) < 4:
                samples.append((now, resident_kb(gateway) / 1024, resident_kb(meeting.pid) / 1024))
                print("# {:.0f} s: gateway {:.2f} MB, meeting {:.2f} MB".format(*samples[-1]), flush=True)
                times += await ring(port, CHUNK, 1.0)
    third = len(samples) // 3
    at, *columns = np.array(samples).T
    slopes = [3600 * float(np.polyfit(at[third:], each[third:], 1)[0]) for each in columns]
    rows = [(float(each[0]), float(each[third]), float(each[-1])) for each in columns]
    return Growth(at[-1] / 60, len(times), times.count(None), *rows[0], slopes[0], *rows[1], slopes[1])
