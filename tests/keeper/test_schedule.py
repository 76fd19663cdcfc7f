"""What is due when, and what becomes of jobs that fail."""

from __future__ import annotations

import threading
from datetime import datetime

from onmeet.keeper.chores import JOBS, Chores, Ending, jobs
from onmeet.keeper.schedule import LONGEST_BACK_OFF, Job, Schedule


def test_everything_is_due_at_the_start_in_order():
    work = {name: (lambda _now: None) for name in reversed(JOBS)}
    assert jobs(work).due(0.0) == list(JOBS)


def test_meeting_data_is_swept_each_minute_and_everything_each_hour():
    assert (JOBS["meetings"], JOBS["everything"]) == (60.0, 3600.0)
    schedule = Schedule(Job("meetings", 60.0))
    schedule.done("meetings", 100.0)
    assert schedule.due(159.9) == []
    assert schedule.due(160.0) == ["meetings"]
    assert schedule.wait(130.0, 1000.0) == 30.0
    assert schedule.wait(130.0, 1.0) == 1.0
    assert schedule.wait(500.0, 1.0) == 0.0


def test_a_failing_job_is_tried_again_later_and_later():
    schedule = Schedule(Job("mail", 3600.0))
    waits = []
    now = 0.0
    for _ in range(12):
        schedule.failed("mail", now)
        waits.append(schedule.wait(now, 10_000.0))
        now += waits[-1]
    assert waits[:4] == [1.0, 2.0, 4.0, 8.0]
    assert waits[-1] == LONGEST_BACK_OFF
    schedule.done("mail", now)
    schedule.failed("mail", now)
    assert schedule.wait(now, 10_000.0) == 1.0


def test_what_is_asked_for_comes_early_and_never_late():
    schedule = Schedule(Job("traces", 60.0))
    schedule.done("traces", 0.0)
    schedule.soon("traces", 5.0)
    schedule.soon("traces", 50.0)
    assert schedule.due(5.0) == ["traces"]


def test_one_failing_job_does_not_stop_the_others():
    ran: list[str] = []

    def fail(_now: datetime) -> None:
        ran.append("notice")
        raise RuntimeError("broken")

    work = {"notice": fail, "meetings": lambda _now: ran.append("meetings")}
    seconds = [0.0]
    chores = Chores(work, threading.Event(), wall=lambda: 1_000_000.0, clock=lambda: seconds[0])
    chores.step()
    assert ran == ["notice", "meetings"]
    seconds[0] = 1.0
    chores.step()
    assert ran == ["notice", "meetings", "notice"]
    chores.ask("meetings")
    chores.step()
    assert ran[3:] == ["meetings"]


def test_a_long_job_breaks_off_when_the_process_ends():
    def endless(_now: datetime) -> None:
        raise Ending

    Chores({"everything": endless}, threading.Event(), wall=lambda: 0.0).run()
