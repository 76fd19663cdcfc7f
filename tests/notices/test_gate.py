"""The gate: what the notice does not permit reaches no database, whichever way it is written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import MetaData, String, func, insert, select, text, update
from sqlalchemy.exc import StatementError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from onmeet.accounts.models import Account
from onmeet.config import Config, database_url
from onmeet.db import Base, Database, connect
from onmeet.errors import ConfigError, NotPermitted
from onmeet.meetings.models import LoadHour, Participation
from onmeet.notices import forms
from onmeet.notices.categories import CATEGORIES
from onmeet.notices.columns import category_of, kept, rows, technical
from onmeet.notices.gate import check_tables
from onmeet.notices.kept import Kept
from onmeet.notices.models import ConsentGiven, PageCount
from onmeet.notices.notice import Item
from onmeet.notices.policy import Policy
from onmeet.notices.store import open_database
from tests.factories.driver import Wiretap
from tests.factories.house import HandClock, copy_of, empty_database, make_config
from tests.factories.policies import permitting
from tests.factories.postgres import migrated, postgres
from tests.notices.holes import BOUND_HOLES, HOLES
from tests.notices.ways import MODELS, UNSEALED_WAYS, WAYS, fill, kept_columns, parents, spelt

__all__ = ["empty_database", "migrated", "postgres"]

ALL = permitting(*(Item(name, "ServiceProvision", "Contract") for name in CATEGORIES))
NOTHING = permitting()


def without(category: str) -> Policy:
    """A notice that permits everything else."""
    return permitting(*(item for item in ALL.notice.items if item.category != category))


def form(category: str, **how: Any) -> Policy:
    """A notice that permits everything, a category in another form."""
    others = [item for item in ALL.notice.items if item.category != category]
    return permitting(*others, Item(category, "ServiceProvision", "Contract", **how))


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def config(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Config:
    """One database for all tests of this module: they undo what they write."""
    made = make_config(tmp_path_factory.mktemp("gate") / "var")
    if request.param == "sqlite":
        return replace(made, database_url=copy_of(request.getfixturevalue("empty_database"), made.data))
    cluster, template = request.getfixturevalue("postgres"), request.getfixturevalue("migrated")
    return replace(made, database_url=database_url(cluster.new_database(template)))


class Opener:
    """Opens the database under one policy after the other."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.opened: list[Database] = []
        self.clock = HandClock(1_000_000_000.0)

    def __call__(self, policy: Policy) -> Database:
        self.opened.append(open_database(self.config, policy, wall=self.clock))
        return self.opened[-1]


@pytest.fixture
def opened(config: Config) -> Iterator[Opener]:
    opener = Opener(config)
    yield opener
    for database in opener.opened:
        database.close()


def sealed(database: Database) -> bool:
    return database.engine.dialect.name == "postgresql"


@pytest.mark.promise("N1.2")
@pytest.mark.parametrize("way", [*WAYS, *UNSEALED_WAYS])
def test_nothing_is_written_of_what_the_notice_does_not_permit(opened: Opener, way: str) -> None:
    """Whichever way something is written, what the notice does not permit stays out."""
    database = opened(NOTHING)
    tap = Wiretap(database.engine)
    for model in MODELS:
        with Session(database.engine) as session:
            filled = fill(model, parents(session))
            if any(not column.nullable for column in kept_columns(model)):
                with pytest.raises(NotPermitted, match=model.__tablename__):
                    {**WAYS, **UNSEALED_WAYS}[way](session, model, filled.row)
            else:
                {**WAYS, **UNSEALED_WAYS}[way](session, model, filled.row)
        heard = tap.text()
        for column in kept_columns(model):
            assert spelt(filled.row[column.key]) not in heard, f"{model.__tablename__}.{column.key}"


@pytest.mark.parametrize("way", [*WAYS, *UNSEALED_WAYS])
def test_everything_is_written_that_the_notice_permits(opened: Opener, way: str) -> None:
    database = opened(ALL)
    if sealed(database) and way in UNSEALED_WAYS:
        pytest.skip("sealed text has to say whose it is; tests of sealing look at that")
    for model in MODELS:
        with Session(database.engine) as session:
            filled = fill(model, parents(session))
            {**WAYS, **UNSEALED_WAYS}[way](session, model, filled.row)
            session.flush()
            session.expunge_all()
            found = session.get_one(model, filled.row["id"])
            for column in kept_columns(model):
                value = getattr(found, column.key)
                value = value.replace(tzinfo=UTC) if isinstance(value, datetime) else value
                assert value == filled.row[column.key], f"{model.__tablename__}.{column.key}"


@pytest.mark.parametrize("hole", HOLES)
@pytest.mark.parametrize("policy", [ALL, NOTHING], ids=["all permitted", "nothing permitted"])
def test_there_is_no_way_round_the_columns_type(opened: Opener, hole: str, policy: Policy) -> None:
    database = opened(policy)
    tap = Wiretap(database.engine)
    for model in MODELS:
        with Session(database.engine) as session:
            filled = fill(model, parents(session))
            given_anew = sealed(database) and hole in BOUND_HOLES
            with suppress(NotPermitted) if given_anew else pytest.raises(NotPermitted):
                HOLES[hole](session, model, filled.row)
        heard = tap.text()
        assert not [c.key for c in kept_columns(model) if spelt(filled.row[c.key]) in heard]


def test_a_refusal_names_place_category_and_remedy_but_not_the_value(opened: Opener) -> None:
    database = opened(NOTHING)
    with database.writing() as session, pytest.raises(NotPermitted) as refusal:
        session.execute(update(Account).values(email=func.lower("quill@example.org")))
    assert "accounts.email holds account.email" in str(refusal.value)
    assert "work it out in Python" in str(refusal.value)
    assert "quill" not in str(refusal.value)


def test_a_column_that_cannot_be_empty_refuses_what_would_be_dropped(opened: Opener) -> None:
    database = opened(without("consent.record"))
    given = {"id": 1, "subject": "s", "notice": "n", "given_at": datetime(2026, 1, 1, tzinfo=UTC)}
    with Session(database.engine) as session:
        given["account_id"] = parents(session)["accounts"]
        with pytest.raises(NotPermitted, match=r"consents\.given_at may not take consent\.record"):
            session.execute(insert(ConsentGiven), [given])


@pytest.mark.parametrize("way", WAYS)
def test_addresses_and_numbers_are_cut_on_every_way(opened: Opener, way: str) -> None:
    from onmeet.meetings.models import CallRecord

    policy = permitting(
        *(
            Item(name, "ServiceProvision", "Contract", form="truncated")
            for name in ("call.caller_number", "call.callee_number", "call.ip")
        )
    )
    database = opened(policy)
    tap = Wiretap(database.engine)
    with Session(database.engine) as session:
        row = fill(CallRecord, parents(session)).row
        WAYS[way](session, CallRecord, row)
        session.flush()
        session.expunge_all()
        found = session.get_one(CallRecord, row["id"])
        assert found.caller_number == forms.truncate_number(row["caller_number"])
        assert found.ip == forms.truncate_ip(row["ip"])
        assert found.caller_number is not None
        assert found.ip is not None
    for name in ("caller_number", "callee_number", "ip"):
        assert row[name] not in tap.text()


def test_what_cannot_be_cut_is_dropped(opened: Opener) -> None:
    database = opened(form("meeting.ip", form="truncated"))
    with Session(database.engine) as session:
        row = fill(Participation, parents(session), fitting=False).row
        session.execute(insert(Participation), [row])
        assert session.scalar(select(Participation.ip)) is None


def test_pseudonyms_link_within_a_period_and_never_beyond(opened: Opener) -> None:
    database = opened(form("meeting.device", form="pseudonymised", rotate_days=7))
    found: list[str | None] = []
    tap = Wiretap(database.engine)
    with Session(database.engine) as session:
        someone = parents(session)
        for days in (0, 0, 8):
            opened.clock.pass_by(days * 86_400)
            row = {**fill(Participation, someone).row, "device": "the very same device"}
            session.execute(insert(Participation), [row])
            found.append(session.get_one(Participation, row["id"]).device)
    assert found[0] == found[1] != found[2]
    assert found[0] is not None
    assert len(found[0]) == 64
    assert "very same" not in tap.text()


def test_two_engines_with_different_notices_do_not_meet(opened: Opener) -> None:
    strict, loose = opened(without("meeting.times")), opened(ALL)
    day = date(2201, 2, 3)
    from onmeet.meetings.models import Meeting

    for number, database in enumerate((strict, loose, strict, loose)):
        with Session(database.engine) as session:
            owner = parents(session)["accounts"]
            for way in (insert(Meeting), insert(Meeting.__table__)):  # type: ignore[arg-type]
                number += 10
                row = {"id": number, "subject": "s", "code_mark": f"c{number}", "owner_id": owner}
                session.execute(way, [{**row, "created_on": day}])
                session.add(Meeting(**{**row, "id": number + 100, "code_mark": f"d{number}"}, created_on=day))
                session.flush()
            kept_days = set(session.scalars(select(Meeting.created_on)))
            assert kept_days == ({None} if database is strict else {day})


def test_a_search_takes_the_form_of_the_column(opened: Opener) -> None:
    database = opened(without("account.times"))
    tap = Wiretap(database.engine)
    with database.reading() as session:
        assert session.scalars(select(Account.id).where(Account.created_on == date(2234, 5, 6))).all() == []
        assert (
            session.scalars(select(Account.id).where(Account.created_on.in_([date(2234, 5, 6)]))).all() == []
        )
    assert "2234" not in tap.text()


def test_counts_may_be_reckoned_in_the_database(opened: Opener) -> None:
    database = opened(ALL)
    row = {"on_day": date(2026, 1, 1), "page": "start", "browser": "b", "system": "s", "count": 1}
    with Session(database.engine) as session:
        session.execute(insert(PageCount), [row])
        session.execute(update(PageCount).values(count=PageCount.count + 2))
        session.execute(update(PageCount).values(count=func.coalesce(PageCount.count, 0) + 4))
        assert session.scalar(select(PageCount.count)) == 7
        with pytest.raises(NotPermitted, match=r"page_counts\.count"):
            session.execute(update(PageCount).values(count=func.length("zqzq")))


def test_a_value_may_be_copied_within_its_category_only_where_it_is_permitted(opened: Opener) -> None:
    copy = update(Participation).values(left_at=Participation.joined_at)
    with Session(opened(ALL).engine) as session:
        session.execute(copy)
    with Session(opened(without("meeting.joins")).engine) as session, pytest.raises(NotPermitted):
        session.execute(copy)


def test_reading_deleting_and_housekeeping_as_text_stay_possible(opened: Opener) -> None:
    database = opened(NOTHING)
    with database.writing() as session:
        for statement in (
            "SELECT id FROM accounts",
            "WITH x AS (SELECT 1) SELECT * FROM x;",
            "DELETE FROM accounts WHERE id = 0",
        ):
            session.execute(text(statement))
    assert database.erase_traces()


def test_text_may_write_where_the_caller_vouches_for_it(opened: Opener) -> None:
    database = opened(NOTHING)
    statement = text("UPDATE accounts SET notice = 'on-meet 1'")
    with database.writing() as session:
        session.execute(statement, execution_options={"onmeet_technical": True})


def test_kept_columns_cannot_be_written_without_a_gate(config: Config) -> None:
    database = connect(config.database_url)
    with pytest.raises(StatementError, match="use open_database"), database.writing() as session:
        session.execute(insert(Account), [{"email_mark": "m", "email": "quill@example.org"}])
    database.close()


def test_what_may_stay_as_it_is_costs_nothing(opened: Opener) -> None:
    dialect = opened(ALL).engine.dialect
    if dialect.name == "postgresql":
        pytest.skip("sealing needs a processor there")
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            if isinstance(column.type, Kept):
                plain = column.type.inner.dialect_impl(dialect).bind_processor(dialect)
                own = column.type._cached_bind_processor(dialect)
                assert (own is None) == (plain is None), f"{table.name}.{column.name}"


def test_every_kept_column_of_the_product_is_guarded() -> None:
    check_tables(Base.metadata)
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            assert isinstance(column.type, Kept) == (category_of(column) is not None)


@pytest.mark.parametrize("default", [{"server_default": "x"}, {"default": ""}, {"onupdate": func.now()}])
def test_a_kept_column_that_fills_itself_stops_the_start(default: dict[str, Any]) -> None:
    class Own(DeclarativeBase):
        metadata = MetaData()

    class Note(Own):
        __tablename__ = "notes"
        __table_args__ = rows()

        id: Mapped[int] = mapped_column(primary_key=True, info=technical("names the row"))
        word: Mapped[str | None] = mapped_column(String, info=kept("notes.text"), **default)

    with pytest.raises(ConfigError, match=r"notes\.word is kept, but filled by itself"):
        check_tables(Own.metadata)


def test_load_figures_are_dropped_where_not_even_aggregates_are_permitted(opened: Opener) -> None:
    hour = datetime(2026, 1, 1, 10, tzinfo=UTC)
    for policy, expected in (
        (without("usage.aggregate"), None),
        (form("usage.aggregate", form="aggregate"), 3),
    ):
        with Session(opened(policy).engine) as session:
            session.execute(insert(LoadHour), [{"hour": hour, "meetings": 3}])
            assert session.scalar(select(LoadHour.meetings)) == expected
