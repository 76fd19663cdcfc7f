"""Every stored column says why it is stored."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Column, Integer, MetaData, String, Table

from onmeet.db import Base
from onmeet.errors import ConfigError
from onmeet.notices.categories import CATEGORIES
from onmeet.notices.columns import (
    Rows,
    Via,
    category_of,
    check_declared,
    kept,
    rows,
    rows_of,
    technical,
)
from onmeet.web import app as web_app
from tests.factories.house import make_config

ABOUT = rows(subject="subject", events={"collected": "on_day"})


def table(about: dict[str, Any] | None = ABOUT, **email_info: Any) -> MetaData:
    metadata = MetaData()
    Table(
        "newsletter",
        metadata,
        Column("id", Integer, primary_key=True, info=technical("names the row")),
        Column("email", String, **email_info),
        **(about or {}),
    )
    return metadata


def test_an_undeclared_column_is_refused_with_its_name_and_the_remedy() -> None:
    with pytest.raises(ConfigError, match=r"newsletter\.email .*info=kept\(") as refused:
        check_declared(table())
    assert "onmeet.notices.columns" in str(refused.value)


@pytest.mark.promise("N1.2")
def test_a_column_added_to_our_tables_without_a_declaration_is_told_what_to_do() -> None:
    """A column that is added to our tables without saying why stops the start and is told what to write."""
    copied = MetaData()
    for ours in Base.metadata.sorted_tables:
        ours.to_metadata(copied)
    check_declared(copied)
    copied.tables["accounts"].append_column(Column("shoe_size", Integer))
    with pytest.raises(
        ConfigError, match=r"column accounts\.shoe_size does not say why it is stored"
    ) as told:
        check_declared(copied)
    for way in ('info=kept("<category>")', 'info=technical("<reason>")', "onmeet.notices.columns"):
        assert way in str(told.value)


def test_a_declared_column_passes() -> None:
    check_declared(table(info=kept("account.email")))


def test_a_table_with_personal_columns_must_say_whose_rows_it_holds() -> None:
    with pytest.raises(ConfigError, match=r"table newsletter .*rows\("):
        check_declared(table(None, info=kept("account.email")))


def test_the_declarations_can_be_asked() -> None:
    newsletter = table(info=kept("account.email")).tables["newsletter"]
    assert [category_of(column) for column in newsletter.columns] == [None, "account.email"]
    assert rows_of(newsletter) == Rows(None, "subject", {"collected": "on_day"})


def test_what_is_declared_of_our_tables_exists() -> None:
    for stored in Base.metadata.sorted_tables:
        about = rows_of(stored)
        named = {about.person, about.subject} - {None}
        for place in about.events.values():
            if isinstance(place, Via):
                named.add(place.key)
                assert place.column in Base.metadata.tables[place.table].columns
            else:
                named.add(place)
        assert named <= set(stored.columns.keys()), stored.name


def test_a_subjects_key_has_a_column_wherever_text_about_somebody_is_kept() -> None:
    for stored in Base.metadata.sorted_tables:
        texts = [c for c in stored.columns if category_of(c) and isinstance(c.type, String)]
        assert not texts or rows_of(stored).subject, stored.name


@pytest.mark.promise("N1.2")
def test_the_app_does_not_start_with_an_undeclared_column(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The app does not start with a column that does not say why it is stored."""

    class Undeclared(Base):
        metadata = table()
        __abstract__ = True

    monkeypatch.setattr(web_app, "Base", Undeclared)
    with pytest.raises(ConfigError, match=r"newsletter\.email"):
        web_app.create_app(make_config(tmp_path_factory.mktemp("undeclared")))


@pytest.mark.promise("N1.2")
def test_there_is_no_other_category() -> None:
    """There is no category 'other' under which anything could be stored."""
    with pytest.raises(ValueError, match="other"):
        kept("other")
    assert not any("other" in category for category in CATEGORIES)


def test_a_technical_column_needs_a_reason() -> None:
    with pytest.raises(ValueError, match="reason"):
        technical("  ")
