"""A telephone in an encrypted meeting of two browsers: reception, lobby, heard and hearing, and gone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.browser import axe
from tests.browser.chromium import Chromium
from tests.browser.people import Person, enter, start_meeting
from tests.browser.sound import heard, microphone_with_tone
from tests.browser.window import by_testid
from tests.factories.softphone import Handset
from tests.running import OnMeetServer
from tests.sip.media.lines import signal_to_noise
from tests.waiting import until

ROOM_TONE, CALLER_TONE = 997.0, 1000.0
WHOLE_CALL = 40.0
"""Seconds that a caller may take through language, notice and PIN, all prompts played."""


class Hall:
    """A server with a telephone gateway, and Anna (the host) and Ben in a meeting on it."""

    def __init__(self, server: OnMeetServer, chromium: Chromium) -> None:
        self.server = server
        self.anna = start_meeting(
            chromium.window(preload=microphone_with_tone(ROOM_TONE)), server.base_url, "Anna"
        )
        self.ben = enter(chromium.window(), self.anna.link, "Ben")
        self.anna.sees(1)
        self.ben.window.press("m")  # the fake device beeps

    @property
    def sip_port(self) -> int:
        return int(self.server.environment["ONMEET_SIP_PORT"])

    def pin(self) -> str:
        """As the phone panel shows it."""
        page = self.anna.window
        page.click(by_testid("phone"))
        page.until_shown(by_testid("phone-pin"))
        shown = page.text(by_testid("phone-pin"))
        page.press("Escape")
        return "".join(sign for sign in shown if sign.isdigit())

    def answers(self) -> str:
        """Anna opens the dialog of the caller who waits; its text."""
        page = self.anna.window
        page.until_shown(by_testid("toggle-participants"))
        until(lambda: "Waiting on the telephone" in page.text("body"), "a caller", within=WHOLE_CALL)
        page.click(".toast button:not([aria-label])")
        page.until_shown(by_testid("caller-dialog"))
        return page.text(by_testid("caller-dialog"))


@pytest.fixture(scope="module")
def hall() -> Iterator[Hall]:
    with (
        OnMeetServer(ONMEET_SIP="on") as server,
        Chromium("--autoplay-policy=no-user-gesture-required", fake_device="fps=5") as chromium,
    ):
        yield Hall(server, chromium)


@pytest.mark.slow  # a whole call, with every prompt played to its end
@pytest.mark.timeout(150)
@pytest.mark.promise("N5.1", "N5.6", "N1.1")
def test_call_from_ring_to_hang_up(hall: Hall) -> None:
    """Nobody hears the caller before the host lets them; then both sides hear a tone; then all is closed."""
    pin = hall.pin()
    anna, ben = hall.anna.window, hall.ben.window
    with Handset(hall.sip_port) as handset:
        handset.dials("meet")
        handset.presses("2")
        handset.sends(CALLER_TONE)
        handset.presses(pin + "#")
        dialog = hall.answers()
        assert "Unknown number" in dialog
        assert len(hall.server.room_pids()) == 1
        assert all(each.loudness < -60 or each.mid == "1" for each in heard(ben, 1.0))

        anna.fill(by_testid("caller-name"), "Cleo")
        anna.click(by_testid("admit"))
        for page in (anna, ben):
            page.until_text("no longer end-to-end encrypted", by_testid("open-notice"))
            page.until_text("Open to the telephone", by_testid("shield"))
            assert axe.violations(page) == []
        ben.until_text("Cleo")
        _room_is_heard(handset)
        _caller_is_heard(hall.ben)
        handset.hangs_up()
    for page in (anna, ben):
        page.until(
            "() => !probe.shown(probe.one('[data-testid=open-notice]'))", what="a closed lock", within=5
        )
        page.until_text("Encrypted", by_testid("shield"))
    until(lambda: not hall.server.room_pids(), "the end of the meeting's process", within=5)


def _room_is_heard(handset: Handset) -> None:
    """Anna's tone on the telephone, once the prompts are over: half a second 35 dB above all else.

    Half a second, because a busy machine makes the jitter buffers stretch sound, which shifts a tone's phase.
    """
    until(lambda: signal_to_noise(handset.hears(0.5), 16000, ROOM_TONE) >= 35, "the room's sound", within=30)


def _caller_is_heard(person: Person) -> None:
    """The caller's tone in a browser."""

    def clear() -> bool:
        loud = [each for each in heard(person.window, 1.0) if each.loudness > -40]
        return any(
            signal_to_noise(each.samples[-each.rate // 2 :], each.rate, CALLER_TONE) >= 35 for each in loud
        )

    until(clear, "the caller's sound", within=30)
