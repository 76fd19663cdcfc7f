"""Browsers for the tests of a module: one process an engine, fresh windows for each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol, TypeVar

import pytest

from onmeet.config import detect_addresses
from tests.browser.chromium import Chromium, ChromiumWindow
from tests.browser.firefox import Firefox, FirefoxWindow
from tests.browser.instance import Instance
from tests.browser.window import Window
from tests.running import OnMeetServer

W = TypeVar("W", bound=Window, covariant=True)


class OpenWindow(Protocol[W]):
    """Opens a window that is closed, and asked for its problems, at the end of the test."""

    def __call__(self, **options: Any) -> W: ...


@pytest.fixture(scope="module")
def onmeet_server() -> Iterator[OnMeetServer]:
    """The real server, one for all tests of a module, with every address of this machine advertised.

    Firefox gathers no loopback candidate where there is another interface, and then reaches only that one.
    """
    addresses = dict.fromkeys(("127.0.0.1", *detect_addresses()))
    with OnMeetServer(ONMEET_MEDIA_IP=",".join(addresses)) as server:
        yield server
        complaints = server.complaints()
        assert not complaints, f"{complaints}\n{server.log_text()}"
        report = Instance(server).audit()
        assert report["clean"], f"after all these tests the audit finds: {report['findings']}"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    """One Chromium process; its fake camera is slow, so that two cores can encode for several people."""
    with Chromium(fake_device="fps=12") as browser:
        yield browser


@pytest.fixture(scope="module")
def firefox() -> Iterator[Firefox]:
    """One Firefox process."""
    with Firefox() as browser:
        yield browser


@pytest.fixture
def window(request: pytest.FixtureRequest, chromium: Chromium) -> Iterator[OpenWindow[ChromiumWindow]]:
    """Opens windows of Chromium."""
    yield from _windows(request, chromium.window)


@pytest.fixture
def fox_window(request: pytest.FixtureRequest, firefox: Firefox) -> Iterator[OpenWindow[FirefoxWindow]]:
    """Opens windows of Firefox."""
    yield from _windows(request, firefox.window)


def _windows(request: pytest.FixtureRequest, make: Callable[..., W]) -> Iterator[OpenWindow[W]]:
    opened: list[W] = []

    def opener(**options: Any) -> W:
        opened.append(make(**options))
        return opened[-1]

    yield opener
    failed = getattr(request.node, "failed", False)
    problems = {}
    for number, each in enumerate(opened):
        if failed:
            _keep_a_picture(request, each, number)
        with suppress(Exception):  # a window that a test has closed has nothing to say any more
            problems[number] = each.take_problems()
        with suppress(Exception):
            each.close()
    if any(problems.values()):
        pytest.fail(f"the browser complained, by window: {problems}", pytrace=False)


def _keep_a_picture(request: pytest.FixtureRequest, window: Window, number: int) -> None:
    cache = getattr(request.config, "cache", None)
    folder = Path(str(cache.mkdir("windows"))) if cache else None
    if folder:
        with suppress(Exception):
            window.screenshot(folder / f"{request.node.name}-{number}.png")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Let the fixtures know whether the test failed."""
    outcome: Any = yield
    if call.when == "call":
        item.failed = outcome.get_result().failed  # type: ignore[attr-defined]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder drives a real browser, whose start counts as time of its first test."""
    for item in items:
        if "tests/browser/" in item.nodeid:
            item.add_marker(pytest.mark.browser)
            if item.get_closest_marker("timeout") is None:
                item.add_marker(pytest.mark.timeout(300))
