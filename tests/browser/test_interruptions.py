"""The network fails, the relay dies, the server is away: meetings go on by themselves."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.browser.chromium import ChromiumWindow
from tests.browser.conftest import OpenWindow
from tests.browser.people import MEET_SECONDS, PreJoin, agree, enter, start_meeting
from tests.browser.window import by_testid
from tests.browser.wire import Wire
from tests.running import OnMeetServer


@pytest.fixture
def wire(onmeet_server: OnMeetServer) -> Iterator[Wire]:
    """A TCP wire to the server that can be cut."""
    with Wire(onmeet_server.port) as wire:
        yield wire


def test_media_and_keys_survive_a_cut_websocket(
    window: OpenWindow[ChromiumWindow], onmeet_server: OnMeetServer, wire: Wire
) -> None:
    anna = start_meeting(window(), wire.base_url, "Anna")
    ben = enter(window(), anna.link, "Ben")
    code = agree(anna, ben)
    ben.sees(1)
    indexes = (anna.index(), ben.index())
    for person in (anna, ben):
        person.window.forgiven.append("WebSocket")
        person.window.forgiven.append("ERR_")
    wire.cut()
    anna.is_told_to_wait()
    ben.sees(1)
    anna.hears(1)
    wire.mend()
    anna.is_back()
    ben.is_back()
    assert (anna.index(), ben.index()) == indexes, "resumed, not joined again"
    assert agree(anna, ben) == code, "the keys are the same ones"
    anna.says("Still here")
    ben.reads("Still here")
    anna.sees(1)


def test_a_meeting_of_three_finds_together_after_the_relay_is_killed(
    window: OpenWindow[ChromiumWindow], onmeet_server: OnMeetServer
) -> None:
    anna = start_meeting(window(), onmeet_server.base_url, "Anna")
    ben = enter(window(), anna.link, "Ben")
    carla = enter(window(), anna.link, "Carla")
    people = (anna, ben, carla)
    for person in people:
        person.window.forgiven.append("WebSocket")
        person.is_secure(among=3)
        person.sees(2)
    before = anna.instance()
    onmeet_server.kill_relay()
    for person in people:
        person.is_in_another_instance_than(before)
    for person in people:
        person.sees(2)
        person.hears(2)
        person.is_secure(among=3)
    assert anna.is_host()
    onmeet_server.until_healthy()


def test_somebody_who_comes_while_the_server_is_away_is_told_and_gets_in_later(
    window: OpenWindow[ChromiumWindow], onmeet_server: OnMeetServer, wire: Wire
) -> None:
    anna = start_meeting(window(), onmeet_server.base_url, "Anna")
    late = window()
    late.forgiven += ["WebSocket", "ERR_"]
    late.open(anna.link.replace(onmeet_server.base_url, wire.base_url))
    prejoin = PreJoin(late)
    late.page.wait_for_load_state("networkidle")  # its worker is there, too
    wire.cut()
    prejoin.tries("Late")
    prejoin.is_told_to_wait()
    wire.mend()
    late.until_shown(by_testid("leave"), within=MEET_SECONDS)
