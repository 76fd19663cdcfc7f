"""A house for each test."""

from __future__ import annotations

import pytest

from tests.factories.people import House


@pytest.fixture
def house() -> House:
    return House()
