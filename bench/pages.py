"""`python -m bench pages`: how fast the real server answers somebody who is signed in and keeps 100 meetings.

The list of meetings is asked for 20 times a second, whether or not the answers before have come, and between
two of these the smallest page that the same process makes (`/robots.txt`): what that takes is the floor, the
cost of connection, threads and framework. A time counts from when a request is due to its answer's last byte.
"""

from __future__ import annotations

import argparse
import http.client
import json
import re
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from urllib.parse import urlencode

from bench.processes import MachineTimes, measuring
from onmeet.config import Config
from onmeet.meetings.recurrence import Rule
from onmeet.meetings.schedule import Schedule
from onmeet.web import services
from tests.running import OnMeetServer

MEETINGS = 100
A_SECOND = 20
SECONDS = 30.0
WARM_UP_SECONDS = 3.0
TARGET_P50_MS, TARGET_P99_MS = 15.0, 60.0
PAGE, FLOOR = "/meetings", "/robots.txt"
_EMAIL, _PASSWORD = "bench@example.org", "a heron lands at dusk"
_THREADS = 16


@dataclass(frozen=True)
class Row:
    """One line of the table; the JSON report holds exactly these fields. ratio: over the floor's p50."""

    page: str
    requests: int
    kb: float
    p50_ms: float
    p99_ms: float
    ratio: float
    steal_pct: float


class Browser:
    """Somebody with cookies; each request has a connection of its own, as behind most proxies."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._cookies: dict[str, str] = {}

    def get(self, path: str) -> bytes:
        """The body of a page. AssertionError unless it is there."""
        return self._ask("GET", path, "", (200,))

    def sign_in(self) -> None:
        """As the form does it."""
        found = re.search(rb'name="csrf-token" content="([^"]+)"', self.get("/sign-in"))
        assert found is not None
        fields = {"csrf_token": unescape(found[1].decode()), "email": _EMAIL, "password": _PASSWORD}
        self._ask("POST", "/sign-in", urlencode(fields), (302, 303))

    def _ask(self, method: str, path: str, body: str, expected: tuple[int, ...]) -> bytes:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}
        if body:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        with closing(connection):
            connection.request(method, path, body or None, headers)
            answer = connection.getresponse()
            content = answer.read()
        assert answer.status in expected, f"{path}: {answer.status}"
        for cookie in answer.headers.get_all("Set-Cookie") or ():
            name, _, value = cookie.partition(";")[0].partition("=")
            self._cookies[name] = value
        return content


def arguments(parser: argparse.ArgumentParser) -> None:
    """The subcommand's options."""
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--json", type=Path)


def main(options: argparse.Namespace) -> int:
    """Run and report; fails when the list takes longer than the aim."""
    with OnMeetServer() as server:
        _fill(Config.from_env(server.environment))
        browser = Browser(server.port)
        browser.sign_in()
        with measuring():
            _load(browser, WARM_UP_SECONDS)
            rows = _measured(browser, options.seconds)
    print("| page | requests | kB | p50 ms | p99 ms | ratio | steal % |")
    print("|---|---|---|---|---|---|---|")
    for row in rows:
        print(
            f"| {row.page} | {row.requests} | {row.kb:.0f} | {row.p50_ms:.1f} | {row.p99_ms:.1f} |"
            f" {row.ratio:.1f} | {row.steal_pct:.1f} |"
        )
    if options.json:
        options.json.write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n")
    return int(rows[0].p50_ms > TARGET_P50_MS or rows[0].p99_ms > TARGET_P99_MS)


def _fill(config: Config) -> None:
    """An account with meetings: each fifth at any time, the others planned, half of them weekly."""
    behind = services.build(config)
    behind.accounts.register(_EMAIL, _PASSWORD, "Anna", proven=True)
    owner = behind.accounts.check(_EMAIL, _PASSWORD, client="bench").person.id
    start = datetime.now(UTC).replace(tzinfo=None, second=0, microsecond=0) + timedelta(days=1)
    for number in range(MEETINGS):
        rule = Rule("WEEKLY") if number % 2 else None
        schedule = Schedule(start + timedelta(hours=number), "Europe/Berlin", 60, rule)
        behind.meetings.create(owner, f"Meeting {number}", schedule=schedule if number % 5 else None)
    behind.database.close()


def _measured(browser: Browser, seconds: float) -> list[Row]:
    machine = MachineTimes.now()
    times = _load(browser, seconds)
    steal = MachineTimes.now().steal_pct(machine)
    floor = statistics.median(times[FLOOR])
    return [
        Row(
            page=page,
            requests=len(times[page]),
            kb=len(browser.get(page)) / 1000,
            p50_ms=round(statistics.median(times[page]) * 1000, 2),
            p99_ms=round(sorted(times[page])[int(len(times[page]) * 0.99)] * 1000, 2),
            ratio=round(statistics.median(times[page]) / floor, 2),
            steal_pct=round(steal, 2),
        )
        for page in (PAGE, FLOOR)
    ]


def _load(browser: Browser, seconds: float) -> dict[str, list[float]]:
    """Both pages, each `A_SECOND` times a second; the seconds that each answer took."""
    times: dict[str, list[float]] = {PAGE: [], FLOOR: []}

    def ask(page: str, due: float) -> None:
        browser.get(page)
        times[page].append(time.perf_counter() - due)

    step = 1 / A_SECOND / 2
    with ThreadPoolExecutor(_THREADS) as pool:
        begin = time.perf_counter()
        asked = []
        for number in range(int(seconds / step)):
            due = begin + number * step
            time.sleep(max(0.0, due - time.perf_counter()))
            asked.append(pool.submit(ask, FLOOR if number % 2 else PAGE, due))
        for each in asked:
            each.result()
    return times
