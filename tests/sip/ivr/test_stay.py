"""What callers hear in the lobby and in the meeting, and what their keys do there."""

from __future__ import annotations

import pytest

from sip.ivr.news import Admitted, Alone, Company, Ended, Held, Keyed, Lost, MutedByHost, News, Removed, Room
from sip.ivr.stay import Stay
from sip.ivr.steps import LANGUAGES, Pause, Prompt, Say, Told
from tests.sip.ivr.caller import Caller, spoken

P = Prompt
CODE = "407219"
DIGITS = [Prompt(digit) for digit in CODE]
HOST, NO_HOST, NOBODY = Room(True, host=True), Room(True, host=False), Room(False)


def arrival(room: Room = HOST, language: str = "de") -> Caller:
    """Somebody whose PIN was right."""
    stay = Stay(language, CODE, Told())
    someone = Caller(stay)
    someone.perform(stay.begin(someone.now, room))
    return someone


def inside(language: str = "de") -> Caller:
    """Somebody who is in the meeting and can be heard."""
    someone = arrival(language=language)
    someone.news(Admitted(), Keyed())
    someone.listen()
    assert someone.take()[-1] == "open"
    return someone


# -- lobby ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_code_is_spoken_twice_digit_by_digit(language: str) -> None:
    someone = arrival(language=language)
    assert someone.take() == spoken(language, P.LOBBY, P.CODE, *DIGITS, P.AGAIN, *DIGITS)


def test_the_code_is_spoken_in_groups_of_three() -> None:
    say = arrival().effects[0]
    assert isinstance(say, Say)
    pauses = [part.seconds for part in say.parts[4:16] if isinstance(part, Pause)]
    assert pauses == [0.15, 0.15, 0.7, 0.15, 0.15, 1.0]


@pytest.mark.parametrize(("room", "prompt"), [(NOBODY, P.NOT_BEGUN), (NO_HOST, P.NO_HOST)])
def test_without_a_host_there_is_a_reason_to_wait_and_no_code(room: Room, prompt: Prompt) -> None:
    assert arrival(room).take() == spoken("de", prompt)


def test_whoever_waits_hears_a_chime_and_every_half_minute_what_for() -> None:
    someone = arrival()
    someone.listen()
    someone.take()
    someone.wait(75)
    assert someone.take() == spoken("de", P.CHIME, P.WAITING, P.CODE, *DIGITS, P.CHIME)
    gaps = [later - earlier for earlier, later in zip(someone.said_at, someone.said_at[1:], strict=False)]
    assert max(gaps[1:]) < 30


def test_news_of_the_room_are_told_at_once_and_only_once() -> None:
    someone = arrival(NOBODY)
    someone.take()
    someone.news(NO_HOST, NO_HOST)
    assert someone.take() == ["de no-host"]
    someone.news(HOST)
    assert someone.take()[:2] == ["de lobby", "de code"]
    someone.news(NOBODY)
    assert someone.take() == ["de not-begun"]


def test_nobody_waits_longer_than_fifteen_minutes() -> None:
    someone = arrival()
    someone.wait_for_the_end(910)
    assert someone.take()[-3:] == ["de waited", "de goodbye", "hang up: waited"]


def test_whoever_is_turned_away_is_told_so() -> None:
    someone = arrival()
    someone.take()
    someone.news(Removed())
    someone.listen()
    assert someone.take() == ["de rejected", "de goodbye", "hang up: rejected"]


def test_in_the_lobby_keys_explain_and_change_nothing() -> None:
    someone = arrival()
    someone.take()
    someone.press("*6*9")
    assert someone.take() == ["de not-yet", "de not-yet"]
    someone.press("*3")
    assert someone.take() == spoken("de", P.NOTICE_VOICE, P.NOTICE_NO_RECORDING, P.NOTICE_NOTHING)
    someone.press("*0")
    assert someone.take() == spoken("de", P.HELP_LOBBY, P.CODE, *DIGITS)
    someone.listen()
    someone.wait(15.1)
    assert someone.take() == ["de chime"], "waiting goes on after it"


# -- into the meeting ----------------------------------------------------------------------------------------


@pytest.mark.promise("N5.6")
def test_the_microphone_opens_after_admission_keys_and_words_in_any_order() -> None:
    """A caller is heard only once a host has let them in, the keys are there and they have been told so."""
    for order in ([Admitted(), Keyed()], [Keyed(), Admitted()]):
        someone = arrival()
        someone.take()
        someone.news(*order)
        assert someone.take() == ["de joined", "de audible"], "not before the words are over"
        someone.listen()
        assert someone.take() == ["open"]


def test_keys_that_are_late_are_explained_and_given_up_after_a_minute() -> None:
    someone = arrival()
    someone.take()
    someone.news(Admitted())
    someone.wait(2.9)
    assert someone.take() == []
    someone.wait(0.2)
    assert someone.take() == ["de securing"]
    someone.wait_for_the_end(90)
    heard = someone.take()
    assert heard[-3:] == ["de trouble", "de goodbye", "hang up: no-keys"]
    assert "open" not in heard


def test_keys_pressed_while_the_keys_of_the_meeting_are_awaited_do_nothing() -> None:
    someone = arrival()
    someone.take()
    someone.news(Admitted())
    someone.press("*6", every=0.1)
    someone.press("*9", every=0.1)
    assert someone.take() == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_state_is_spoken_back(language: str) -> None:
    someone = inside(language)
    said = {"*6": ["muted", "muted"], "*9": ["hand up", "hand-up"]}
    for keys, (effect, prompt) in said.items():
        someone.press(keys)
        assert someone.take() == [effect, f"{language} {prompt}"]
    someone.press("*6")
    assert someone.take() == ["open", f"{language} unmuted"]
    someone.press("*9")
    assert someone.take() == ["hand down", f"{language} hand-down"]


def test_help_and_notice_can_be_heard_in_the_meeting() -> None:
    someone = inside()
    someone.press("*0")
    assert someone.take() == spoken("de", P.HELP, P.CODE, *DIGITS)
    someone.press("*3")
    assert someone.take() == spoken("de", P.NOTICE_VOICE, P.NOTICE_NO_RECORDING, P.NOTICE_NOTHING)


def test_a_key_without_a_use_says_so_and_keys_without_a_star_are_ignored() -> None:
    someone = inside()
    someone.press("6903#12")
    assert someone.take() == []
    someone.press("*8")
    assert someone.take() == ["de unknown-key"]


def test_a_star_is_forgotten_after_four_seconds() -> None:
    someone = inside()
    someone.press("*")
    someone.wait(4)
    someone.press("6")
    assert someone.take() == []
    someone.press("**6")
    assert someone.take() == ["muted", "de muted"], "a second star begins anew"


def test_muting_before_the_first_word_keeps_the_microphone_shut() -> None:
    someone = arrival()
    someone.news(Admitted(), Keyed())
    someone.take()
    someone.press("*6")
    someone.listen()
    assert someone.take() == ["de muted"]
    someone.press("*6")
    assert someone.take() == ["open", "de unmuted"]


def test_other_keys_do_not_keep_it_shut() -> None:
    someone = arrival()
    someone.news(Admitted(), Keyed())
    someone.take()
    someone.press("*9")
    someone.listen()
    assert someone.take() == ["hand up", "de hand-up", "open"]


def test_a_host_who_mutes_is_told_of_and_the_caller_can_speak_again() -> None:
    someone = inside()
    someone.news(MutedByHost(), MutedByHost())
    assert someone.take() == ["muted", "de muted-by-host"]
    someone.press("*6")
    assert someone.take() == ["open", "de unmuted"]


def test_a_host_who_mutes_at_the_door_keeps_the_microphone_shut() -> None:
    someone = arrival()
    someone.news(Admitted(), Keyed())
    someone.take()
    someone.news(MutedByHost())
    someone.listen()
    assert someone.take() == ["de muted-by-host"]


# -- and out again -------------------------------------------------------------------------------------------


def test_back_in_the_lobby_nobody_hears_the_caller_until_keyed_anew() -> None:
    someone = inside()
    someone.press("*9")
    someone.take()
    someone.news(Room(True, host=False), Held())
    assert someone.take() == ["muted", "hand down", "de held", "de no-host"]
    someone.news(Admitted())
    someone.wait(1)
    assert someone.take() == [], "the old keys do not count"
    someone.news(Keyed())
    someone.listen()
    assert someone.take() == ["de joined", "de audible", "open"]


@pytest.mark.parametrize("by_host", [False, True])
def test_whoever_was_muted_before_is_muted_after_a_second_admission_and_told_so(by_host: bool) -> None:
    someone = inside()
    if by_host:
        someone.news(MutedByHost())
    else:
        someone.press("*6")
    someone.news(Held())
    someone.take()
    someone.news(Admitted(), Keyed())
    someone.listen()
    assert someone.take() == ["de joined", "de muted"]
    someone.press("*6")
    assert someone.take() == ["open", "de unmuted"]


def test_whoever_is_alone_hears_so_and_a_chime_and_is_let_go_after_fifteen_minutes() -> None:
    someone = inside()
    someone.news(Alone())
    someone.wait(40)
    assert someone.take() == ["de alone", "de chime"]
    someone.wait_for_the_end(910)
    assert someone.take()[-4:] == ["muted", "de alone", "de goodbye", "hang up: alone"]


def test_company_ends_the_chime() -> None:
    someone = inside()
    someone.news(Alone())
    someone.listen()
    someone.take()
    someone.news(Company())
    someone.wait(3600)
    assert someone.take() == []
    assert not someone.machine.over


def test_whoever_joins_an_empty_meeting_hears_that_too() -> None:
    someone = arrival()
    someone.take()
    someone.news(Alone(), Admitted(), Keyed())
    someone.listen()
    assert someone.take() == ["de joined", "de audible", "de alone", "open"]


@pytest.mark.parametrize(
    ("news", "heard"),
    [
        (Removed(), ["de removed", "de goodbye", "hang up: removed"]),
        (Ended(), ["de ended", "de goodbye", "hang up: ended"]),
        (Ended("limit"), ["de limit", "de goodbye", "hang up: limit"]),
        (Ended("full"), ["de full", "de goodbye", "hang up: full"]),
        (Lost(), ["de lost", "de goodbye", "hang up: lost"]),
    ],
)
def test_every_end_is_explained_and_nobody_hears_the_caller_meanwhile(news: News, heard: list[str]) -> None:
    someone = inside()
    someone.news(news, Held(), Keyed(), Admitted(), HOST)
    someone.press("*6")
    someone.listen()
    assert someone.take() == ["muted", *heard]


def test_news_before_the_caller_is_there_are_kept() -> None:
    stay = Stay("de", CODE, Told())
    someone = Caller(stay)
    someone.news(Keyed(), Admitted())
    someone.perform(stay.begin(someone.now, HOST))
    someone.listen()
    assert someone.take() == ["de joined", "de audible", "open"]


def test_a_code_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="digits"):
        Stay("de", "40721x", Told())
