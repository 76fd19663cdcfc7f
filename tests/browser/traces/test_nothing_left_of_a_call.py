"""The canary test with a telephone: a caller whose number, name, exchange and device are unique strings.

Under `on-meet` nothing of the call survives the hang-up, in memory either; under `easymeet24` and
`3cx-webmeeting` exactly what these notices permit, until its time is over.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

import pytest

from tests.browser import eavesdropper
from tests.browser.chromium import ChromiumWindow
from tests.browser.conftest import OpenWindow
from tests.browser.instance import Instance
from tests.browser.people import Person
from tests.browser.traces.test_nothing_left import (
    Instances,
    Somebody,
    Subscriber,
    build,
    database,
    meet,
    months_ahead,
    people,
    postgres,
    redis_server,
    unique,
    until_clean,
    wires_of,
)
from tests.browser.window import by_testid
from tests.factories.softphone import Handset, Sender
from tests.waiting import until

__all__ = ["build", "database", "people", "postgres", "redis_server"]

SETTINGS = {
    "ONMEET_SIP": "on",
    "ONMEET_PHONE": 'languages = ["en"]\n[[number]]\nnumber = "+49 30 9018201"\n',
}
"""Nobody is asked for a language, which saves time; a number is shown, so that the page has a PIN."""

RECEPTION_SECONDS = 120.0


@dataclass(frozen=True)
class Caller:
    """The traces of one telephone."""

    number: str = field(default_factory=lambda: f"+4930{secrets.randbelow(9 * 10**7) + 10**7}")
    name: str = field(default_factory=lambda: unique("Quay"))
    exchange: str = field(default_factory=lambda: unique("pbx") + ".example.org")
    device: str = field(default_factory=lambda: unique("Desk/"))

    @property
    def sender(self) -> Sender:
        """As the exchange sends it, with much more than is needed."""
        headers = (
            ("P-Asserted-Identity", f'"{self.name}" <sip:{self.number}@{self.exchange}>'),
            ("Remote-Party-ID", f'"{self.name}" <sip:{self.number}@{self.exchange}>;party=calling'),
            ("Diversion", f"<sip:{self.number}@{self.exchange}>;reason=unconditional"),
            ("P-Access-Network-Info", f"IEEE-802.11;i-wlan-node-id={self.device}"),
            ("Server", self.device),
            ("X-Device", self.device),
            ("Subject", self.name),
        )
        return Sender(self.number, self.exchange, self.name, headers)

    @property
    def traces(self) -> tuple[str, ...]:
        """All of them, the number also without its plus."""
        return (self.number, self.number[1:], self.name, self.exchange, self.device)


def call(instance: Instance, host: Person, guest: Person, caller: Caller, *, agrees: bool = False) -> None:
    """The caller dials the PIN, is let in, stays for a while, hangs up. agrees: presses 1 until then."""
    page = host.window
    with Handset(int(instance.server.environment["ONMEET_SIP_PORT"]), caller.sender) as handset:
        handset.dials(host.looks_up_the_pin())

        def waits() -> bool:
            if agrees:
                handset.presses("1")
                handset.hears(1.0)
            return "Waiting on the telephone" in page.text("body")

        until(waits, "a caller", within=RECEPTION_SECONDS)
        page.click(".toast button:not([aria-label])")
        page.until_shown(by_testid("caller-dialog"))
        shown = page.text(by_testid("caller-dialog"))
        assert caller.number[-2:] in shown
        assert not any(trace in shown for trace in caller.traces)
        page.click(by_testid("admit"))
        guest.window.until_text("no longer end-to-end encrypted", by_testid("open-notice"))
        handset.hears(1.0)
        assert len(instance.server.room_pids()) == 1
        handset.hangs_up()
    until(lambda: not instance.server.room_pids(), "the end of the meeting's process", within=30)
    guest.window.until("() => !probe.shown(probe.one('[data-testid=open-notice]'))", what="a closed lock")


def remembered(instance: Instance, traces: tuple[str, ...]) -> set[str]:
    """Which traces stand in the memory of which process of the server."""
    found = set()
    for pid in instance.server.pids():
        for piece in eavesdropper.memory_of(pid):
            found |= {f"{trace} in {pid}" for trace in traces if trace.encode() in piece}
    return found


@pytest.mark.timeout(480)
@pytest.mark.slow
@pytest.mark.promise("N1.2", "N1.7", "N1.9", "N1.15")
def test_under_on_meet_nothing_of_a_call_is_left_in_any_byte_or_memory(
    build: Instances, window: OpenWindow[ChromiumWindow], people: tuple[Subscriber, Somebody]
) -> None:
    """Not in files, database, log or Redis, during the call either; after it not in any process's memory.

    Slow: a whole instance, a meeting of two browsers, and a call.
    """
    (anna, ben), caller = people, Caller()
    instance = build("on-meet", **SETTINGS)
    with wires_of(instance, anna, ben) as wires:
        host, guest = meet(window, wires, anna, ben, build.post)
        call(instance, host, guest, caller)
        assert instance.raw(caller.traces) == {}
        until(lambda: not remembered(instance, caller.traces), "memory without traces", within=60)
        guest.leave()
        host.leave()
        until_clean(instance, caller.traces)
    build.dump()
    assert instance.raw((*caller.traces, *anna.traces, *ben.traces)) == {}
    assert instance.sightings((*caller.traces, *anna.traces, *ben.traces)) == {}


@pytest.mark.timeout(480)
@pytest.mark.slow
@pytest.mark.parametrize(
    ("notice", "database"),
    [("easymeet24", "sqlite"), ("easymeet24", "postgresql"), ("3cx-webmeeting", "sqlite")],
    indirect=["database"],
)
@pytest.mark.promise("N3.2", "N3.4", "N3.8", "N5.5")
def test_exactly_what_the_notice_permits_of_a_call_is_left_and_goes_in_time(
    build: Instances, window: OpenWindow[ChromiumWindow], people: tuple[Subscriber, Somebody], notice: str
) -> None:
    """The number, and under 3cx-webmeeting the exchange; never the caller's name or device.

    Slow: a whole instance, a meeting of two browsers, and a call.
    """
    (anna, ben), caller = people, Caller()
    instance = build(notice, **SETTINGS)
    permitted = {caller.number, caller.number[1:]}
    if notice == "3cx-webmeeting":
        permitted.add(caller.exchange)
    never = (caller.name, caller.device)
    with wires_of(instance, anna, ben) as wires:
        host, guest = meet(window, wires, anna, ben, build.post)
        call(instance, host, guest, caller, agrees=notice == "3cx-webmeeting")
        guest.leave()
        host.leave()
    until(lambda: permitted <= set(instance.sightings(caller.traces)), "the record of the call", within=60)
    assert set(instance.sightings(caller.traces)) == permitted
    build.dump()
    assert instance.raw(never) == {}
    assert (instance.raw(permitted) == {}) is build.sealed
    instance.done("sweep", "--ahead", "--at", months_ahead(36))
    build.dump()
    assert instance.raw(caller.traces) == {}
    assert instance.sightings(caller.traces) == {}
