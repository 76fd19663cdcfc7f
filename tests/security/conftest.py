"""Houses that a whole module walks through: what is tested here changes nothing, or says so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from onmeet.web import noting
from tests.factories.house import (
    House,
    build_house,
    empty_database,
    house,
    known_marks,
    make_config,
    new_database,
    usual_database,
)
from tests.factories.paying import build_shop, shop
from tests.peers.oidc import SignInServer
from tests.peers.stripe import StandIn

__all__ = [
    "build_house", "build_shop", "empty_database", "house", "lasting", "new_database", "service", "shop",
    "stripe",
]  # fmt: skip


@pytest.fixture(scope="session")
def stripe() -> Iterator[StandIn]:
    """The payment provider's stand-in."""
    with StandIn() as standing_in:
        yield standing_in


@pytest.fixture(scope="session")
def service() -> Iterator[SignInServer]:
    """The sign-in service of an organisation."""
    server = SignInServer()
    yield server
    server.close()


@pytest.fixture(scope="module", autouse=True)
def no_thread() -> Iterator[None]:
    """What was noted is written when a house ends: every ten seconds, it would be between two looks."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(noting.Notes, "_begin", lambda self: None)
        yield


@pytest.fixture(scope="module")
def lasting(empty_database: Path, stripe: StandIn, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Makes houses that last as long as the module: `lasting(notice="web1on1")`. They sell plans."""
    houses: list[House] = []

    def build(**changes: Any) -> House:
        folder = known_marks(tmp_path_factory.mktemp("lasting") / "var")
        config = make_config(folder, **{**stripe.config(), **changes})
        houses.append(House(replace(config, database_url=usual_database(empty_database, config.data))))
        selling = houses[-1].services.selling
        if selling.plans is not None:
            stripe.stock(selling.plans)
        return houses[-1]

    yield build
    for each in houses:
        each.close()
