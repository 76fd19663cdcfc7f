"""Random notices, random writes: the driver never receives what is undeclared or not permitted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Column
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from onmeet.config import Config, database_url
from onmeet.db import Base
from onmeet.errors import NotPermitted
from onmeet.notices import forms
from onmeet.notices.categories import CATEGORIES
from onmeet.notices.columns import category_of
from onmeet.notices.kept import Kept
from onmeet.notices.notice import Item
from onmeet.notices.policy import Policy
from onmeet.notices.store import open_database
from tests.factories.driver import Wiretap
from tests.factories.house import HandClock, copy_of, empty_database, make_config
from tests.factories.policies import permitting
from tests.factories.postgres import migrated, postgres
from tests.notices.holes import HOLES
from tests.notices.ways import MODELS, UNSEALED_WAYS, WAYS, fill, kept_columns, parents, spelt

__all__ = ["empty_database", "migrated", "postgres"]

EVERY_WAY = {**WAYS, **UNSEALED_WAYS, **HOLES}
USED = sorted({category_of(column) or "" for model in MODELS for column in kept_columns(model)})


@dataclass(frozen=True)
class Write:
    """One attempt: a way, a model, and whether its values look like addresses and numbers."""

    way: str
    model: type[Base]
    fitting: bool


writes = st.lists(
    st.builds(Write, st.sampled_from(sorted(EVERY_WAY)), st.sampled_from(MODELS), st.booleans()),
    min_size=1,
    max_size=6,
)


def _items(chosen: Mapping[str, Callable[[str], Item] | None]) -> Policy:
    return permitting(*(make(category) for category, make in chosen.items() if make is not None))


def _item(**how: Any) -> Callable[[str], Item]:
    return lambda category: Item(category, "ServiceProvision", "Contract", **how)


policies = st.fixed_dictionaries(
    {
        category: st.sampled_from(
            [
                None,
                _item(),
                _item(),
                _item(transient=True),
                _item(form="truncated"),
                _item(form="pseudonymised", rotate_days=1),
                _item(form="aggregate"),
            ]
        )
        for category in USED
    }
).map(_items)


def permitted(policy: Policy, column: Column[Any], value: Any, *, sealed: bool) -> bool:
    """Whether the notice lets this very value through, reckoned from the notice alone."""
    item = policy.notice.item(category_of(column) or "")
    kind = column.type
    assert isinstance(kind, Kept)
    if item is None or item.transient or (sealed and kind.is_text):
        return False
    if item.form == "aggregate":
        return CATEGORIES[item.category].shape == "count"
    return item.form == "as-is"


def expected(policy: Policy, column: Column[Any], value: Any) -> str | None:
    """What should arrive of a value on a way that is open, where that can be told from the notice alone."""
    item = policy.notice.item(category_of(column) or "")
    kind = column.type
    assert isinstance(kind, Kept)
    if item is None or item.transient:
        return None
    if item.form == "truncated" and kind.is_text:
        cut = {"ip": forms.truncate_ip, "number": forms.truncate_number}.get(CATEGORIES[item.category].shape)
        return cut(value) if cut is not None else None
    return spelt(value) if permitted(policy, column, value, sealed=False) else None


@pytest.fixture(scope="module", params=["sqlite", "sqlite, sealed", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Config, int]:
    """A database, and how many examples it is worth."""
    made = make_config(tmp_path_factory.mktemp("gate") / "var")
    if request.param == "postgresql":
        cluster, template = request.getfixturevalue("postgres"), request.getfixturevalue("migrated")
        return replace(made, database_url=database_url(cluster.new_database(template))), 20
    url = copy_of(request.getfixturevalue("empty_database"), made.data)
    if request.param == "sqlite":
        return replace(made, database_url=url), 80
    return replace(made, database_url=url, seal="always"), 30


@pytest.mark.promise("N1.2", "N1.7")
def test_the_driver_receives_nothing_that_the_notice_does_not_permit(place: tuple[Config, int]) -> None:
    """Under random notices the database's driver never receives what is not permitted."""
    config, examples = place

    @settings(max_examples=examples, database=None)
    @given(policies, writes)
    def run(policy: Policy, attempts: list[Write]) -> None:
        database = open_database(config, policy, wall=HandClock(1_000_000_000.0))
        try:
            for attempt in attempts:
                _attempt(database.engine, policy, attempt, sealed=_seals(config))
        finally:
            database.close()

    run()


def _seals(config: Config) -> bool:
    return config.seal == "always" or config.database_url.startswith("postgresql")


def _attempt(engine: Any, policy: Policy, attempt: Write, *, sealed: bool) -> None:
    tap = Wiretap(engine)
    written = False
    with Session(engine) as session:
        row = fill(attempt.model, parents(session), fitting=attempt.fitting).row
        # a database may refuse what is left of a row; what it was sent is what counts
        with suppress(NotPermitted, DBAPIError):
            EVERY_WAY[attempt.way](session, attempt.model, row)
            session.flush()
            written = True
    heard = tap.text()
    for column in kept_columns(attempt.model):
        place = f"{attempt.way}: {attempt.model.__tablename__}.{column.key}"
        value = row[column.key]
        if not permitted(policy, column, value, sealed=sealed):
            assert spelt(value) not in heard, place
        if written and not sealed and attempt.way in WAYS:
            arrives = expected(policy, column, value)
            assert arrives is None or arrives in heard, place
