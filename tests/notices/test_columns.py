"""Every stored column says why it is stored."""

from __future__ import annotations

import pytest
from sqlalchemy import Column, Integer, MetaData, String, Table

from onmeet.db import Base
from onmeet.errors import ConfigError
from onmeet.notices.columns import CATEGORIES, check_declared, kept, technical
from onmeet.web import app as web_app
from tests.factories.house import make_config


def table(**email_info: object) -> MetaData:
    metadata = MetaData()
    Table(
        "newsletter",
        metadata,
        Column("id", Integer, primary_key=True, info=technical("names the row")),
        Column("email", String, **email_info),  # type: ignore[arg-type]
    )
    return metadata


def test_an_undeclared_column_is_refused_with_its_name_and_the_remedy() -> None:
    with pytest.raises(ConfigError, match=r"newsletter\.email .*info=kept\(") as refused:
        check_declared(table())
    assert "onmeet.notices.columns" in str(refused.value)


def test_a_declared_column_passes() -> None:
    check_declared(table(info=kept("account.email")))


def test_the_app_does_not_start_with_an_undeclared_column(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Undeclared(Base):
        metadata = table()
        __abstract__ = True

    monkeypatch.setattr(web_app, "Base", Undeclared)
    with pytest.raises(ConfigError, match=r"newsletter\.email"):
        web_app.create_app(make_config(tmp_path_factory.mktemp("undeclared")))


def test_there_is_no_other_category() -> None:
    with pytest.raises(ValueError, match="other"):
        kept("other")
    assert not any("other" in category for category in CATEGORIES)


def test_a_technical_column_needs_a_reason() -> None:
    with pytest.raises(ValueError, match="reason"):
        technical("  ")


def test_every_category_is_held_by_some_column() -> None:
    used = {column.info["onmeet.data"][1] for t in Base.metadata.sorted_tables for column in t.columns}
    assert used >= CATEGORIES
