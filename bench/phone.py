"""`python -m bench phone`: telephone calls into real servers, from set-up to what is left of them.

calls: a real gateway takes so many calls a second; how long until each is answered, how many fail, what a
call costs, how memory grows in the second half. meeting: two Chromium pages and a telephone; from Admit to
hearing the room, from the hang-up to new keys, signal to noise both ways through browser, relay, room
process and telephone.
legs, callers: as `bench.phone_leg` and `bench callers`, which this runs as well. growth: as
`bench.phone_growth`, for so many minutes, stages: as `bench.phone_stages`; only when they are named.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench import callers, phone_leg
from bench.phone_growth import growth
from bench.phone_stages import stages
from bench.processes import cpu_seconds, resident_kb
from onmeet.phone.settings import PhoneSettings, Trunk
from sip.agent import Agent
from sip.gateway.ports import open_pair
from sip.interface import FRAME, RATE, Agreement, EndReason
from sip.wire.options import Options
from sip.wire.transport import Transport
from tests.browser.chromium import Chromium
from tests.browser.people import Person, enter, start_meeting
from tests.browser.sound import heard, microphone_with_tone
from tests.browser.window import by_testid
from tests.factories.softphone import Handset
from tests.running import OnMeetServer
from tests.sip.media.lines import signal_to_noise
from tests.sip.room.house import short_prompts
from tests.waiting import until

PARTS = ("legs", "callers", "calls", "meeting")
ASKED = ("stages", "growth")
"""Only when they are named."""
ROOM_TONE, CALLER_TONE = 997.0, 1020.0
TALK_SECONDS = 1.0
SETTINGS = 'languages = ["en"]\nmax_calls = 200\nmax_calls_per_source = 200\n'


@dataclass(frozen=True)
class Calls:
    """The calls table."""

    calls: int
    failed: int
    setup_p50_ms: float
    setup_p99_ms: float
    cpu_ms_per_call: float
    megabytes_half_way: float
    megabytes_after: float


@dataclass(frozen=True)
class Meeting:
    """The meeting table; medians of all rounds."""

    rounds: int
    admit_to_sound_ms: float
    hang_up_to_new_keys_ms: float
    room_on_telephone_db: float
    telephone_in_browser_db: float


def arguments(parser: argparse.ArgumentParser) -> None:
    """The options."""
    parser.add_argument("--parts", nargs="+", choices=PARTS + ASKED, default=list(PARTS))
    parser.add_argument("--calls", type=int, default=300, help="of the part calls")
    parser.add_argument("--per-second", type=float, default=10.0)
    parser.add_argument("--rounds", type=int, default=3, help="of the part meeting")
    parser.add_argument("--seconds", type=float, default=10.0, help="of the parts legs and callers")
    parser.add_argument("--callers", type=int, nargs="+", default=[1, 10, 25])
    parser.add_argument("--minutes", type=float, default=45.0, help="of the part growth")
    parser.add_argument("--json", type=Path)


def main(options: argparse.Namespace) -> int:
    """Run the parts, print their tables."""
    report: dict[str, Any] = {}
    own: dict[str, Callable[[], list[Any]]] = {
        "calls": lambda: [_calls(options.calls, options.per_second)],
        "meeting": lambda: [_meeting(options.rounds)],
        "stages": stages,
        "growth": lambda: [asyncio.run(growth(SETTINGS, _ring, options.minutes))],
    }
    for part in options.parts:
        print(f"\n## {part}", flush=True)
        if part in own:
            rows = report[part] = [asdict(row) for row in own[part]()]
            print("| " + " | ".join(rows[0]) + " |\n|" + "---|" * len(rows[0]))
            for row in rows:
                shown = (f"{value:.1f}" if isinstance(value, float) else str(value) for value in row.values())
                print("| " + " | ".join(shown) + " |")
        else:
            module = {"legs": phone_leg, "callers": callers}[part]
            with tempfile.TemporaryDirectory() as folder:
                options.json, wanted = Path(folder) / "report.json", options.json
                module.main(options)
                report[part] = json.loads(options.json.read_text())
                options.json = wanted
    print(f"\nload of the machine: {os.getloadavg()[0]:.1f}")
    if options.json:
        options.json.write_text(json.dumps(report, indent=1) + "\n")
    return 0


# -- calls ---------------------------------------------------------------------------------------------------


class _Caller:
    """A call that is answered, lasts for a second without sound, and is hung up."""

    def __init__(self) -> None:
        self.answered_at: float | None = None
        self.over = asyncio.Event()

    def answered(self, agreement: Agreement) -> None:
        self.answered_at = time.monotonic()

    def changed(self, agreement: Agreement) -> None: ...

    def digit(self, digit: str) -> None: ...

    def ended(self, reason: EndReason) -> None:
        self.over.set()


def _calls(count: int, per_second: float) -> Calls:
    with OnMeetServer(ONMEET_SIP="on", ONMEET_PHONE=SETTINGS) as server:
        gateway = server.sip_pid()
        port = int(server.environment["ONMEET_SIP_PORT"])
        asyncio.run(_ring(port, 20, per_second))  # whatever is made once
        cpu = cpu_seconds(gateway)
        times = asyncio.run(_ring(port, count // 2, per_second))
        half = resident_kb(gateway) / 1024
        times += asyncio.run(_ring(port, count - count // 2, per_second))
        after, spent = resident_kb(gateway) / 1024, cpu_seconds(gateway) - cpu
    good = sorted(each for each in times if each is not None)
    return Calls(
        calls=count,
        failed=count - len(good),
        setup_p50_ms=1000 * float(np.percentile(good, 50)),
        setup_p99_ms=1000 * float(np.percentile(good, 99)),
        cpu_ms_per_call=1000 * spent / count,
        megabytes_half_way=half,
        megabytes_after=after,
    )


async def _ring(port: int, count: int, per_second: float) -> list[float | None]:
    """Seconds from the dialling to the answer of each call; None for one that failed."""
    trunk = Trunk(name="gateway", host="127.0.0.1", port=port, keep_alive=0)
    settings = PhoneSettings(trunks=(trunk,), max_calls=500)
    agent = Agent(Transport(Options(port=0), upstreams=settings.trunks), settings, lambda _call: None)
    await agent.start()
    try:
        begun, start = [], time.monotonic()
        for number in range(count):
            await asyncio.sleep(max(0.0, start + number / per_second - time.monotonic()))
            begun.append(asyncio.create_task(_one(agent)))
        return list(await asyncio.gather(*begun))
    finally:
        await agent.close()


async def _one(agent: Agent) -> float | None:
    rtp, rtcp = open_pair("127.0.0.1", None)
    caller, start = _Caller(), time.monotonic()
    call = await agent.dial("meet", "gateway", caller, "127.0.0.1", rtp.getsockname()[1])
    await asyncio.sleep(TALK_SECONDS)
    call.hang_up()
    await caller.over.wait()
    rtp.close()
    rtcp.close()
    return None if caller.answered_at is None else caller.answered_at - start


# -- meeting -------------------------------------------------------------------------------------------------


def _meeting(rounds: int) -> Meeting:
    server = OnMeetServer(ONMEET_SIP="on", ONMEET_PHONE=SETTINGS)
    recordings = server.data / "prompts"
    recordings.mkdir(parents=True)
    short_prompts(recordings)
    flags = ("--autoplay-policy=no-user-gesture-required",)
    with server, Chromium(*flags, fake_device="fps=5") as chromium:
        anna = start_meeting(
            chromium.window(preload=microphone_with_tone(ROOM_TONE)), server.base_url, "Anna"
        )
        ben = enter(chromium.window(), anna.link, "Ben")
        anna.sees(1)
        ben.window.press("m")  # the fake device beeps
        pin = _pin(anna)
        rows = [_round(server, anna, ben, pin) for _ in range(rounds)]
    medians = [statistics.median(column) for column in zip(*rows, strict=True)]
    return Meeting(rounds, *medians)


def _pin(host: Person) -> str:
    host.window.click(by_testid("phone"))
    host.window.until_shown(by_testid("phone-pin"))
    pin = host.window.text(by_testid("phone-pin"))
    host.window.press("Escape")
    return "".join(sign for sign in pin if sign.isdigit())


def _round(server: OnMeetServer, anna: Person, ben: Person, pin: str) -> tuple[float, float, float, float]:
    page = anna.window
    with Handset(int(server.environment["ONMEET_SIP_PORT"])) as handset:
        handset.sends(CALLER_TONE)
        handset.dials(pin)
        until(lambda: "Waiting on the telephone" in page.text("body"), "a caller", within=60)
        page.click(".toast button:not([aria-label])")
        page.until_shown(by_testid("caller-dialog"))
        page.click(by_testid("admit"))
        pressed = time.monotonic() - page.evaluate("() => performance.now() - probe.clicked('admit')") / 1000
        until(lambda: _first_tone(handset, pressed) is not None, "the room's sound", within=30)
        sound = _first_tone(handset, pressed)
        assert sound is not None
        on_telephone = max(signal_to_noise(handset.hears(0.5), RATE, ROOM_TONE) for _ in range(8))
        in_browser = max(_heard_in_browser(ben) for _ in range(4))
        gone = time.monotonic()
        handset.hangs_up()
        while ben.window.evaluate("() => probe.shown(probe.one('[data-testid=open-notice]'))"):
            time.sleep(0.01)
        closed = time.monotonic()
    until(lambda: "Waiting on the telephone" not in page.text("body"), "the toast to go", within=30)
    return 1000 * (sound - pressed), 1000 * (closed - gone), on_telephone, in_browser


def _first_tone(handset: Handset, since: float) -> float | None:
    """When the first 40 ms that are the room's tone came, monotonic seconds."""
    phone = handset.phone
    assert phone.began is not None
    first = max(0, round((since - phone.began) * RATE / FRAME))
    for number in range(first, len(phone.heard) - 1):
        piece: NDArray[np.int16] = np.concatenate(phone.heard[number : number + 2])
        if np.abs(piece).max() > 300 and signal_to_noise(piece, RATE, ROOM_TONE) > 3:
            return phone.began + (number + 2) * FRAME / RATE
    return None


def _heard_in_browser(person: Person) -> float:
    halves = [(each.samples[-each.rate // 2 :], each.rate) for each in heard(person.window, 1.0)]
    loud = [(sound, rate) for sound, rate in halves if len(sound) and np.abs(sound).max() > 300]
    return max((signal_to_noise(sound, rate, CALLER_TONE) for sound, rate in loud), default=-120.0)
