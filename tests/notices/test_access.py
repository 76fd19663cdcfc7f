"""Everything held about a person is found by what the columns declare."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import Column, ForeignKey, Integer, String, Table, insert

from onmeet.db import Base, Database, connect
from onmeet.notices import access
from onmeet.notices.columns import category_of, kept, rows, technical
from onmeet.notices.notice import Item, Term
from onmeet.notices.policy import Policy
from tests.factories.held import LONG_AGO, database, everything_permitted, fill
from tests.factories.house import empty_database, new_database
from tests.running import postgresql_everywhere

__all__ = ["database", "empty_database", "new_database"]

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


def test_every_kept_value_of_a_person_is_listed_and_none_of_anybody_else(database: Database) -> None:
    with database.writing() as session:
        ada, written = fill(session, "ada")
        fill(session, "ben")
    with database.reading() as session:
        found = access.held(session, ada, everything_permitted(), NOW)
    assert {(item.table, item.column) for item in found} == set(written)
    for item in found:
        column = Base.metadata.tables[item.table].c[item.column]
        assert item.value == (None if access.hidden(column) else written[item.table, item.column])
    assert not any("ben" in str(item.value) for item in found)


def test_each_value_comes_with_why_and_until_when(database: Database) -> None:
    policy = with_item(
        Item(
            "meeting.ip", "MisusePreventionAndDetection", "LegitimateInterest", readers=("operator",),
            recipients=("Example Hosting",), terms=(Term("call_end", months=12, round_up="month"),),
        )
    )  # fmt: skip
    with database.writing() as session:
        ada, _ = fill(session, "ada")
    with database.reading() as session:
        found = access.held(session, ada, policy, NOW)
    (ip,) = [item for item in found if item.column == "ip" and item.table == "participations"]
    assert (ip.purpose, ip.basis) == ("MisusePreventionAndDetection", "LegitimateInterest")
    assert (ip.readers, ip.recipients) == (("operator",), ("Example Hosting",))
    assert ip.goes_at is not None
    assert ip.goes_at > LONG_AGO.replace(year=2027)
    assert ip.goes_at.day == 1
    (name,) = [item for item in found if (item.table, item.column) == ("accounts", "name")]
    assert name.goes_at is None
    assert name.counts_from == ("account_close",)


def test_what_the_notice_no_longer_permits_is_shown_as_about_to_go(database: Database) -> None:
    permitted = everything_permitted().notice
    without = tuple(item for item in permitted.items if item.category != "account.phone")
    with database.writing() as session:
        ada, _ = fill(session, "ada")
    with database.reading() as session:
        found = access.held(session, ada, Policy(replace(permitted, items=without)), NOW)
    (phone,) = [item for item in found if item.category == "account.phone"]
    assert not phone.permitted
    assert phone.goes_at == NOW


@pytest.mark.skipif(
    postgresql_everywhere(), reason="the seal learns the tables as the database is opened, this comes later"
)
def test_a_new_table_is_found_without_any_code(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    extra = Table(
        "surveys",
        Base.metadata,
        Column("id", Integer, primary_key=True, info=technical("names the row")),
        Column("account_id", ForeignKey("accounts.id"), info=technical("joins the account")),
        Column("answer", String, info=kept("contact.request")),
        **rows(person="account_id", events={}),
    )
    try:
        bare = connect(database.engine.url.render_as_string(hide_password=False))
        extra.create(bare.engine)
        bare.close()
        with database.writing() as session:
            ada, _ = fill(session, "ada")
        with database.reading() as session:
            found = access.held(session, ada, everything_permitted(), NOW)
        assert [item.value for item in found if item.table == "surveys"] != []
    finally:
        Base.metadata.remove(extra)


def test_others_are_shown_to_a_host_only_where_the_notice_says_so(database: Database) -> None:
    with database.writing() as session:
        ada, _ = fill(session, "ada")
        ben, _ = fill(session, "ben")
        participations = Base.metadata.tables["participations"]
        record = session.scalar(
            Base.metadata.tables["meeting_records"]
            .select()
            .where(Base.metadata.tables["meeting_records"].c.account_id == ada)
        )
        session.execute(
            insert(participations).values(
                subject="g" * 32, record_id=record, account_id=None, seat=7, name="Gil", ip="203.0.113.7"
            )
        )
    hosts_see_names = with_item(
        Item("meeting.participants", "ServiceProvision", "Contract", readers=("self", "host"))
    )
    with database.reading() as session:
        assert access.others(session, ada, everything_permitted(), NOW, most=50) == []
        seen = access.others(session, ada, hosts_see_names, NOW, most=50)
        assert [(item.column, item.value) for item in seen] == [("name", "Gil")]
        assert access.others(session, ben, hosts_see_names, NOW, most=50) == []


def test_a_long_list_is_read_in_batches_without_gaps(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access, "BATCH", 3)
    meetings = Base.metadata.tables["meetings"]
    with database.writing() as session:
        ada, _ = fill(session, "ada")
        session.execute(
            insert(meetings),
            [
                {"subject": "a" * 32, "code_mark": f"{n:064}", "owner_id": ada, "title": f"round {n}"}
                for n in range(7)
            ],
        )
    found = list(access.walk(database, meetings, ada, everything_permitted(), NOW))
    titles = [item.value for row in found for item in row.items if item.column == "title"]
    rounds = [title for title in titles if title.startswith("round")]  # the one of `fill` has another number
    assert (len(titles), rounds) == (8, [f"round {n}" for n in range(7)])


def test_someone_without_an_account_is_found_by_their_address(database: Database) -> None:
    requests = Base.metadata.tables["subject_requests"]
    with database.writing() as session:
        session.execute(
            insert(requests).values(
                subject="g" * 32, kind="access", language="", email="Gil@Example.org", text="please",
                state="open",
                received_at=LONG_AGO, due_on=LONG_AGO.date(),
            )
        )  # fmt: skip
    with database.reading() as session:
        found = access.mentioning(session, "gil@example.org", everything_permitted(), NOW)
        assert {item.column for item in found} == {"email", "text"}
        assert access.mentioning(session, "gil", everything_permitted(), NOW) == []


def test_technical_rows_are_counted_and_their_columns_explained(database: Database) -> None:
    with database.writing() as session:
        ada, _ = fill(session, "ada")
        session.execute(
            insert(Base.metadata.tables["sign_ins"]),
            [{"token_hash": f"{n:064}", "account_id": ada, "expires": 1} for n in range(2)],
        )
    with database.reading() as session:
        found = {each.table: each for each in access.technical_about(session, ada)}
    assert found["sign_ins"].count == 3, "two, and the one whose details are held"
    assert found["sign_ins"].reasons["expires"] == "ends the sign-in; unix seconds"
    assert not any(category_of(Base.metadata.tables["accounts"].c[c]) for c in found["accounts"].reasons)


def with_item(item: Item) -> Policy:
    """A notice that says this of one category and permits the others."""
    notice = everything_permitted().notice
    others = tuple(each for each in notice.items if each.category != item.category)
    return Policy(replace(notice, items=(*others, item)))
