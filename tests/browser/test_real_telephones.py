"""Telephone programs of others call into an encrypted meeting of two browsers, and are called from it.

The meeting's host is one person throughout; calls come one after the other. Sound is measured as tones, in
dB over all else, where it comes out: behind the browser's decoder and in the telephone's recording.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser.hall import CALLED, CALLER_TONE, CALLING, MACHINE, PASSWORD, Hall, hall
from tests.browser.window import by_testid
from tests.factories.baresip import Baresip
from tests.factories.linphone import Linphone
from tests.factories.pyvoip import PyVoip
from tests.waiting import until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
"""Every test is more than one whole call, with its sound measured in both directions."""

ENGLISH = "1"

TWO_CODECS = 33.0
"""dB of a tone after Chromium's Opus, which leaves 38, and A-law, which leaves 36: together 34."""


ROUGH = 20.0
"""dB of a tone through eight bits."""


@pytest.fixture(scope="module")
def meeting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    with hall(tmp_path_factory.mktemp("hall")) as one:
        yield one


def baresip(folder: Path, **more: Any) -> Baresip:
    return Baresip(folder, hertz=CALLER_TONE, seconds=120, **more)


def linphone(folder: Path, **more: Any) -> Linphone:
    return Linphone(folder, hertz=CALLER_TONE, seconds=120, **more)


@pytest.mark.promise("N1.1", "N1.2", "N5.1", "N5.6")
def test_baresip_calls_by_every_codec_and_with_srtp(meeting: Hall, tmp_path: Path) -> None:
    """It speaks, mutes, raises its hand, hangs up. While one is let in, the next listens to the notice.

    Slow: language, notice, PIN, lobby and the meeting, with real sound in both directions.
    """
    keys = (ENGLISH, f"{meeting.pin}#")
    secure = {"transport": "tls", "authority": meeting.authority, "srtp": True}
    with baresip(tmp_path) as phone, baresip(tmp_path, codec="G722") as wide:
        meeting.reaches(phone, meeting.address(), *keys)
        meeting.calls(wide, meeting.address(), *keys)
        assert meeting.admits("Cleo") == "Unknown number"
        meeting.sound_flows(phone, on_the_telephone=TWO_CODECS)
        phone.press("*6")
        meeting.both_see(".tile-muted")
        meeting.caller_is_silent()
        phone.press("*9")
        meeting.both_see(".tile-hand")
        phone.hang_up()
        meeting.is_closed()
        meeting.rings()
        with baresip(tmp_path, **secure) as secret:
            meeting.calls(secret, meeting.address(meeting.pin, "tls"))
            meeting.admits("Wanda")
            meeting.sound_flows(wide)
            wide.hang_up()
            meeting.is_closed()
            meeting.rings()
            meeting.admits("Sara")
            meeting.sound_flows(secret, on_the_telephone=TWO_CODECS)
            secret.hang_up()
            meeting.is_closed()


def test_linphone_holds_and_resumes_and_the_host_hangs_up(meeting: Hall, tmp_path: Path) -> None:
    """While it holds, the room hears nothing. A second one gives its PIN by SIP INFO. Slow: two calls."""
    keys = (ENGLISH, f"{meeting.pin}#")
    with linphone(tmp_path) as phone, linphone(tmp_path, digits="info") as other:
        meeting.reaches(phone, meeting.address(), *keys)
        meeting.calls(other, meeting.address(), *keys)
        meeting.admits("Dora")
        phone.speak()
        meeting.sound_flows(phone, on_the_telephone=TWO_CODECS)
        phone.hold()
        until(phone.holding, f"the hold\n{phone.log()}", within=30)
        meeting.caller_is_silent()
        phone.resume()
        phone.speak()
        meeting.sound_flows(phone, on_the_telephone=TWO_CODECS)
        meeting.desk.opens("Dora")
        meeting.anna.window.click(by_testid("hang-up"))
        until(phone.closed, f"the end\n{phone.log()}", within=60)
        meeting.is_closed()
        meeting.rings()
        other.hang_up()
        meeting.anna.window.until_gone(by_testid("answer"))


def test_calls_through_a_record_routing_proxy_and_of_a_telephone_without_keys(
    meeting: Hall, tmp_path: Path
) -> None:
    """The first one's number is masked, its sound clear, its BYE goes through the proxy.

    The other is pyVoIP: it invents the tag of its ACK, sends no digits, and handles sound in 8 bits. So its
    PIN is in the address, it hears the first language after it was asked twice, and its sound is rough.
    Slow: two calls.
    """
    port = int(meeting.server.environment["ONMEET_SIP_PORT"])
    where = f"127.0.0.1:{meeting.proxy.port}"
    with PyVoip(port, hertz=CALLER_TONE) as sloppy:
        sloppy.dial(meeting.pin)
        until(sloppy.established, "an answer to pyVoIP", within=30)
        with baresip(tmp_path, user=CALLING, password=PASSWORD, proxy=where) as phone:
            until(phone.registered, f"the telephone to be registered\n{phone.log()}", within=30)
            meeting.reaches(phone, meeting.proxy.uri("onmeet"), f"{meeting.pin}#")
            assert meeting.admits("Cleo") == "+49 … 21"
            meeting.sound_flows(phone, on_the_telephone=TWO_CODECS)
            phone.hang_up()
            meeting.is_closed()
            route = f"<sip:127.0.0.1:{meeting.proxy.port};"
            assert f"Record-Route: {route}" in phone.log()
            bye = rf"BYE sip:.*(\r?\n.+)*\r?\nRoute: {route}"
            until(lambda: re.search(bye, phone.log()), "a BYE by way of the proxy in the telephone's log")
        meeting.rings()
        assert meeting.admits("Otto") == "Unknown number"
        sloppy.speak()
        meeting.sound_flows(sloppy, in_the_browser=ROUGH, on_the_telephone=ROUGH)
        sloppy.hang_up()
        meeting.is_closed()


def test_host_calls_somebody_and_an_answering_machine_stays_outside(meeting: Hall, tmp_path: Path) -> None:
    """Both are called; only who presses 1 comes to the lobby. Slow: the machine is asked three times."""
    where = f"127.0.0.1:{meeting.proxy.port}"
    with (
        baresip(tmp_path, user=MACHINE, password=PASSWORD, proxy=where) as machine,
        baresip(tmp_path, user=CALLED, password=PASSWORD, proxy=where) as phone,
    ):
        for each in (machine, phone):
            until(each.registered, f"the telephone to be registered\n{each.log()}", within=30)
        for number, called in ((MACHINE, machine), (CALLED, phone)):
            _calls(meeting, number)
            until(called.established, f"the call\n{called.log()}", within=30)
        phone.press("1")
        meeting.rings()
        assert meeting.admits("Emil") == "+49 … 22"
        meeting.sound_flows(phone, on_the_telephone=TWO_CODECS)
        phone.hang_up()
        until(machine.closed, f"the end of the machine's call\n{machine.log()}", within=120)
        meeting.is_closed()
        assert not meeting.anna.window.shows(by_testid("answer"))


def _calls(meeting: Hall, number: str) -> None:
    page = meeting.anna.window
    page.click(by_testid("phone"))
    page.fill(by_testid("call-number"), number)
    page.press("Enter")
    page.until_text("It is ringing", by_testid("call-state"))
    page.press("Escape")
