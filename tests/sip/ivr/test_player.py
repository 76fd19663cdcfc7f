"""Prompts and pauses come out without a gap, and fade away when they are cut short."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from sip.interface import FRAME, RATE
from sip.ivr.player import FADE, Player
from sip.ivr.sounds import Prompts
from sip.ivr.steps import Cue, Part, Pause, Prompt, Say

PROMPTS = Prompts()
ONE, TWO = Cue("en", Prompt.DIGIT_1), Cue("en", Prompt.DIGIT_2)


def sound(part: Part) -> NDArray[np.int16]:
    if isinstance(part, Cue):
        return PROMPTS.sound(part.language, part.prompt)
    return np.zeros(round(part.seconds * RATE), np.int16)


def played(player: Player) -> NDArray[np.int16]:
    """Everything until the player is done, frame after frame."""
    frames = []
    while (frame := player.frame()) is not None:
        assert frame.shape == (FRAME,)
        assert frame.dtype == np.int16
        frames.append(frame)
    return np.concatenate(frames) if frames else np.zeros(0, np.int16)


PARTS = st.lists(st.sampled_from([ONE, TWO]) | st.builds(Pause, st.floats(0, 0.5)), max_size=6)


@given(PARTS)
def test_parts_follow_each_other_without_a_gap(parts: list[Part]) -> None:
    player = Player(PROMPTS)
    player.say(parts)
    whole = np.concatenate([np.zeros(0, np.int16), *map(sound, parts)])
    out = played(player)
    assert len(out) - len(whole) in range(FRAME)
    assert np.array_equal(out[: len(whole)], whole)
    assert not out[len(whole) :].any()


@given(PARTS)
def test_the_end_of_a_say_is_told_once(parts: list[Part]) -> None:
    player = Player(PROMPTS)
    player.say(Say(tuple(parts)).parts)
    while not player.done:
        assert not player.finished()
        player.frame()
    assert player.finished()
    assert not player.finished()


def test_nothing_plays_before_the_first_word() -> None:
    player = Player(PROMPTS)
    assert player.frame() is None
    assert player.done
    assert not player.finished()


def loud(player: Player) -> int:
    """Play until it is loud; the last sample that was heard."""
    while abs(int((frame := player.frame())[-1])) < 500:  # type: ignore[index]
        pass
    return int(frame[-1])  # type: ignore[index]


def test_a_sound_that_is_stopped_fades_within_five_milliseconds() -> None:
    player = Player(PROMPTS)
    player.say([Cue("en", Prompt.HELP)])
    loud(player)
    going_on = Player(PROMPTS)
    going_on.say([Cue("en", Prompt.HELP)])
    loud(going_on)
    player.stop()
    rest, unstopped = player.frame(), going_on.frame()
    assert rest is not None
    assert unstopped is not None
    assert np.abs(rest[:FADE]).max() > 0
    assert (np.abs(rest[:FADE]) <= np.abs(unstopped[:FADE])).all()
    assert abs(int(rest[FADE - 1])) <= abs(int(unstopped[FADE - 1])) * 0.05
    assert not rest[FADE:].any()
    assert player.frame() is None
    assert not player.finished(), "what was stopped was not said"


def test_a_new_word_takes_the_place_of_the_old_one() -> None:
    player = Player(PROMPTS)
    player.say([Cue("en", Prompt.HELP)])
    loud(player)
    player.say([ONE])
    out = played(player)
    one = sound(ONE)
    assert np.array_equal(out[FADE : FADE + len(one)], one)
    assert not out[FADE + len(one) :].any()
    assert player.finished()


def test_a_frame_belongs_to_whoever_took_it() -> None:
    player = Player(PROMPTS)
    player.say([ONE])
    frame = player.frame()
    assert frame is not None
    frame[:] = 1
    player.say([ONE])
    assert np.array_equal(played(player)[-FRAME:][:1], played_anew()[-FRAME:][:1])


def played_anew() -> NDArray[np.int16]:
    player = Player(PROMPTS)
    player.say([ONE])
    return played(player)


def test_a_missing_or_broken_prompt_ends_no_call(tmp_path: Path) -> None:
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / "1.wav").write_bytes(b"RIFF no sound")
    (tmp_path / "en" / "2.opus").write_bytes(b"")
    player = Player(Prompts(tmp_path))
    player.say([ONE, TWO, Cue("xx", Prompt.PIN), Cue("en", Prompt.CHIME)])
    whole = [sound(ONE), sound(TWO), sound(Cue("en", Prompt.PIN)), sound(Cue("en", Prompt.CHIME))]
    assert len(played(player)) // FRAME == -(-len(np.concatenate(whole)) // FRAME)
