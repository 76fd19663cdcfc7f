"""`python -m bench join`: from pressing *Join* to the first frame of somebody else, in real Chromium pages.

One participant waits in a meeting; others come one after the other by the link, each in a window of its own
with an empty cache and store, and leave again. The page's own clock measures: from the click on *Join*
(pre-join passed) to the first remote frame that the browser has put on the screen.
"""

from __future__ import annotations

import argparse
import json
import statistics
from pathlib import Path

from tests.browser.chromium import Chromium
from tests.browser.people import enter, start_meeting
from tests.running import OnMeetServer


def arguments(parser: argparse.ArgumentParser) -> None:
    """The subcommand's options."""
    parser.add_argument("--joins", type=int, default=15)
    parser.add_argument("--json", type=Path)


def main(options: argparse.Namespace) -> int:
    """Run and report; fails over a median of one second."""
    times = sorted(_measure(options.joins))
    median = statistics.median(times)
    print("| joins | median ms | fastest | slowest |")
    print("|---|---|---|---|")
    print(f"| {len(times)} | {median:.0f} | {times[0]:.0f} | {times[-1]:.0f} |")
    if options.json:
        options.json.write_text(json.dumps({"ms": times, "median_ms": median}, indent=1) + "\n")
    return 0 if median <= 1000 else 1


def _measure(joins: int) -> list[float]:
    with OnMeetServer() as server, Chromium(fake_device="fps=20") as browser:
        host = start_meeting(browser.window(), server.base_url, "Host")
        times = []
        for number in range(joins):
            window = browser.window()
            guest = enter(window, host.link, f"Guest {number}")
            times.append(guest.first_picture())
            print(f"join {number + 1}: {times[-1]:.0f} ms", flush=True)
            guest.leave()
            window.close()
        return times
