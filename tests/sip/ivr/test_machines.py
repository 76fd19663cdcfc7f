"""Whatever callers, the network and the meeting do: no error, no endless silence, always an end, and never
unmuted too early. The stories are made up by hypothesis."""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from sip.ivr.news import Admitted, Alone, Company, Ended, Held, Keyed, Lost, MutedByHost, News, Removed, Room
from sip.ivr.reception import Reception
from sip.ivr.stay import Stay
from sip.ivr.steps import (
    LANGUAGES,
    CheckPin,
    Cue,
    Effect,
    HangUp,
    Say,
    SetHand,
    SetMuted,
    Through,
    Told,
)
from sip.ivr.talk import LONGEST_SPEECH
from tests.sip.ivr.caller import Caller

KEYS = st.sampled_from("0123456789*#") | st.text(max_size=2)
TIMES = st.floats(0, 40)
TOLD = st.builds(
    Told, kept=st.sampled_from(("nothing", "number", "times")), recording=st.booleans(), agree=st.booleans()
)
RECEPTIONS = st.builds(
    Reception,
    st.lists(st.sampled_from(LANGUAGES), min_size=1, max_size=3, unique=True),
    TOLD,
    language=st.sampled_from((None, *LANGUAGES)),
    pin=st.sampled_from(("", "123456", "1234567890")) | st.text(max_size=12),
    dialled_out=st.booleans(),
)
LAST = (Removed(), Ended(), Ended("full"), Lost())
NEWS = st.one_of(
    st.builds(Room, st.booleans(), st.booleans()),
    st.sampled_from(
        (Admitted(), Keyed(), Admitted(), Keyed(), Held(), MutedByHost(), Alone(), Company(), *LAST)
    ),
)
BASIC = (
    st.tuples(st.just("key"), KEYS)
    | st.tuples(st.just("keys"), st.text("0123456789*#", max_size=12))
    | st.tuples(st.just("wait"), TIMES)
    | st.tuples(st.just("listen"), st.none())
    | st.tuples(st.just("said"), st.none())
    | st.tuples(st.just("back"), TIMES)
)
"""`back`: the clock goes backwards. `said`: the driver says so at a wrong moment."""

STEPS_IN = st.lists(
    BASIC
    | st.tuples(st.just("pin"), st.booleans())
    | st.tuples(st.sampled_from(("blocked", "busy", "trouble", "begin")), st.none()),
    max_size=25,
)
STEPS_STAY = st.lists(BASIC | st.tuples(st.just("news"), NEWS), max_size=30)


def perform(someone: Caller, step: str, value: object) -> None:
    """One step of a made-up story that both machines know."""
    machine, now = someone.machine, someone.now
    if step == "key":
        someone.perform(machine.digit(str(value), now))
    elif step == "keys":
        someone.press(str(value))
    elif step == "wait":
        assert isinstance(value, float)
        someone.wait(value)
    elif step == "listen":
        someone.listen()
    elif step == "said":
        someone.perform(machine.said(now))
    elif step == "back":
        assert isinstance(value, float)
        someone.perform(machine.tick(now - value))


def is_alive(someone: Caller) -> None:
    """The machine is over, or is speaking, or will do something by itself."""
    machine = someone.machine
    assert machine.over or machine.speaking or machine.deadline < math.inf


def went_through_rightly(reception: Reception, effects: Iterable[Effect], known: list[bool]) -> None:
    ends = [effect for effect in effects if isinstance(effect, Through | HangUp)]
    assert len(ends) <= 1
    assert (len(ends) == 1) == reception.over
    if ends and isinstance(ends[0], Through):
        assert reception.heard_notice
        assert reception.agreed
        assert any(known) or not any(isinstance(effect, CheckPin) for effect in effects)


@settings(max_examples=400)
@given(RECEPTIONS, STEPS_IN, st.booleans())
def test_at_the_reception_anything_may_happen(reception: Reception, steps: list, honest: bool) -> None:  # type: ignore[type-arg]
    someone = Caller(reception, answers=False)
    someone.perform(reception.begin(someone.now))
    known: list[bool] = []
    for step, value in steps:
        if step == "pin":
            before = len(someone.effects)
            someone.perform(reception.pin_answer(value, someone.now))
            known += [value] if len(someone.effects) > before else []
        elif step in ("blocked", "busy", "trouble", "begin"):
            someone.perform(getattr(reception, step)(someone.now))
        else:
            perform(someone, step, value)
        is_alive(someone)
        went_through_rightly(reception, someone.effects, known)
    checks = sum(isinstance(effect, CheckPin) for effect in someone.effects)
    assert checks <= 4, "three tries, and one that was dialled along"
    _ends_by_itself(someone, 300 + 3 * LONGEST_SPEECH, honest)
    went_through_rightly(reception, someone.effects, known)
    breathes(someone.effects)
    assert reception.digit("1", someone.now) == reception.said(someone.now) == reception.tick(1e9) == ()


@settings(max_examples=400)
@given(TOLD, st.builds(Room, st.booleans(), st.booleans()), STEPS_STAY, st.booleans())
def test_in_the_lobby_and_the_meeting_anything_may_happen(
    told: Told,
    room: Room,
    steps: list,  # type: ignore[type-arg]
    honest: bool,
) -> None:
    stay = Stay("en", "123456", told)
    someone = Caller(stay)
    someone.perform(stay.begin(someone.now, room))
    admitted = keyed = False
    for step, value in steps:
        before = len(someone.effects)
        if step == "news":
            assert isinstance(value, News)
            admitted = not isinstance(value, Held) and (admitted or isinstance(value, Admitted))
            keyed = not isinstance(value, Held) and (keyed or isinstance(value, Keyed))
            someone.perform(stay.news(value, someone.now))
        else:
            perform(someone, step, value)
        opened = [effect for effect in someone.effects[before:] if effect == SetMuted(False)]
        assert not opened or (admitted and keyed)
        assert stay.muted or (admitted and keyed)
        if stay.place != "meeting":
            is_alive(someone)
    assert _alternates([effect.muted for effect in someone.effects if isinstance(effect, SetMuted)])
    assert _alternates([effect.raised for effect in someone.effects if isinstance(effect, SetHand)])
    if stay.place == "meeting" and not stay.over:  # then only the meeting ends it
        someone.perform(stay.news(Held(), someone.now))
        assert stay.muted
    _ends_by_itself(someone, 900 + 3 * LONGEST_SPEECH, honest)
    assert stay.muted
    breathes(someone.effects)
    assert stay.news(Admitted(), someone.now) == stay.digit("*", someone.now) == ()


@settings(max_examples=50)
@given(RECEPTIONS)
def test_nobody_waits_longer_than_ten_seconds_for_a_word_at_the_reception(reception: Reception) -> None:
    someone = Caller(reception)
    someone.perform(reception.begin(someone.now))
    while not reception.over:
        someone.listen()
        quiet = someone.now
        if not reception.over:
            someone.wait_until(reception.deadline)
        assert someone.now - quiet < 10.01


def breathes(effects: Iterable[Effect]) -> None:
    """Two prompts never run into each other."""
    for effect in effects:
        if isinstance(effect, Say):
            assert not any(isinstance(a, Cue) and isinstance(b, Cue) for a, b in pairwise(effect.parts))


def _ends_by_itself(someone: Caller, at_most: float, honest: bool) -> None:
    """Without another key; even when the driver never says that something was played."""
    if not honest:
        someone.stop_saying()
    someone.wait_for_the_end(at_most)


def _alternates(values: list[bool]) -> bool:
    """muted, open, muted …: no effect that changes nothing. The first one is open, or up."""
    return all(earlier != later for earlier, later in pairwise(values))
