"""The end of a meeting: delete what goes with it, empty the log, and say so in a receipt. At once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from onmeet.db import Database
from onmeet.keeper.remains import Remains, gone, remains
from onmeet.notices.policy import Policy
from onmeet.notices.receipts import Looked, Receipts
from onmeet.notices.sweep import Sweep, Swept

__all__ = ["Endings"]

_TRIES = 3


class Endings:
    """Finishes meetings. `not_clean` is told when a reader kept SQLite's log from being emptied."""

    def __init__(
        self,
        database: Database,
        policy: Policy,
        sweep: Sweep,
        receipts: Receipts,
        *,
        not_clean: Callable[[], None] = lambda: None,
    ) -> None:
        self._database = database
        self._policy = policy
        self._sweep = sweep
        self._receipts = receipts
        self._not_clean = not_clean

    def finish(self, instance: str, now: datetime) -> None:
        """Everything that is to be done once the room with this hash is gone; doing it again is no harm."""
        before = remains(self._database, instance)
        swept = self._sweep.run(now, fresh=True)
        after = remains(self._database, instance)
        clean = swept.clean or any(self._database.erase_traces() for _ in range(_TRIES))
        if not clean:
            self._not_clean()
        self._receipts.issue(
            instance, now, self._looked(before, after, swept, clean), after.until(self._policy)
        )

    def _looked(self, before: Remains, after: Remains, swept: Swept, clean: bool) -> list[Looked]:
        went = gone(before, after)
        looked = [
            Looked("relay memory", "released"),
            Looked("database", _said(before, went), went),
        ]
        if swept.keys:
            looked.append(Looked("keys of data subjects", "destroyed"))
        if self._database.engine.dialect.name == "sqlite":
            said = "emptied" if clean else "not emptied yet: a reader was in the way"
            looked.append(Looked("write-ahead log", said))
        return looked


def _said(before: Remains, went: dict[str, int]) -> str:
    if went:
        return "deleted"
    return "nothing is due" if before.counts else "nothing was stored"
