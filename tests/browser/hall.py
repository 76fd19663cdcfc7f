"""A meeting that telephones call: a server with a trunk to a Kamailio, a host who may dial out, and a guest.

with hall(tmp_path) as one:
    with Baresip(…) as phone:
        one.dials(phone, one.pin)
        one.admits("Cleo")
        one.sound_flows(phone)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import numpy as np

from tests.browser.chromium import Chromium
from tests.browser.desk import Desk
from tests.browser.joining import sign_up
from tests.browser.people import PreJoin, enter
from tests.browser.sound import Heard, heard, microphone_with_tone
from tests.browser.window import by_testid
from tests.factories.certificates import Authority
from tests.factories.kamailio import Kamailio, kamailio
from tests.factories.sounds import Samples
from tests.ports import free_ports
from tests.running import OnMeetServer
from tests.sip.media.lines import signal_to_noise
from tests.sip.room.house import short_prompts
from tests.waiting import until

__all__ = [
    "CALLED",
    "CALLER_TONE",
    "CALLING",
    "MACHINE",
    "PASSWORD",
    "ROOM_TONE",
    "Hall",
    "Telephone",
    "hall",
]

ROOM_TONE, CALLER_TONE = 997.0, 1000.0

CLEAR = 35.0
"""dB of a tone over all else: A-law leaves 36 to 37."""

CALLING, CALLED, MACHINE = "+4930901821", "+4930901822", "+4930901823"
PASSWORD = "other"
"""Telephones that Kamailio knows: one that calls, one that is called, and an answering machine."""

SILENCE = -120.0

RECEPTION = 120.0
"""Seconds that a caller may take through language, notice and PIN, all prompts played."""

# Connections from the trunk's address are the trunk's: its `srtp` also counts for telephones on this machine.
PHONE = """
languages = ["en", "de"]
tls_certificate = "{certificate}"
tls_key = "{key}"
[[trunk]]
name = "main"
registrar = "127.0.0.1"
port = {port}
transport = "tls"
tls_authority = "{authority}"
srtp = "offer"
user = "onmeet"
password = "s3cret"
country = "DE"
language = "en"
[[number]]
number = "+49 30 1234567"
[dial_out]
trunk = "main"
prefixes = ["+49"]
monthly_cents = 1000
[dial_out.rates]
"+49" = 0
"""

CLOSED = "() => document.querySelector('onmeet-room').diagnostics().shield.state === 'secure'"


class Telephone(Protocol):
    """A real telephone program."""

    def dial(self, uri: str) -> None: ...
    def press(self, digits: str) -> None: ...
    def established(self) -> bool: ...
    def closed(self) -> bool: ...
    def heard(self) -> tuple[Samples, int]: ...
    def log(self) -> str: ...


class Hall:
    """anna: the host, whose microphone gives `ROOM_TONE`. ben: a silent guest. pin: of their meeting."""

    def __init__(self, server: OnMeetServer, proxy: Kamailio, authority: Path, chromium: Chromium) -> None:
        self.server, self.proxy, self.authority = server, proxy, authority
        page = chromium.window(width=1280, height=900, preload=microphone_with_tone(ROOM_TONE))
        sign_up(page, server.base_url, "anna@example.org")
        page.open(f"{server.base_url}/meetings")
        page.fill('input[name="title"]', "Tuesday round")
        page.press("Enter")
        page.until_text("Tuesday round", "#meetings")
        page.click('[data-part="open"]')
        self.anna = PreJoin(page).join("Anna")
        self.ben = enter(chromium.window(), self.anna.link, "Ben")
        self.anna.is_secure(among=2)
        self.ben.is_muted(False)  # the key means the other one of both, as soon as there is a microphone
        self.ben.window.press("m")  # the fake device beeps
        self.ben.is_muted(True)
        self.pin = self.anna.looks_up_the_pin()
        self.desk = Desk(self.anna)

    # what callers do

    def address(self, user: str = "meet", transport: str = "udp") -> str:
        """Where to call the gateway itself."""
        port = int(self.server.environment["ONMEET_SIP_PORT"]) + (transport == "tls")
        return f"sip:{user}@127.0.0.1:{port}" + (f";transport={transport}" if transport != "udp" else "")

    def calls(self, phone: Telephone, uri: str, *keys: str) -> None:
        """Dial, and press keys once it is answered."""
        phone.dial(uri)
        until(phone.established, f"an answer\n{phone.log()}", within=30)
        for each in keys:
            phone.press(each)

    def reaches(self, phone: Telephone, uri: str, *keys: str) -> None:
        """Call, and come to the lobby."""
        self.calls(phone, uri, *keys)
        self.rings()

    def rings(self) -> None:
        """Somebody comes to the lobby."""
        self.anna.opens_people()
        self.anna.window.until_shown(by_testid("answer"), within=RECEPTION)

    # what the host does, and what everybody sees

    def admits(self, name: str) -> str:
        """Answer the caller who waits, let them in; what the dialog said about them."""
        self.desk.answers()
        said = self.anna.window.text(by_testid("caller-who"))
        self.anna.window.fill(by_testid("caller-name"), name)
        self.anna.window.click(by_testid("admit"))
        for person in (self.anna, self.ben):
            person.window.until_text("no longer end-to-end encrypted", by_testid("open-notice"))
            person.window.until_text(name, ".tile.by-phone")
        return said

    def is_closed(self) -> None:
        """The lock of both is shut, and nobody is there by telephone."""
        for person in (self.anna, self.ben):
            person.window.until(CLOSED, what=f"{person.name}'s lock to close")
            person.window.until_gone(by_testid("open-notice"))
            person.window.until_gone(".tile.by-phone")

    def both_see(self, selector: str, *, shown: bool = True) -> None:
        """A sign on the caller's tile is there, or is not."""
        for person in (self.anna, self.ben):
            page, sign = person.window, f".tile.by-phone {selector}"
            (page.until_shown if shown else page.until_gone)(sign)

    # sound

    def caller_is_heard(self, clear: float = CLEAR) -> float:
        """Wait until half a second of the caller's tone in Ben's browser is that clear; how clear it was."""

        def measured() -> float:
            return max(
                (_clarity(each.samples, each.rate, CALLER_TONE) for each in self._heard()), default=0.0
            )

        return _reached(measured, clear, "the caller's tone in the browser")

    def caller_is_silent(self) -> None:
        """Wait until Anna's tone is all that Ben's browser gets."""
        until(
            lambda: all(_clarity(each.samples, each.rate, ROOM_TONE) > 10 for each in self._heard()),
            "the caller's silence",
            within=60,
        )

    def room_is_heard(self, phone: Telephone, clear: float = CLEAR) -> float:
        """Wait until half a second of Anna's tone on the telephone is that clear; how clear it was."""
        return _reached(
            lambda: _clarity(*phone.heard(), ROOM_TONE), clear, "the room's tone on the telephone"
        )

    def sound_flows(
        self, phone: Telephone, *, in_the_browser: float = CLEAR, on_the_telephone: float = CLEAR
    ) -> None:
        """Both tones, each on the other side, at least so clear."""
        measured = self.caller_is_heard(in_the_browser), self.room_is_heard(phone, on_the_telephone)
        print("dB in the browser, on the telephone:", *(f"{each:.1f}" for each in measured))

    def _heard(self) -> list[Heard]:
        return [each for each in heard(self.ben.window, 0.7) if each.loudness > -60]


def _clarity(samples: Samples, rate: int, hertz: float) -> float:
    """dB of a tone over all else in the last half second; `SILENCE` of none.

    Half a second, because a busy machine makes jitter buffers stretch sound, which shifts a tone's phase.
    """
    last = samples[-rate // 2 :]
    if len(last) < rate // 2 or not np.any(np.abs(last) > 200):
        return SILENCE
    return signal_to_noise(last, rate, hertz)


def _reached(measure: Callable[[], float], clear: float, what: str) -> float:
    best = SILENCE

    def enough() -> bool:
        nonlocal best
        best = max(best, measure())
        return best >= clear

    try:
        until(enough, what, within=90)
    except AssertionError as error:
        raise AssertionError(f"{error}; at best {best:.1f} dB") from None
    return best


@contextmanager
def hall(folder: Path) -> Iterator[Hall]:
    """Everything, for the length of the block; at its end no process may have complained."""
    authority = Authority(folder)
    files = authority.issue("127.0.0.1", "localhost")
    users = {"onmeet": "s3cret", **dict.fromkeys((CALLING, CALLED, MACHINE), PASSWORD)}
    with kamailio(folder, users) as proxy:
        text = PHONE.format(
            certificate=files.certificate, key=files.key, port=proxy.tls_port, authority=proxy.authority
        )
        server = OnMeetServer(ONMEET_SIP="on", ONMEET_PHONE=text, ONMEET_SIP_PORT=str(free_ports()))
        recordings = server.data / "prompts"
        recordings.mkdir(parents=True)
        short_prompts(recordings)  # of English; German ones are played as they are
        with (
            server,
            Chromium("--autoplay-policy=no-user-gesture-required", fake_device="fps=5") as chromium,
        ):
            yield Hall(server, proxy, authority.file, chromium)
            complaints = server.complaints()
            assert not complaints, f"{complaints}\n{server.log_text()}"
