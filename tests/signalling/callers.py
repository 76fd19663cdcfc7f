"""Steps with callers, for tests of a live room."""

from __future__ import annotations

from typing import Any

from tests.factories.people import House, Person
from tests.factories.telephone import Switch

__all__ = ["NOW", "admitted", "waiting"]

NOW = 1_700_001_000


def waiting(person: Person) -> list[str]:
    """The calls of the one list of callers among everything new."""
    return [caller["call"] for caller in person.take("callers")["waiting"]]


def admitted(house: House, switch: Switch, host: Person, number: int = 1, **changes: Any) -> int:
    """A call that a host has let in, everything about it read; its index."""
    house.wait(1)
    call = switch.ring(number, **changes)
    host.read()
    host.say("admit", call=call)
    index = next(m["participant"]["index"] for m in host.read() if m["type"] == "joined")
    switch.read()
    return int(index)
