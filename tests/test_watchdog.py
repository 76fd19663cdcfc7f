"""A relay that hangs is ended; one that starts, or is slow for a while, is left alone."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from onmeet import watchdog
from onmeet.watchdog import Patience
from tests.running import OnMeetServer
from tests.waiting import until


def test_relay_that_has_not_answered_yet_gets_its_time_to_start():
    patience = Patience(silent=20, starting=60)
    assert not any(patience.feed(False, now) for now in range(100, 160, 5))
    assert patience.feed(False, 160)


def test_silence_is_counted_from_the_last_answer():
    patience = Patience(silent=20, starting=60)
    patience.feed(True, 0)
    assert not patience.feed(False, 19)
    patience.feed(True, 20)
    assert not patience.feed(False, 39)
    assert patience.feed(False, 40)


def test_after_the_end_the_new_relay_gets_all_its_time():
    patience = Patience(silent=20, starting=60)
    patience.feed(True, 0)
    assert patience.feed(False, 20)
    assert not patience.feed(False, 60)
    assert not patience.feed(False, 119)
    patience.feed(True, 120)
    assert patience.feed(False, 140)


def test_watching_stops_when_told(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(watchdog, "ASK_SECONDS", 0.001)
    stopped, asked = threading.Event(), threading.Event()

    def ask() -> bool:
        asked.set()
        return True

    thread = threading.Thread(target=watchdog.watch, args=(ask, pytest.fail, stopped))
    thread.start()
    assert asked.wait(10)
    stopped.set()
    thread.join(10)
    assert not thread.is_alive()


@pytest.mark.timeout(240)
def test_hanging_relay_is_replaced():
    with OnMeetServer("tests.impatient_server") as server:
        old = server.relay_pid()
        os.kill(old, signal.SIGSTOP)
        # 5 s when the watchdog has had an answer before, 30 s when the relay was stopped sooner than that
        until(lambda: old not in server.pids(), "the end of the relay that hangs", within=60)
        server.until_healthy(within=60)
        assert old not in server.pids()
