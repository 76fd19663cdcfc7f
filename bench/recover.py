"""`python -m bench recover`: the relay is killed (SIGKILL) in a meeting of three real Chromium pages.

Measured from the kill until each page shows new frames of both others, without anybody touching anything:
the supervisor starts the relay again, the pages reconnect, agree on new keys and go on.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import statistics
import time
from pathlib import Path

from tests.browser.chromium import Chromium
from tests.browser.people import Person, enter, start_meeting
from tests.running import OnMeetServer

_DEADLINE = 30.0
# Before the kill: remember the live meeting's name. Afterwards: the time (page clock, as Unix ms) at which
# the second of the others' pictures has put a frame on the screen in the new live meeting; 0 before.
_WATCH = """() => {
  const room = document.querySelector('onmeet-room');
  const old = room.diagnostics().instance;
  window.recovered = 0;
  window.marks = null;
  const look = () => {
    const { instance } = room.diagnostics();
    const moving = probe.pictures().filter((p) => !p.own && p.source !== 'screen');
    if (instance && instance !== old) {
      window.marks ??= new Map(moving.map((p) => [p.index, p.frames]));
      for (const p of moving) if (!window.marks.has(p.index)) window.marks.set(p.index, 0);
      const fresh = moving.filter((p) => p.frames > window.marks.get(p.index));
      if (fresh.length === 2) { window.recovered = performance.timeOrigin + performance.now(); return; }
    }
    setTimeout(look, 20);
  };
  look();
}"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """The subcommand's options."""
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--json", type=Path)


def main(options: argparse.Namespace) -> int:
    """Run and report; fails when a recovery takes over five seconds."""
    times = sorted(_measure(options.runs))
    print("| kills | median s | fastest | slowest |")
    print("|---|---|---|---|")
    print(f"| {len(times)} | {statistics.median(times):.2f} | {times[0]:.2f} | {times[-1]:.2f} |")
    if options.json:
        options.json.write_text(json.dumps({"seconds": times}, indent=1) + "\n")
    return 0 if statistics.median(times) <= 5 else 1


def _measure(runs: int) -> list[float]:
    """A server of its own for each kill: what dies again and again is restarted ever more slowly."""
    times = []
    with Chromium(fake_device="fps=12") as browser:
        for number in range(runs):
            with OnMeetServer() as server:
                windows = [browser.window() for _ in range(3)]
                anna = start_meeting(windows[0], server.base_url, "Anna")
                people = [
                    anna,
                    enter(windows[1], anna.link, "Ben"),
                    enter(windows[2], anna.link, "Cleo"),
                ]
                for person in people:
                    person.sees(2)
                times.append(_kill(server, people))
                print(f"kill {number + 1}: {times[-1]:.2f} s", flush=True)
                for window in windows:
                    window.close()
    return times


def _kill(server: OnMeetServer, people: list[Person]) -> float:
    for person in people:
        person.window.evaluate(_WATCH)
    killed = time.time()
    os.kill(server.relay_pid(), signal.SIGKILL)
    seen = [
        float(
            person.window.until(
                "() => window.recovered", what=f"{person.name} to see all again", within=_DEADLINE
            )
        )
        for person in people
    ]
    return max(seen) / 1000 - killed
