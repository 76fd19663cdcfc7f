"""A browser's microphone behind a network that delays, swaps and loses packets."""

from __future__ import annotations

import random

import numpy as np
import pytest

from onmeet.e2ee.frame_keys import FrameRefusal
from sip.room.browsers import LEAST_MS, MOST_MS, Browser, Browsers
from sip.room.opus import Encoder
from sip.room.packets import Heard
from tests.factories.handset import tone
from tests.sip.room.house import share, snr

HERTZ = 440.0


def packets(count: int) -> list[bytes]:
    voice, encoder = tone(HERTZ), Encoder()
    return [encoder.encode(voice(n)) for n in range(count)]


def play(arrivals: list[tuple[float, int]], sound: list[bytes], ticks: int, first: int = 65_500) -> Browser:
    """Arrivals are (ms, number); one frame is taken each 20 ms. What was heard is kept in `browser.heard`."""
    browser, waiting = Browser(), sorted(arrivals)
    heard: list[np.ndarray] = []
    for tick in range(ticks):
        while waiting and waiting[0][0] <= tick * 20:
            _, number = waiting.pop(0)
            browser.put((first + number) & 0xFFFF, sound[number])
        frame = browser.frame()
        heard.append(np.zeros(320, np.int16) if frame is None else frame)
    browser.heard = np.concatenate(heard)  # type: ignore[attr-defined]
    return browser


def test_steady_stream_is_heard_without_a_gap_across_the_wrap_of_its_numbers() -> None:
    sound = packets(200)
    browser = play([(n * 20 + 5, n) for n in range(200)], sound, 200)
    assert browser.lost == browser.made_up == 0
    assert snr(browser.heard[16000:48000], HERTZ) > 25
    assert browser.target == LEAST_MS


def test_swapped_packets_are_put_in_order() -> None:
    sound = packets(100)
    order = [n ^ 1 for n in range(100)]
    browser = play([(n * 20 + 5, number) for n, number in enumerate(order)], sound, 100)
    assert browser.lost == 0
    assert snr(browser.heard[16000:30000], HERTZ) > 20


def test_lost_packets_are_made_up_for() -> None:
    sound = packets(300)
    arrivals = [(n * 20 + 5, n) for n in range(300) if n % 20 != 7]
    browser = play(arrivals, sound, 300)
    assert browser.lost == pytest.approx(15, abs=2)
    assert share(browser.heard[16000:80000], HERTZ) > 0.95


def test_jitter_makes_the_buffer_longer_and_calm_shorter_again() -> None:
    sound, chance = packets(1500), random.Random(3)
    arrivals = [(n * 20 + (chance.uniform(0, 120) if n < 300 else 5), n) for n in range(1500)]
    jittery = play([each for each in arrivals if each[1] < 300], sound, 300)
    assert LEAST_MS < jittery.target <= MOST_MS
    calm = play(arrivals, sound, 1500)
    assert calm.target < jittery.target
    assert calm.waiting <= 2 * LEAST_MS


def test_burst_after_a_stall_is_cut_to_its_end() -> None:
    sound = packets(300)
    arrivals = [(n * 20 + 5, n) for n in range(100)]
    arrivals += [(4000, n) for n in range(100, 200)] + [(n * 20 + 5, n) for n in range(200, 300)]
    browser = play(arrivals, sound, 300)
    assert browser.waiting <= 400
    assert share(browser.heard[-16000:], HERTZ) > 0.95


def test_pause_is_silence_and_the_voice_comes_back() -> None:
    sound = packets(200)
    arrivals = [(n * 20 + 5, n) for n in range(50)] + [(3000 + n * 20, n) for n in range(50, 200)]
    browser = play(arrivals, sound, 250)
    assert not browser.heard[40_000:47_000].any()
    assert share(browser.heard[56_000:70_000], HERTZ) > 0.95


def test_numbers_that_leap_begin_a_new_stream() -> None:
    sound = packets(100)
    browser = Browser()
    for n in range(50):
        browser.put(n, sound[n])
        browser.frame()
    for n in range(50, 100):
        browser.put(n + 20_000, sound[n])
        frame = browser.frame()
    assert frame is not None
    assert frame.any()


def test_packets_that_do_not_open_are_counted_and_not_decoded() -> None:
    def refuse(sender: int, frame: bytes) -> bytes:
        raise FrameRefusal("tag")

    browsers = Browsers(refuse)
    for n in range(10):
        browsers.put(Heard(1, n, bytes(50)))
    assert browsers.refused == {"tag": 10}
    assert browsers.frames() == []


def test_nonsense_that_opens_is_passed_over() -> None:
    """A member may seal whatever it likes."""
    browsers = Browsers(lambda sender, frame: frame)
    for n in range(100):
        browsers.put(Heard(1, n, random.Random(n).randbytes(n)))
        browsers.frames()


def test_only_the_latest_browsers_are_kept() -> None:
    browsers = Browsers(lambda sender, frame: frame)
    (packet,) = packets(1)
    for sender in range(40):
        browsers.put(Heard(sender, 0, packet))
    assert len(browsers._browsers) == 12
    browsers.forget(range(30, 40))
    assert len(browsers._browsers) == 2
