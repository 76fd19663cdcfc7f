"""Everything by keyboard: the way in, and the commands of the room."""

from __future__ import annotations

from tests.browser.chromium import ChromiumWindow
from tests.browser.conftest import OpenWindow
from tests.browser.people import Person, enter, start_meeting
from tests.browser.window import Window, by_testid
from tests.running import OnMeetServer


def test_single_keys_switch_microphone_and_camera(
    window: OpenWindow[ChromiumWindow], onmeet_server: OnMeetServer
) -> None:
    anna = start_meeting(window(), onmeet_server.base_url, "Anna")
    ben = enter(window(), anna.link, "Ben")
    ben.hears(1)
    ben.sees(1)
    anna.rests_the_focus()
    anna.window.press("m")
    anna.is_muted(True)
    ben.hears(0)
    anna.window.press("v")
    ben.sees(0)
    anna.window.press("v")
    ben.sees(1)
    anna.window.key_down("Space")  # push to talk
    anna.is_muted(False)
    ben.hears(1)
    anna.window.key_up("Space")
    anna.is_muted(True)
    ben.hears(0)


def test_keys_typed_into_the_chat_are_words_not_commands(
    window: OpenWindow[ChromiumWindow], onmeet_server: OnMeetServer
) -> None:
    anna = start_meeting(window(), onmeet_server.base_url, "Anna")
    anna.is_secure(among=1)
    anna.says("m v ? m")
    anna.reads("m v ? m")
    anna.is_muted(False)
    assert not anna.window.shows("#help-dialog")


def test_the_question_mark_opens_help_and_escape_closes_it(
    window: OpenWindow[ChromiumWindow], onmeet_server: OnMeetServer
) -> None:
    anna = start_meeting(window(), onmeet_server.base_url, "Anna")
    anna.rests_the_focus()
    anna.window.press("?")
    anna.window.until_shown("#help-dialog")
    anna.window.press("Escape")
    anna.window.until_gone("#help-dialog")


def test_from_the_landing_page_into_the_room_without_a_mouse(
    window: OpenWindow[ChromiumWindow], onmeet_server: OnMeetServer
) -> None:
    page = window()
    page.open(f"{onmeet_server.base_url}/")
    _tab_to(page, "start a meeting")
    page.press("Enter")
    page.until_shown(f"{by_testid('prejoin-join')}:enabled")
    _tab_to(page, "prejoin-name")
    page.type("Keys")
    page.press("Enter")
    person = Person(page, "Keys").entered()
    person.is_secure(among=1)
    person.is_muted(False)  # there is a microphone now
    _tab_to(page, "toggle-mic")
    page.press("Space")
    person.is_muted(True)
    _tab_to(page, "leave")
    page.press("Enter")
    person.is_out("left")


def _tab_to(page: Window, wanted: str) -> None:
    """Press Tab until the wanted control has the focus."""
    trail = []
    for _ in range(40):
        focus = page.focused()
        if wanted in (focus.get("testid"), str(focus.get("text")).lower()):
            return
        trail.append(focus)
        page.press("Tab")
    raise AssertionError(f"{wanted} is not reached by the keyboard: {trail}")
