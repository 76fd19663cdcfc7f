"""Callers in a meeting of browsers: from the lobby to the hang-up, and what everybody is told meanwhile."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

from onmeet.e2ee.encoding import to_base64url
from tests.browser.axe import violations
from tests.browser.callers import Line
from tests.browser.chromium import ChromiumWindow
from tests.browser.conftest import OpenWindow
from tests.browser.desk import Desk, is_closed, is_open, phone_server, room_of
from tests.browser.people import Person, PreJoin, agree, enter, start_meeting
from tests.browser.window import by_testid
from tests.running import OnMeetServer
from tests.waiting import until


@pytest.fixture(scope="module")
def onmeet_server() -> Iterator[OnMeetServer]:
    """The real server with a telephone and numbers."""
    yield from phone_server()


@pytest.fixture
def two(window: OpenWindow[ChromiumWindow], onmeet_server: OnMeetServer) -> tuple[Person, Person]:
    """A host and a guest."""
    anna = start_meeting(window(width=1280, height=800), onmeet_server.base_url, "Anna")
    ben = enter(window(), anna.link, "Ben")
    anna.is_secure(among=2)
    return anna, ben


@pytest.mark.promise("N1.2")
def test_a_caller_waits_is_let_in_heard_and_gone_and_everybody_is_told(
    two: tuple[Person, Person], onmeet_server: OnMeetServer
) -> None:
    """While a telephone can hear a meeting, everybody in it is told; with its end the keys change."""
    anna, ben = two
    desk = Desk(anna)
    with Line(onmeet_server, room_of(anna)) as line:
        caller = line.rings("+49 … 42")
        anna.window.until_text("Waiting on the telephone: +49 … 42", ".toasts")
        assert not ben.window.shows(by_testid("open-notice"))
        desk.answers()
        assert anna.window.text(by_testid("caller-who")) == "+49 … 42"
        assert len(anna.window.text(by_testid("caller-code")).replace(" ", "")) == 6
        assert anna.window.text(by_testid("gateway-fingerprint")).split() == line.fingerprint.split()
        assert "first time" in anna.window.text(by_testid("gateway-standing"))
        anna.window.fill(by_testid("caller-name"), "Grandma")
        anna.window.click(by_testid("admit"))
        caller.is_admitted()
        caller.holds_the_key()
        for person in two:
            is_open(person)
            person.window.until_text("Grandma", ".tile.by-phone")
        ben.hears(1)
        caller.speaks()
        ben.hears(2)
        ben.window.until_shown(".tile.by-phone.speaking")
        caller.raises_a_hand()
        ben.window.until_shown(".tile.by-phone .tile-hand")
        epoch = ben.epoch()
        caller.hangs_up()
        for person in two:
            is_closed(person)
        assert ben.epoch() > epoch
        # told over a socket of its own, which may be behind the browsers'
        until(lambda: (epoch := line.epoch()) and not epoch.gw_seal, "an epoch without the gateway")
        ben.sees(1)
        agree(*two)


def test_the_host_renames_mutes_holds_and_hangs_up(
    two: tuple[Person, Person], onmeet_server: OnMeetServer
) -> None:
    anna, ben = two
    desk = Desk(anna)
    with Line(onmeet_server, room_of(anna)) as line:
        caller = line.rings()
        desk.admits()
        caller.holds_the_key()
        desk.opens("+49 … 42")
        anna.window.fill(by_testid("seated-name"), "Uncle")
        anna.window.press("Enter")
        ben.window.until_text("Uncle", ".tile.by-phone")
        desk.opens("Uncle")
        anna.window.click(by_testid("mute-caller"))
        caller.is_muted_by_the_host()
        ben.window.until_shown(".tile.by-phone .tile-muted")
        caller.mutes(False)
        ben.window.until_gone(".tile.by-phone .tile-muted")
        desk.opens("Uncle")
        anna.window.click(by_testid("hold"))
        assert caller.is_held() == "host"
        caller.holds_no_key()
        is_closed(ben)
        desk.admits("Aunt")
        caller.holds_the_key()
        is_open(ben)
        desk.opens("Aunt")
        anna.window.click(by_testid("hang-up"))
        assert caller.is_removed() == "kicked"
        caller.holds_no_key()
        is_closed(ben)


def test_a_caller_is_rejected_and_one_who_hangs_up_takes_the_dialog_along(
    two: tuple[Person, Person], onmeet_server: OnMeetServer
) -> None:
    anna, _ = two
    desk = Desk(anna)
    with Line(onmeet_server, room_of(anna)) as line:
        first = line.rings(withheld=True, label="")
        desk.answers()
        assert anna.window.text(by_testid("caller-who")) == "Number withheld"
        anna.window.click(by_testid("reject"))
        assert first.is_removed() == "rejected"
        second = line.rings()
        desk.answers("+49 … 42")
        second.hangs_up()
        anna.window.until_gone("#caller-dialog")
        anna.window.until_gone(by_testid("waiting-callers"))


def test_a_call_that_its_gateway_did_not_sign_cannot_be_let_in(
    two: tuple[Person, Person], onmeet_server: OnMeetServer
) -> None:
    """The relay, or who holds it, puts another key under somebody's call."""
    anna, _ = two
    with Line(onmeet_server, room_of(anna)) as line:
        line.rings(gw=to_base64url(os.urandom(32)))
        Desk(anna).answers()
        anna.window.until_text("signature under this call is not right", "#caller-dialog")
        assert anna.window.shows(f"{by_testid('admit')}:disabled")
        assert not anna.window.shows(by_testid("caller-code"))


def test_a_changed_gateway_is_said_loudly_and_takes_another_word(
    two: tuple[Person, Person], onmeet_server: OnMeetServer
) -> None:
    anna, _ = two
    desk, room = Desk(anna), room_of(anna)
    with Line(onmeet_server, room) as known:
        first = known.rings()
        desk.admits()
        first.holds_the_key()
        known.rings("+49 … 43")
        desk.answers("+49 … 43")
        assert anna.window.text(by_testid("gateway-standing")) == "The same as before."
        anna.window.press("Escape")
    is_closed(anna)
    anna.window.until_gone(by_testid("waiting-callers"))  # the lobby is told about once a second
    with Line(onmeet_server, room) as other:
        caller = other.rings()
        desk.answers()
        assert anna.window.text(by_testid("gateway-standing")).startswith("CHANGED")
        assert anna.window.shows(f"{by_testid('admit')}:disabled")
        assert violations(anna.window) == []
        anna.window.click(by_testid("gateway-sure"))
        anna.window.click(by_testid("admit"))
        caller.holds_the_key()
        other.rings("+49 … 43")
        desk.answers("+49 … 43")
        assert anna.window.text(by_testid("gateway-standing")) == "The same as before."


def test_a_host_whose_browser_lacks_the_key_cannot_let_anybody_hear(
    window: OpenWindow[ChromiumWindow], onmeet_server: OnMeetServer
) -> None:
    anna = start_meeting(window(), onmeet_server.base_url, "Anna")
    room = room_of(anna)
    anna.leave()
    anna.window.evaluate(
        """async () => { for (const { name } of await indexedDB.databases()) {
            await new Promise((done) => { indexedDB.deleteDatabase(name).onsuccess = done; }); } }"""
    )
    anna = PreJoin.at(anna.window, anna.link).join("Anna")
    assert anna.is_host()
    with Line(onmeet_server, room) as line:
        caller = line.rings()
        Desk(anna).answers()
        anna.window.until_text("Only the browser in which this meeting's link was made", "#caller-dialog")
        assert not anna.window.shows(by_testid("admit")), "no button that could only fail"
        assert anna.window.text(by_testid("answer")) == "Show"
        assert violations(anna.window) == []
        anna.window.click(by_testid("reject"))
        assert caller.is_removed() == "rejected"


def test_who_waits_is_shown_again_after_a_reload(
    two: tuple[Person, Person], onmeet_server: OnMeetServer
) -> None:
    anna, _ = two
    with Line(onmeet_server, room_of(anna)) as line:
        caller = line.rings()
        anna.window.until_text("Waiting on the telephone", ".toasts")
        anna.window.reload()
        Desk(PreJoin(anna.window).join("Anna")).admits()
        caller.holds_the_key()


def test_when_the_host_leaves_callers_wait_again(
    two: tuple[Person, Person], onmeet_server: OnMeetServer
) -> None:
    anna, ben = two
    with Line(onmeet_server, room_of(anna)) as line:
        caller = line.rings()
        Desk(anna).admits()
        caller.holds_the_key()
        is_open(ben)
        anna.leave()
        assert caller.is_held() == "no-host"
        caller.holds_no_key()
        is_closed(ben)


def test_when_the_gateway_dies_the_lock_closes(
    two: tuple[Person, Person], onmeet_server: OnMeetServer
) -> None:
    anna, ben = two
    with Line(onmeet_server, room_of(anna)) as line:
        caller = line.rings()
        Desk(anna).admits()
        caller.holds_the_key()
        is_open(ben)
    for person in (anna, ben):
        is_closed(person)


def test_everything_by_keyboard_and_axe_finds_nothing(
    two: tuple[Person, Person], onmeet_server: OnMeetServer
) -> None:
    anna, ben = two
    page = anna.window
    assert isinstance(page, ChromiumWindow)
    found: dict[str, Any] = {}

    def look(state: str) -> None:
        for colours in ("light", "dark"):
            page.colours(colours)
            if seen := violations(page):
                found[f"{state}, {colours}"] = seen

    with Line(onmeet_server, room_of(anna)) as line:
        caller = line.rings()
        page.until_text("Waiting on the telephone", ".toasts")
        look("toast")
        anna.rests_the_focus()
        page.press("p")
        page.until_shown(by_testid("answer"))
        look("somebody waits")
        _tab_to(anna, "answer")
        page.press("Enter")
        page.until_shown("#caller-dialog")
        look("admission")
        _tab_to(anna, "caller-name")
        page.type("Grandma")
        page.press("Enter")
        caller.holds_the_key()
        is_open(anna)
        look("open to the telephone")
        _tab_to(anna, "shield")
        page.press("Enter")
        page.until_shown(by_testid("shield-telephone"))
        look("shield")
        page.press("Escape")
        page.until_gone("#shield-dialog")
        _tab_to(anna, "phone")
        page.press("Enter")
        page.until_shown(by_testid("phone-pin"))
        look("numbers and PIN")
        page.press("Escape")
        anna.rests_the_focus()
        Desk(anna).opens("Grandma")
        look("a caller in the meeting")
        _tab_to(anna, "hang-up")
        page.press("Enter")
        assert caller.is_removed() == "kicked"
        is_closed(ben)
    assert found == {}


def _tab_to(person: Person, wanted: str) -> None:
    trail = []
    for _ in range(60):
        if person.window.focused().get("testid") == wanted:
            return
        trail.append(person.window.focused())
        person.window.press("Tab")
    raise AssertionError(f"{wanted} is not reached by the keyboard: {trail}")


def test_a_guest_is_told_nothing_about_who_waits(
    two: tuple[Person, Person], onmeet_server: OnMeetServer
) -> None:
    anna, ben = two
    with Line(onmeet_server, room_of(anna)) as line:
        line.rings("+49 … 42")
        anna.window.until_text("Waiting on the telephone", ".toasts")
        ben.toggles("participants")
        assert not ben.window.shows(by_testid("waiting-callers"))
        assert "… 42" not in ben.window.text()


def test_somebody_who_comes_while_a_telephone_listens_is_told_at_once(
    two: tuple[Person, Person], window: OpenWindow[ChromiumWindow], onmeet_server: OnMeetServer
) -> None:
    anna, _ = two
    with Line(onmeet_server, room_of(anna)) as line:
        caller = line.rings()
        Desk(anna).admits()
        caller.holds_the_key()
        carl = PreJoin.at(window(), anna.link).join("Carl")
        is_open(carl)
        caller.holds_the_key()
