"""Opens the database of stored models, with the gate of the policy in force under every statement."""

from __future__ import annotations

import time
from collections.abc import Callable

from onmeet.config import Config
from onmeet.db import Base, Database, connect
from onmeet.notices import forgotten, gate, key_endings, owning, sealing, stored
from onmeet.notices.kept import Gate
from onmeet.notices.keys import open_key_store
from onmeet.notices.policy import Policy
from onmeet.notices.rotating import RotatingKeys

__all__ = ["open_database"]


def open_database(config: Config, policy: Policy, *, wall: Callable[[], float] = time.time) -> Database:
    """The database of an instance, which takes what `policy` permits. `wall`: the time, unix seconds.

    The policy holds for the life of the engine; another one needs another engine.
    """
    database = connect(config.database_url)
    keys = open_key_store(config)
    stored.check_state(database, config, keys)
    database.close()  # its connections know of no gate yet
    engine = database.engine
    rotating = RotatingKeys(config.keys / "rotating", wall)
    sealer = sealing.Sealer(keys) if sealing.wanted(config) else None
    gate.fit(engine, Gate(policy, rotating, sealer), Base.metadata)
    if sealer is not None:
        owning.fit(engine, Base.metadata)
    key_endings.fit(engine, Base.metadata, keys)
    forgotten.fit(engine, Base.metadata, keys, forgotten.Forgotten(config.keys), wall)
    return database
