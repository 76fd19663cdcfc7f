"""What callers hear before the meeting, word for word in order, and which keys do what."""

from __future__ import annotations

import pytest

from sip.ivr.reception import Reception
from sip.ivr.steps import LANGUAGES, Prompt, Told
from tests.sip.ivr.caller import Caller, spoken

P = Prompt
MEETING = "123456789"
TOLD = (P.NOTICE_VOICE, P.NOTICE_NO_RECORDING, P.NOTICE_NOTHING)
NOTHING = Told()
CONSENT = Told("number", recording=True, agree=True)


def caller(language: str | None = "de", told: Told = NOTHING, **more: str | bool) -> Caller:
    """Somebody who has just been answered."""
    answers = bool(more.pop("answers", True))
    reception = Reception(LANGUAGES, told, language=language, **more)  # type: ignore[arg-type]
    someone = Caller(reception, {MEETING, "123456", "1234567890"}, answers=answers)
    someone.perform(reception.begin(someone.now))
    return someone


def at_the_pin(**more: str | bool) -> Caller:
    """Somebody who is asked for the PIN."""
    someone = caller(**more)  # type: ignore[arg-type]
    someone.listen()
    assert someone.take()[-1] == "de pin"
    return someone


# -- the way in ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_whole_way_in_is_in_the_language_of_the_number(language: str) -> None:
    someone = caller(language)
    someone.listen()
    someone.press(f"{MEETING}#")
    someone.listen()
    assert someone.heard == [
        *spoken(language, P.GREETING, *TOLD, P.PIN),
        f"check {MEETING}",
        *spoken(language, P.CONNECTING),
        f"through: {language}",
    ]


def test_each_language_is_offered_in_its_own_words_and_the_key_settles_it() -> None:
    someone = caller(None)
    assert someone.take() == ["de choose-1", "en choose-2", "fr choose-3"]
    someone.press("3")
    assert someone.take() == spoken("fr", P.GREETING, *TOLD)


def test_one_language_is_not_asked_for() -> None:
    reception = Reception(["en"], Told())
    someone = Caller(reception)
    someone.perform(reception.begin(someone.now))
    assert someone.take() == spoken("en", P.GREETING, *TOLD)


def test_only_the_offered_languages_can_be_chosen() -> None:
    reception = Reception(["fr", "en"], Told())
    someone = Caller(reception)
    someone.perform(reception.begin(someone.now))
    someone.press("3#*9")
    assert someone.take() == ["fr choose-1", "en choose-2"]
    someone.press("2")
    assert someone.take()[0] == "en greeting"


def test_whoever_chooses_no_language_hears_the_first_one() -> None:
    someone = caller(None)
    someone.wait(60)
    choices = ["de choose-1", "en choose-2", "fr choose-3"]
    assert someone.take()[:7] == [*choices, *choices, "de greeting"]


def test_a_pin_dialled_along_spares_its_entry_and_not_the_notice() -> None:
    someone = caller(pin=MEETING)
    someone.listen()
    expected = [f"check {MEETING}", "de connecting", "through: de"]
    assert someone.heard == [*spoken("de", P.GREETING, *TOLD), *expected]


def test_a_wrong_pin_dialled_along_can_be_mended_by_keys() -> None:
    someone = caller(pin="999999")
    someone.listen()
    assert someone.take()[-3:] == ["check 999999", "de pin-wrong", "de pin"]
    someone.press(f"{MEETING}#")
    someone.listen()
    assert someone.take()[-1] == "through: de"


@pytest.mark.parametrize("dialled", ["12345", "12345678901", "12345a", "١٢٣٤٥٦", ""])
def test_what_can_be_no_pin_is_not_looked_for(dialled: str) -> None:
    someone = caller(pin=dialled)
    someone.listen()
    assert someone.take()[-1] == "de pin"


# -- keys of the PIN -----------------------------------------------------------------------------------------


def test_the_hash_key_ends_the_pin() -> None:
    someone = at_the_pin()
    someone.press("123456")
    assert someone.take() == []
    someone.press("#")
    assert someone.take() == ["check 123456", "de connecting"]


def test_ten_digits_end_by_themselves() -> None:
    someone = at_the_pin()
    someone.press("1234567890")
    assert someone.take()[0] == "check 1234567890"


def test_a_pause_of_five_seconds_ends_the_pin_as_well() -> None:
    someone = at_the_pin()
    someone.press("123456")
    someone.wait(4.9)
    assert someone.take() == []
    someone.wait(0.2)
    assert someone.take()[0] == "check 123456"


def test_the_star_clears_what_was_entered_and_says_so() -> None:
    someone = at_the_pin()
    someone.press("99*")
    assert someone.take() == ["de pin-cleared", "de pin"]
    someone.press("123456#")
    assert someone.take()[0] == "check 123456"


def test_a_key_stops_the_question() -> None:
    someone = caller()
    while someone.heard[-1] != "de pin":
        someone.wait(0.5)
    someone.press("1")
    assert not someone.machine.speaking


def test_letters_of_a_keypad_and_anything_odd_change_nothing() -> None:
    someone = at_the_pin()
    someone.press("12A3BC4D56")
    for odd in ("", "12", "x", "\x00", "١", "#*"):
        someone.perform(someone.machine.digit(odd, someone.now))
    someone.press("#")
    assert someone.take()[0] == "check 123456"


def test_those_who_know_the_way_enter_the_pin_during_the_notice() -> None:
    someone = caller()
    someone.press("12*123456#")
    assert someone.take() == spoken("de", P.GREETING, *TOLD)
    someone.listen()
    assert someone.take() == ["check 123456", "de connecting", "through: de"]


def test_a_pin_begun_during_the_notice_is_ended_after_it() -> None:
    someone = caller()
    someone.press("123")
    someone.listen()
    someone.press("456#")
    assert "de pin" not in someone.take()
    someone.listen()
    assert someone.take()[-1] == "through: de"


# -- wrong, late, silent -------------------------------------------------------------------------------------


def test_three_wrong_pins_end_the_call() -> None:
    someone = at_the_pin()
    for _ in range(2):
        someone.press("999999#")
        assert someone.take() == ["check 999999", "de pin-wrong", "de pin"]
    someone.press("999999#")
    someone.listen()
    assert someone.take() == ["check 999999", "de pin-wrong", "de goodbye", "hang up: pin"]


def test_a_short_pin_is_a_try_and_is_never_looked_for() -> None:
    someone = at_the_pin()
    someone.press("12345#")
    assert someone.take() == ["de pin-short", "de pin"]
    someone.press("1")
    someone.wait(5.1)
    assert someone.take() == ["de pin-short", "de pin"]
    someone.press("12345#")
    someone.listen()
    assert someone.take() == ["de pin-short", "de goodbye", "hang up: pin"]


def test_the_third_right_pin_still_counts() -> None:
    someone = at_the_pin()
    someone.press("999999#")
    someone.press("888888#")
    someone.press("123456#")
    someone.listen()
    assert someone.take()[-1] == "through: de"


def test_silence_repeats_the_question_twice_and_then_ends_the_call() -> None:
    someone = at_the_pin()
    someone.wait_for_the_end(60)
    again = ["de nothing-heard", "de pin"]
    assert someone.take() == [*again, *again, "de nothing-heard", "de goodbye", "hang up: silence"]


def test_somebody_who_clears_for_ever_is_let_go_after_five_minutes() -> None:
    someone = at_the_pin()
    while not someone.machine.over:
        someone.press("12*", every=2)
        assert someone.now < 1000 + 330
    assert someone.take()[-2:] == ["de goodbye", "hang up: too-long"]


def test_a_slow_look_up_is_bridged_with_a_word_and_then_given_up() -> None:
    someone = at_the_pin(answers=False)
    someone.press("123456#")
    someone.wait(2.1)
    assert someone.take() == ["check 123456", "de moment"]
    someone.wait_for_the_end(30)
    assert someone.take() == ["de trouble", "de goodbye", "hang up: trouble"]


def test_an_answer_that_nobody_waits_for_is_passed_over() -> None:
    someone = at_the_pin(answers=False)
    assert isinstance(someone.machine, Reception)
    assert someone.machine.pin_answer(True, someone.now) == ()
    someone.press("123456#")
    someone.wait(13.5)
    assert someone.take()[-2:] == ["de trouble", "de goodbye"]
    assert someone.machine.pin_answer(True, someone.now) == (), "the goodbye has begun"


@pytest.mark.parametrize(
    ("what", "prompt"), [("blocked", P.TOO_MANY), ("busy", P.BUSY), ("trouble", P.TROUBLE)]
)
def test_the_gateway_can_end_a_call_at_any_point_with_a_reason(what: str, prompt: Prompt) -> None:
    for someone in (caller(), caller(None), at_the_pin(), caller(told=CONSENT), caller(dialled_out=True)):
        someone.take()
        someone.perform(getattr(someone.machine, what)(someone.now))
        someone.press("1")
        someone.listen()
        assert someone.take() == [*spoken("de", prompt, P.GOODBYE), f"hang up: {what}"]


# -- notice and consent --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "prompts"),
    [
        (Told(), (P.NOTICE_VOICE, P.NOTICE_NO_RECORDING, P.NOTICE_NOTHING)),
        (Told("number"), (P.NOTICE_VOICE, P.NOTICE_NO_RECORDING, P.NOTICE_NUMBER)),
        (Told("times", recording=True), (P.NOTICE_VOICE, P.NOTICE_RECORDING, P.NOTICE_TIMES)),
    ],
)
def test_the_notice_says_what_stays_of_the_call(told: Told, prompts: tuple[Prompt, ...]) -> None:
    someone = caller(told=told)
    assert someone.take() == spoken("de", P.GREETING, *prompts)


@pytest.mark.promise("N5.6")
def test_nobody_gets_on_without_consent_where_the_notice_names_one() -> None:
    """Callers hear the notice to its end and press 1 to agree before any PIN is taken."""
    someone = caller(told=CONSENT)
    someone.press("1123456#")
    someone.listen()
    notice = (P.NOTICE_VOICE, P.NOTICE_RECORDING, P.NOTICE_NUMBER)
    assert someone.take() == spoken("de", P.GREETING, *notice, P.AGREE), "a 1 before the end does not count"
    someone.press("234567890*#")
    assert someone.take() == []
    someone.press("1")
    assert someone.take() == ["de pin"]


def test_without_consent_the_call_ends() -> None:
    someone = caller(told=CONSENT)
    someone.listen()
    someone.take()
    someone.wait_for_the_end(90)
    assert someone.take() == ["de agree", "de agree", "de goodbye", "hang up: no-consent"]


def test_a_pin_dialled_along_waits_for_consent_as_well() -> None:
    someone = caller(told=CONSENT, pin=MEETING)
    someone.listen()
    assert someone.take()[-1] == "de agree"
    someone.press("1")
    assert someone.take()[0] == f"check {MEETING}"


# -- we call -------------------------------------------------------------------------------------------------


def test_somebody_who_is_called_hears_who_calls_presses_one_and_hears_the_notice() -> None:
    someone = caller("fr", dialled_out=True)
    assert someone.take() == ["fr called"]
    someone.press("1")
    assert someone.take() == spoken("fr", *TOLD)
    someone.listen()
    assert someone.take() == ["fr connecting", "through: fr"]


def test_an_answering_machine_that_talks_never_joins() -> None:
    someone = caller(dialled_out=True)
    someone.press("234567890*#ABCD234567890")
    someone.wait_for_the_end(90)
    assert someone.take() == ["de called", "de called", "de called", "de goodbye", "hang up: declined"]


def test_whoever_is_called_is_never_asked_for_a_language_or_a_pin() -> None:
    someone = caller(None, dialled_out=True)
    someone.press("1")
    someone.listen()
    assert someone.take() == [*spoken("de", P.CALLED, *TOLD, P.CONNECTING), "through: de"]


def test_the_one_that_joins_is_no_consent_to_a_notice_not_yet_heard() -> None:
    someone = caller(told=CONSENT, dialled_out=True)
    someone.press("11")
    someone.listen()
    assert someone.take()[-1] == "de agree"
    someone.press("1")
    someone.listen()
    assert someone.take() == ["de connecting", "through: de"]


# -- what does not leak --------------------------------------------------------------------------------------


def test_the_pin_is_in_no_representation() -> None:
    someone = at_the_pin()
    someone.press(f"{MEETING}#")
    assert MEETING not in repr(someone.effects) + repr(someone.machine)


def test_the_pin_is_never_said() -> None:
    someone = at_the_pin()
    someone.press("999999#")
    someone.press(f"{MEETING}#")
    someone.listen()
    assert not any(
        line.split()[-1] in "0123456789" for line in someone.take() if not line.startswith("check")
    )
