"""Requests of data subjects: who asks is made sure of first, and the month is kept."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from onmeet.db import Database
from onmeet.errors import UserError
from onmeet.notices.models import SubjectRequest
from onmeet.notices.requests import RequestGone, Requests, add_months
from tests.factories.held import database, fill
from tests.factories.house import empty_database, new_database

__all__ = ["database", "empty_database", "new_database"]

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


@dataclass
class Post:
    """Mails that were queued."""

    queued: list[tuple[str, int]] = field(default_factory=list)

    def __call__(self, _session: Session, kind: str, _now: datetime, request: int) -> None:
        self.queued.append((kind, request))


@pytest.fixture
def post() -> Post:
    return Post()


@pytest.fixture
def requests(database: Database, post: Post) -> Requests:
    return Requests(database, post)


def mailed_link(database: Database, number: int) -> str:
    """What the mail's renderer does."""
    with database.writing() as session:
        row = session.get(SubjectRequest, number)
        assert row is not None
        row.token_hash = hashlib.sha256(b"the link").hexdigest()
    return "the link"


@pytest.mark.promise("N2.4", "N4.4")
def test_somebody_without_an_account_is_heard_once_the_mailed_link_was_followed(
    database: Database, requests: Requests, post: Post
) -> None:
    """People without an account are heard once a mailed link has shown who they are."""
    number = requests.file("access", "the meeting on Monday", NOW, email="gil@example.org", language="de")
    assert post.queued == [("request-verify", number)]
    assert requests.all() == []
    with pytest.raises(RequestGone):
        requests.get(number)
    with pytest.raises(RequestGone):
        requests.confirm("another link", NOW)
    link = mailed_link(database, number)
    assert requests.by_link(link).state == "unverified"
    filed = requests.confirm(link, NOW + timedelta(days=2))
    assert (filed.state, filed.due_on) == ("open", date(2026, 12, 22))
    assert requests.confirm(link, NOW + timedelta(days=30)).state == "open"  # followed again later
    assert [each.id for each in requests.all()] == [number]


def test_a_link_that_nobody_follows_dies_and_nothing_is_left(database: Database, requests: Requests) -> None:
    number = requests.file("erasure", "", NOW, email="gil@example.org")
    link = mailed_link(database, number)
    assert requests.forget_unverified(NOW + timedelta(days=7)) == 0
    late = NOW + timedelta(days=7, seconds=1)
    with pytest.raises(RequestGone):
        requests.confirm(link, late)
    assert requests.forget_unverified(late) == 1
    with database.reading() as session:
        assert session.scalars(select(SubjectRequest)).all() == []


def test_somebody_with_an_account_is_known(database: Database, requests: Requests, post: Post) -> None:
    ada = account(database)
    number = requests.file("erasure", "", NOW, email="ada@example.org", account_id=ada)
    assert requests.get(number).state == "open"
    assert post.queued == []
    assert number in [each.id for each in requests.of_account(ada)]


@pytest.mark.promise("N2.4", "N3.15")
def test_an_answer_closes_the_request_and_is_mailed(
    database: Database, requests: Requests, post: Post
) -> None:
    """An answer closes a request and is mailed."""
    number = requests.file("access", "", NOW, email="ada@example.org", account_id=account(database))
    with pytest.raises(UserError):
        requests.answer(number, "  ", NOW)
    requests.answer(number, "Nothing but this request.", NOW)
    filed = requests.get(number)
    assert (filed.state, filed.answer, filed.closed_at) == ("answered", "Nothing but this request.", NOW)
    assert post.queued == [("request-answered", number)]
    with pytest.raises(UserError):
        requests.answer(number, "And another one.", NOW)


def test_a_refusal_has_reasons_and_is_told_from_an_answer(database: Database, requests: Requests) -> None:
    number = requests.file("erasure", "", NOW, email="ada@example.org", account_id=account(database))
    requests.answer(number, "An invoice is kept for ten years by law.", NOW, refused=True)
    assert requests.get(number).state == "refused"


@pytest.mark.promise("N2.4")
@pytest.mark.parametrize(
    ("received", "due", "extended"),
    [
        (date(2026, 11, 22), date(2026, 12, 22), date(2027, 2, 22)),
        (date(2027, 1, 31), date(2027, 2, 28), date(2027, 4, 30)),
        (date(2028, 1, 30), date(2028, 2, 29), date(2028, 4, 30)),
        (date(2026, 12, 31), date(2027, 1, 31), date(2027, 3, 31)),
    ],
)
def test_the_law_gives_a_month_and_two_more_with_a_reason(
    database: Database, requests: Requests, received: date, due: date, extended: date
) -> None:
    """A request is answered within a month, or extended by two with a reason."""
    at = datetime(received.year, received.month, received.day, 23, 59, tzinfo=UTC)
    number = requests.file("access", "", at, email="ada@example.org", account_id=account(database))
    assert requests.get(number).due_on == due == add_months(received, 1)
    with pytest.raises(UserError):
        requests.extend(number, " ")
    assert requests.extend(number, "many records") == extended
    assert requests.get(number).extension == "many records"
    with pytest.raises(UserError):
        requests.extend(number, "still more")


def test_those_near_their_deadline_are_counted(database: Database, requests: Requests) -> None:
    requests.file("access", "", NOW, email="ada@example.org", account_id=account(database))
    requests.file("access", "", NOW, email="unverified@example.org")
    assert requests.near_deadline(NOW) == 0
    assert requests.near_deadline(NOW + timedelta(days=23)) == 1
    assert requests.near_deadline(NOW + timedelta(days=60)) == 1


@pytest.mark.promise("N4.4")
def test_a_request_about_a_customers_data_is_passed_on_and_answered_by_the_customer(
    database: Database, requests: Requests
) -> None:
    """A request about a customer's data is passed on, and the customer is helped to answer."""
    ada, ben = account(database, "ada"), account(database, "ben")
    number = requests.file("access", "", NOW, email="ada@example.org", account_id=ada)
    requests.pass_on(number, ben)
    assert [each.id for each in requests.passed_to(ben)] == [number]
    assert requests.passed_to(ada) == []
    with pytest.raises(RequestGone):
        requests.answer(number, "not mine to answer", NOW, by=ada)
    requests.answer(number, "Here it is.", NOW, by=ben)
    assert requests.get(number).state == "answered"


@pytest.mark.promise("N4.5")
def test_data_of_a_child_can_be_reported(requests: Requests, post: Post) -> None:
    """Anybody can report data of a child."""
    requests.file("child", "my daughter was in a meeting", NOW, email="gil@example.org")
    assert post.queued[0][0] == "request-verify"


@pytest.mark.parametrize("act", ["nothing", "", "ACCESS"])
def test_only_known_rights_can_be_claimed(requests: Requests, act: str) -> None:
    with pytest.raises(UserError):
        requests.file(act, "", NOW, email="gil@example.org")


def account(database: Database, who: str = "ada") -> int:
    """Somebody with an account who has asked for nothing yet."""
    with database.writing() as session:
        made, _ = fill(session, who)
        session.execute(SubjectRequest.__table__.delete())
    return made
