"""A simulated line, from tone to tone: what jitter, loss, skew and silence do to the sound."""

from __future__ import annotations

import numpy as np
import pytest

from sip.media import codecs
from sip.media.noise import level_of
from sip.media.playout import Playout
from tests.sip.media.lines import (
    LEVEL,
    START,
    Line,
    random_loss,
    roughness,
    signal_to_noise,
    tone,
    uniform_jitter,
)

HERTZ = 1020.0
CLEAN = 0.06
"""Roughness that quantisation alone gives a tone; a step of a tenth of its height would double it."""


def settled(line: Line) -> np.ndarray:
    return line.heard[2 * line.playout.rate :]


@pytest.mark.parametrize("ptime", [10, 20, 30, 40, 60])
@pytest.mark.parametrize("codec", ["PCMA", "G722"])
def test_every_packet_length_is_played_whole(codec, ptime: int) -> None:
    hertz, least = (440.0, 50.0) if codec == "G722" else (HERTZ, 38.0)
    line = Line(tone(12.0, hertz), codec=codec, ptime=ptime).run()
    assert signal_to_noise(line.heard[8 * line.playout.rate :], line.playout.rate, hertz) >= least
    assert set(line.verdicts) == {"kept"}


def test_delay_on_a_steady_line_is_one_packet_or_less() -> None:
    line = Line(tone(8.0, HERTZ)).run()
    assert np.median(line.delays[200:]) <= 0.021


@pytest.mark.parametrize("jitter", [0.005, 0.02, 0.04, 0.08])
@pytest.mark.parametrize("codec", ["PCMA", "G722"])
def test_jitter_is_absorbed_without_a_click(codec, jitter: float) -> None:
    line = Line(tone(20.0, HERTZ), codec=codec, delay=uniform_jitter(jitter)).run()
    assert roughness(settled(line), HERTZ, line.playout.rate) < CLEAN
    assert np.median(line.delays[200:]) <= jitter + 0.025
    assert line.verdicts.get("late", 0) <= 5


def test_delay_shrinks_when_the_network_calms_down() -> None:
    rough = uniform_jitter(0.08)
    line = Line(tone(24.0, HERTZ), delay=lambda number: rough(number) if number < 400 else 0.02).run()
    assert np.median(line.delays[300:400]) > 0.03
    assert np.median(line.delays[-200:]) <= 0.021
    assert roughness(settled(line), HERTZ, line.playout.rate) < CLEAN


def test_rare_stragglers_do_not_delay_everything() -> None:
    line = Line(tone(20.0, HERTZ), delay=lambda number: 0.14 if number % 97 == 50 else 0.02).run()
    assert line.verdicts["late"] <= 11
    assert np.median(line.delays[200:]) <= 0.021
    assert roughness(settled(line), HERTZ, line.playout.rate) < 0.2


def test_frequent_stragglers_are_waited_for() -> None:
    line = Line(tone(20.0, HERTZ), delay=lambda number: 0.12 if number % 20 == 10 else 0.02).run()
    assert line.verdicts.get("late", 0) <= 5
    assert np.median(line.delays[200:]) <= 0.13
    assert roughness(settled(line), HERTZ, line.playout.rate) < 0.2


def test_a_stall_of_the_network_costs_time_and_not_words() -> None:
    line = Line(
        tone(20.0, HERTZ),
        delay=lambda number: max(0.02, 0.2 - 0.02 * (number - 500)) if 500 <= number < 510 else 0.02,
    ).run()
    assert line.verdicts == {"kept": 998}
    assert np.median(line.delays[-100:]) <= 0.021


@pytest.mark.parametrize("skew", [200.0, -200.0])
@pytest.mark.parametrize("codec", ["PCMA", "G722"])
def test_skewed_clock_of_the_sender_makes_no_click_and_no_gap(codec, skew: float) -> None:
    line = Line(tone(180.0, HERTZ), codec=codec, skew=skew).run()
    assert roughness(settled(line), HERTZ, line.playout.rate) < CLEAN
    assert line.playout.concealed / line.playout.rate <= 0.1
    assert max(line.delays[200:]) <= 0.04
    assert set(line.verdicts) == {"kept"}


@pytest.mark.parametrize(("share", "most_down"), [(0.01, 0.3), (0.05, 0.6), (0.1, 1.0), (0.2, 2.0)])
def test_loss_keeps_the_level_and_makes_no_click(share: float, most_down: float) -> None:
    line = Line(tone(30.0, 400.0), lost=random_loss(share)).run()
    heard = settled(line)
    assert abs(level_of(heard) - level_of(tone(1.0, 400.0))) <= most_down
    assert roughness(heard, 400.0, 8000) < 0.2
    concealed = line.playout.concealed / len(line.heard)
    assert concealed == pytest.approx(share, abs=0.02)


def test_loss_and_jitter_and_reordering_together() -> None:
    line = Line(tone(30.0, 400.0), lost=random_loss(0.1), delay=uniform_jitter(0.06)).run()
    assert abs(level_of(settled(line)) - level_of(tone(1.0, 400.0))) <= 1.0
    assert line.verdicts.get("late", 0) <= 20


def test_loss_does_not_move_the_sound_in_time() -> None:
    beeps = tone(20.0, 1000.0) * (np.arange(16000 * 20) % 8000 < 160)  # 10 ms, twice a second
    line = Line(beeps, lost=lambda number: number % 7 == 3 and number % 25 not in (0, 1, 24)).run()
    starts = [int(np.argmax(np.abs(line.heard[at : at + 4000]) > 3000)) for at in range(40000, 150000, 4000)]
    assert max(starts) - min(starts) <= 4


def test_gap_longer_than_60_ms_fades_into_the_background() -> None:
    background = np.random.default_rng(3).standard_normal(16000 * 8) * 60
    speech = tone(8.0, 400.0) * (np.arange(16000 * 8) // 8000 % 2)
    line = Line((background + speech).astype(np.int16), lost=lambda number: 210 <= number < 240).run()
    hole = line.heard[160 * 218 : 160 * 238]
    assert level_of(hole) < -48
    assert level_of(hole) == pytest.approx(level_of((background).astype(np.int16)) - 3, abs=5)


def test_sender_that_stops_ends_in_silence_and_may_come_back() -> None:
    line = Line(tone(10.0, HERTZ), lost=lambda number: 150 <= number < 400).run()
    assert level_of(line.heard[160 * 160 : 160 * 395]) < -49
    assert signal_to_noise(line.heard[160 * 420 :], 8000, HERTZ) >= 36


@pytest.mark.parametrize("jitter", [0.0, 0.04])
def test_sender_that_is_silent_between_words_loses_none_of_them(jitter: float) -> None:
    line = Line(
        tone(40.0, HERTZ),
        delay=uniform_jitter(jitter),
        unsent=lambda number: number // 50 % 2 == 1,
        skew=200.0,
    ).run()
    loud = np.abs(line.heard.reshape(-1, 80)).max(axis=1) > LEVEL / 2  # in pieces of 10 ms
    edges = np.flatnonzero(np.diff(loud.astype(int)))
    words = [end - start for start, end in zip(edges[:-1:2], edges[1::2], strict=True)][2:]
    assert len(words) >= 16
    assert min(words) >= 98  # of 100
    assert max(words) <= 108  # the end fades out
    assert roughness(settled(line), HERTZ, 8000) < 0.2
    assert "late" not in line.verdicts or line.verdicts["late"] < 5


def packets(codec: codecs.Codec, sound: np.ndarray) -> list[bytes]:
    return [codec.encode(sound[at : at + 320]) for at in range(0, len(sound), 320)]


def test_described_comfort_noise_is_played_until_sound_comes() -> None:
    playout, codec = Playout("PCMA", seed=4), codecs.make("PCMA")
    heard = []
    for number, payload in enumerate(packets(codec, tone(1.0))):
        playout.put(number, 160 * number, payload, START + 0.02 * number)
        heard.append(playout.read(START + 0.02 * number + 0.01))
    playout.describe_noise(b"\x32")  # 50 dB below overload
    for number in range(50, 200):
        heard.append(playout.read(START + 0.02 * number + 0.01))
    quiet = np.concatenate(heard[60:])
    assert level_of(quiet) == pytest.approx(-50, abs=0.5)
    for place, payload in enumerate(packets(codec, tone(1.0))):
        number = 200 + place
        playout.put(51 + place, 160 * number, payload, START + 0.02 * number)
        heard.append(playout.read(START + 0.02 * number + 0.01))
    assert signal_to_noise(np.concatenate(heard[215:]), 8000, HERTZ) >= 36
    assert level_of(heard[207]) > -20  # the first word after silence is not lost


@pytest.mark.parametrize("jump", [0x40000000, -3_000_000, 90_000])
def test_timestamps_that_jump_cost_a_moment_only(jump: int) -> None:
    playout, codec = Playout("PCMA", seed=4), codecs.make("PCMA")
    heard = []
    for number, payload in enumerate(packets(codec, tone(6.0))):
        timestamp = (5_000_000 + 160 * number + (jump if number >= 100 else 0)) & 0xFFFFFFFF
        playout.put(number, timestamp, payload, START + 0.02 * number)
        heard.append(playout.read(START + 0.02 * number + 0.01))
    assert playout.concealed / 8000 < 0.15
    assert signal_to_noise(np.concatenate(heard[200:]), 8000, HERTZ) >= 36


def test_reader_that_stumbles_and_catches_up_hears_everything() -> None:
    playout, codec = Playout("PCMA", seed=4), codecs.make("PCMA")
    heard, waiting = [], 0
    for number, payload in enumerate(packets(codec, tone(6.0))):
        playout.put(number, 160 * number, payload, START + 0.02 * number)
        waiting += 1
        if not 150 <= number < 155:  # the reader hangs for 100 ms
            while waiting:
                heard.append(playout.read(START + 0.02 * (number - waiting + 1) + 0.01))
                waiting -= 1
    sound = np.concatenate(heard)
    assert roughness(sound[3200:], HERTZ, 8000) < CLEAN
    assert signal_to_noise(sound[16000:], 8000, HERTZ) >= 36


def test_frames_are_20_ms_whatever_happens() -> None:
    playout = Playout("G722")
    sizes = set()
    for number in range(500):
        if number % 3:
            playout.put(number, number * 97 & 0xFFFFFFFF, bytes(1 + number % 300), START + number * 0.013)
        sizes.add(len(playout.read(START + number * 0.02)))
    assert sizes == {320}
