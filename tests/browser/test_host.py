"""What only the host may do, and how a browser stays the host."""

from __future__ import annotations

import pytest

from tests.browser.chromium import ChromiumWindow
from tests.browser.conftest import OpenWindow
from tests.browser.people import PreJoin, agree, enter, start_meeting
from tests.running import OnMeetServer


@pytest.mark.promise("N1.9")
def test_a_removed_guest_is_out_and_stays_out(
    window: OpenWindow[ChromiumWindow], onmeet_server: OnMeetServer
) -> None:
    """Somebody whom the host removes is out of the meeting and stays out."""
    anna = start_meeting(window(), onmeet_server.base_url, "Anna")
    ben = enter(window(), anna.link, "Ben")
    rude = enter(window(), anna.link, "Rude")
    before = agree(anna, ben, rude)
    anna.removes("Rude")
    rude.is_out("removed")
    assert agree(anna, ben) != before
    ben.sees(1)
    PreJoin.at(rude.window, anna.link).is_turned_away("Rude", "removed")


def test_a_host_who_comes_back_keeps_out_whom_it_removed(
    window: OpenWindow[ChromiumWindow], onmeet_server: OnMeetServer
) -> None:
    anna = start_meeting(window(), onmeet_server.base_url, "Anna")
    ben = enter(window(), anna.link, "Ben")
    rude = enter(window(), anna.link, "Rude")
    agree(anna, ben, rude)
    anna.removes("Rude")
    rude.is_out("removed")
    agree(anna, ben)
    anna.window.reload()
    anna = PreJoin(anna.window).join("Anna")
    agree(anna, ben)
    assert anna.is_host()
    assert [*anna.shield()["alarms"], *ben.shield()["alarms"]] == []
    ben.sees(1)


def test_a_locked_meeting_lets_nobody_in_until_it_is_unlocked(
    window: OpenWindow[ChromiumWindow], onmeet_server: OnMeetServer
) -> None:
    anna = start_meeting(window(), onmeet_server.base_url, "Anna")
    anna.locks(True)
    late = window()
    PreJoin.at(late, anna.link).is_turned_away("Late", "locked")
    anna.locks(False)
    enter(late, anna.link, "Late").is_secure(among=2)


def test_the_host_mutes_a_guest_who_may_unmute(
    window: OpenWindow[ChromiumWindow], onmeet_server: OnMeetServer
) -> None:
    anna = start_meeting(window(), onmeet_server.base_url, "Anna")
    ben = enter(window(), anna.link, "Ben")
    anna.hears(1)
    anna.mutes("Ben")
    anna.hears(0)
    ben.is_muted(True)
    ben.toggles("mic")
    anna.hears(1)


def test_the_host_ends_the_meeting_for_everyone(
    window: OpenWindow[ChromiumWindow], onmeet_server: OnMeetServer
) -> None:
    anna = start_meeting(window(), onmeet_server.base_url, "Anna")
    ben = enter(window(), anna.link, "Ben")
    ben.is_secure(among=2)
    anna.ends_for_everyone()
    ben.is_out("ended")
    anna.is_out("ended")


def test_a_reload_keeps_the_host_and_the_key_of_the_link(
    window: OpenWindow[ChromiumWindow], onmeet_server: OnMeetServer
) -> None:
    anna = start_meeting(window(), onmeet_server.base_url, "Anna")
    ben = enter(window(), anna.link, "Ben")
    ben.is_secure(among=2)
    anna.window.open(anna.link.partition("#")[0])  # the address without its key, as from a history list
    anna = PreJoin(anna.window).join("Anna")
    agree(anna, ben)
    assert anna.is_host()
    assert not ben.is_host()
    anna.removes("Ben")
    ben.is_out("removed")
