"""The lobby in real browsers: waiting, being let in or turned away, and what neither may break."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.browser.axe import violations
from tests.browser.chromium import ChromiumWindow
from tests.browser.conftest import OpenWindow
from tests.browser.firefox import FirefoxWindow
from tests.browser.people import MEET_SECONDS, Person, PreJoin, agree, start_meeting
from tests.browser.window import Window, by_testid
from tests.browser.wire import Wire
from tests.running import OnMeetServer


@pytest.fixture
def wire(onmeet_server: OnMeetServer) -> Iterator[Wire]:
    """A TCP wire to the server that can be cut."""
    with Wire(onmeet_server.port) as wire:
        yield wire


def switches_the_lobby_on(host: Person) -> None:
    host.opens_people()
    host.window.click(by_testid("lobby-switch"))
    host.window.until(
        "() => document.querySelector('onmeet-room').diagnostics().lobby", what="the lobby to be on"
    )


def knocks(window: Window, link: str, name: str) -> Person:
    """Open a link, try to join, and be asked to wait."""
    person = PreJoin.at(window, link).tries(name)
    window.until_text("Waiting for a host", by_testid("waiting-state"), within=MEET_SECONDS)
    return person


@pytest.mark.promise("N1.1", "N1.9")
def test_the_host_lets_in_whom_it_knows_and_turns_others_away(
    window: OpenWindow[ChromiumWindow], fox_window: OpenWindow[FirefoxWindow], onmeet_server: OnMeetServer
) -> None:
    """Where guests wait, nobody gets a key before a host lets them in."""
    anna = start_meeting(window(), onmeet_server.base_url, "Anna")
    switches_the_lobby_on(anna)
    gus = knocks(fox_window(), anna.link, "Gus")
    anna.window.until_text("Gus is waiting", "onmeet-toasts")
    anna.window.evaluate("() => probe.one('.toast-action').focus()")  # so that it stays for the rest
    assert gus.window.text(by_testid("waiting-room")).count("Hosts see the name Gus.") == 1
    assert violations(gus.window) == []
    anna.window.until_text("No account here", by_testid("lobby"))
    assert violations(anna.window) == []
    anna.is_secure(among=1)
    before = gus.diagnostics()
    assert (before["phase"], before["you"], before["shield"]["members"]) == ("waiting", -1, [])
    assert set(before["connections"].values()) == {"waiting", "none"}, "no connection for media"

    anna.window.click(".toast-action")
    gus.entered()
    agree(anna, gus)
    for person in (anna, gus):
        person.sees(1)
        person.hears(1)

    stranger = knocks(window(), anna.link, "Eve")
    anna.window.click(by_testid("turn-away"))
    stranger.is_out("turned-away")
    stranger.window.until_text("You were not let in")

    eve = knocks(stranger.window, anna.link, "Eve")
    anna.window.until_shown(by_testid("lobby"))
    anna.window.click(by_testid("lobby-switch"))
    anna.window.until_text("One person is waiting and comes in at once.", "#confirm-dialog")
    anna.window.click(by_testid("confirm"))
    eve.entered()
    agree(anna, gus, eve)


def test_a_place_in_the_lobby_outlives_a_cut_wire_and_the_host(
    window: OpenWindow[ChromiumWindow], onmeet_server: OnMeetServer, wire: Wire
) -> None:
    anna = start_meeting(window(), onmeet_server.base_url, "Anna")
    switches_the_lobby_on(anna)
    gus_window = window()
    gus_window.forgiven += ["WebSocket", "ERR_"]
    gus = knocks(gus_window, anna.link.replace(onmeet_server.base_url, wire.base_url), "Gus")
    wire.cut()
    gus.window.until_text("Connection lost", by_testid("waiting-state"))
    wire.mend()
    gus.window.until_text("Waiting for a host", by_testid("waiting-state"))
    gus.window.until("() => probe.pictures().some((p) => p.frames > 2)", what="the camera to be on")
    # the camera is switched while waiting: what the others are told is how it is when one comes in
    gus.window.click(by_testid("prejoin-camera"))
    anna.leave()
    anna = PreJoin.at(anna.window, anna.link).join("Anna")
    anna.opens_people()
    anna.window.click(by_testid("let-in"))
    gus.entered()
    agree(anna, gus)
    anna.hears(1)
    anna.sees(0)
    gus.sees(1)


def test_who_stops_waiting_is_gone_from_the_list(
    window: OpenWindow[ChromiumWindow], onmeet_server: OnMeetServer
) -> None:
    anna = start_meeting(window(), onmeet_server.base_url, "Anna")
    switches_the_lobby_on(anna)
    gus = knocks(window(), anna.link, "Gus")
    anna.window.until_shown(by_testid("guest"))
    gus.window.click(by_testid("waiting-leave"))
    gus.is_out("gave-up")
    anna.window.until_gone(by_testid("lobby"))
