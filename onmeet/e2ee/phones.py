"""The host's exceptions for telephone calls."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from onmeet.e2ee.bodies import Grant
from onmeet.e2ee.labels import MAX_GRANTS
from onmeet.e2ee.signing import Json

__all__ = ["Admitted", "Phones"]


@dataclass(frozen=True, slots=True)
class Admitted:
    """A call with the host's signed grant."""

    call: str
    gw: bytes
    statement: Json


class Phones:
    """Whom the next epoch lets hear the sound.

    A grant is in force only in epochs that carry it, and only a host's epoch may.
    """

    def __init__(self) -> None:
        self._wanted: dict[str, bytes] = {}
        self._admitted: dict[str, Admitted] = {}
        self._ended: set[str] = set()

    def admit(self, call: str, gw: bytes) -> bool:
        """Let a call in with the next epoch; again for one that is in: it gets a new grant.

        Says whether there was room.
        """
        if len(self._wanted.keys() | self._admitted.keys() | {call}) > MAX_GRANTS:
            return False
        self._wanted[call] = gw
        self._ended.discard(call)
        return True

    def end(self, call: str) -> None:
        """Leave a call out of the next epoch."""
        self._wanted.pop(call, None)
        if call in self._admitted:
            self._ended.add(call)

    @property
    def changed(self) -> bool:
        """Whether the epoch in force is not what the host wants."""
        return bool(self._wanted or self._ended)

    @property
    def calls(self) -> tuple[str, ...]:
        """Calls that can hear this epoch's sound."""
        return tuple(self._admitted)

    def statements(self, grant: Callable[[str, bytes, int], Json], n: int) -> list[Admitted]:
        """What epoch `n` is to carry; `grant` signs what is new in it."""
        left_out = self._ended | self._wanted.keys()
        going = [each for each in self._admitted.values() if each.call not in left_out]
        fresh = [Admitted(call, gw, grant(call, gw, n)) for call, gw in self._wanted.items()]
        return going + fresh

    def settle(self, grants: Iterable[Grant]) -> None:
        """`grants` are those of the epoch that was accepted."""
        self._admitted = {each.call: Admitted(each.call, each.gw, each.raw) for each in grants}
        for call in self._admitted:
            self._wanted.pop(call, None)
        self._ended &= self._admitted.keys()
