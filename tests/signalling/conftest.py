"""A house for each test, and a host in it."""

from __future__ import annotations

import pytest

from tests.factories.people import House, Person


@pytest.fixture
def house() -> House:
    return House()


@pytest.fixture
def ada(house: House) -> Person:
    """A host who has read everything so far."""
    (ada,) = house.meeting("Ada")
    return ada
