"""Browsers for the tests of a module: one process an engine, a fresh window each time."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.browser.chromium import Chromium
from tests.browser.firefox import Firefox


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    """One Chromium process."""
    with Chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def firefox() -> Iterator[Firefox]:
    """One Firefox process."""
    with Firefox() as browser:
        yield browser


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder drives a real browser."""
    for item in items:
        if "tests/browser/" in item.nodeid:
            item.add_marker(pytest.mark.browser)
