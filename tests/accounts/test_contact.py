"""Who may call whom, and what they see of each other."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from sqlalchemy import event, select, update

from onmeet.accounts.contact import Contact, TooManyCodes, Unreachable
from onmeet.accounts.handles import LONGEST_WORD, PATTERN, Handles, word_of
from onmeet.accounts.models import Account, Block, ContactCode
from onmeet.accounts.sharing import AUDIENCES, Sharing, shareable
from tests.factories.house import PASSWORD, House
from tests.factories.policies import policy

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


class People:
    """Ada, who has a personal page, and Ben."""

    def __init__(self, house: House) -> None:
        self.house = house
        key = house.config.marks_key
        self.database = house.services.database
        self.handles = Handles(self.database, key=key)
        self.contact = Contact(self.database, self.handles, key=key)
        self.sharing = Sharing(self.database, house.services.policy)
        self.ada, self.ben = self.account("ada@example.org", "Ada"), self.account("ben@example.org", "Ben")
        self.handle = self.handles.choose(self.ada, "ada")

    def account(self, email: str, name: str) -> int:
        accounts = self.house.services.accounts
        accounts.register(email, PASSWORD, name, phone="+49 30 1234567", country="DE")
        found = accounts.id_of(email)
        assert found is not None
        with self.database.writing() as session:
            session.execute(update(Account).values(pending_until=None))
        return found

    def may_call(self, code: str = "", caller: int | None = None, now: datetime = NOW) -> bool:
        try:
            way = self.contact.way(self.handle, code, caller, now)
        except Unreachable:
            return False
        return way.account_id == self.ada


@pytest.fixture
def people(house: House) -> People:
    return People(house)


# -- the rule --------------------------------------------------------------------------------------


@pytest.mark.promise("N1.10")
@pytest.mark.parametrize("caller", ["guest", "ben"])
@pytest.mark.parametrize(
    ("reach", "without", "with_code"),
    [("anyone", True, True), ("codes", False, True), ("nobody", False, False)],
)
def test_reach_decides_who_may_call(
    people: People, reach: str, without: bool, with_code: bool, caller: str
) -> None:
    """Everybody, those with a code, or nobody: as the person called has chosen."""
    who = people.ben if caller == "ben" else None
    code = people.contact.add_code(people.ada, "family", None, NOW).code
    people.contact.set_reach(people.ada, reach)  # type: ignore[arg-type]
    assert people.may_call(caller=who) is without
    assert people.may_call(code, caller=who) is with_code
    assert people.may_call("wrongwrongwr", caller=who) is without


def test_by_default_one_needs_a_code(people: People) -> None:
    assert people.contact.reach(people.ada) == "codes"
    assert not people.may_call()


def test_the_label_of_a_code_comes_with_the_call(people: People) -> None:
    code = people.contact.add_code(people.ada, "family", None, NOW).code
    way = people.contact.way(people.handle, code, people.ben, NOW)
    assert (way.by_code, way.label) == (True, "family")


def test_a_code_of_somebody_else_opens_nothing(people: People) -> None:
    people.handles.choose(people.ben, "ben")
    code = people.contact.add_code(people.ben, "", None, NOW).code
    assert not people.may_call(code)
    people.contact.set_reach(people.ada, "anyone")
    assert not people.contact.way(people.handle, code, None, NOW).by_code


@pytest.mark.promise("N1.10")
def test_a_code_ends_with_its_time_or_when_it_is_revoked(people: People) -> None:
    """A code that has expired or was revoked opens nothing."""
    short, long = (people.contact.add_code(people.ada, "", days, NOW) for days in (7, 365))
    assert people.may_call(short.code, now=NOW + timedelta(days=6))
    assert not people.may_call(short.code, now=NOW + timedelta(days=7))
    people.contact.revoke(people.ada, long.id)
    assert not people.may_call(long.code)
    assert people.contact.codes(people.ada, NOW + timedelta(days=8)) == []


def test_codes_are_bounded(people: People) -> None:
    for _ in range(50):
        people.contact.add_code(people.ada, "", None, NOW)
    with pytest.raises(TooManyCodes):
        people.contact.add_code(people.ada, "", None, NOW)


def test_nobody_touches_codes_and_blocks_of_others(people: People) -> None:
    held = people.contact.add_code(people.ada, "", None, NOW)
    people.contact.block(people.ada, people.ben)
    (block,) = people.contact.blocks(people.ada)
    for act in (
        lambda: people.contact.revoke(people.ben, held.id),
        lambda: people.contact.unblock(people.ben, block.id),
    ):
        with pytest.raises(LookupError):
            act()
    assert people.contact.codes(people.ada, NOW) == [held]
    assert people.contact.blocks(people.ada) == [block]


@pytest.mark.promise("N1.9")
def test_whoever_is_blocked_cannot_call_whatever_code_they_have(people: People) -> None:
    """A block outweighs reach and codes, and ends when it is lifted."""
    code = people.contact.add_code(people.ada, "", None, NOW).code
    people.contact.set_reach(people.ada, "anyone")
    people.contact.block(people.ada, people.ben)
    people.contact.block(people.ada, people.ben)
    assert not people.may_call(code, caller=people.ben)
    assert people.may_call(code, caller=None)
    (block,) = people.contact.blocks(people.ada)
    people.contact.unblock(people.ada, block.id)
    assert people.may_call(code, caller=people.ben)


def test_nobody_calls_themselves(people: People) -> None:
    people.contact.set_reach(people.ada, "anyone")
    assert not people.may_call(caller=people.ada)


@pytest.mark.parametrize(
    "state", [{"closed_on": NOW.date()}, {"erasing": True}, {"pending_until": 1}, {"handle": None}]
)
def test_an_account_that_is_not_open_cannot_be_called(people: People, state: dict[str, object]) -> None:
    people.contact.set_reach(people.ada, "anyone")
    with people.database.writing() as session:
        session.execute(update(Account).where(Account.id == people.ada).values(**state))
    assert not people.may_call()


def test_known_and_unknown_handles_take_the_same_queries(people: People) -> None:
    people.handles.choose(people.ben, "ben")
    ben = people.handles.of(people.ben)

    def asked(handle: str) -> list[str]:
        said: list[str] = []

        def note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
            said.append(statement)

        event.listen(people.database.engine, "before_cursor_execute", note)
        try:
            with pytest.raises(Unreachable):
                people.contact.way(handle, "nocodenocode", None, NOW)
        finally:
            event.remove(people.database.engine, "before_cursor_execute", note)
        return said

    assert asked(people.handle) == asked(ben) == asked("nobody-0000")


def test_all_of_it_goes_with_the_account(people: People) -> None:
    people.contact.add_code(people.ada, "family", None, NOW)
    people.contact.block(people.ada, people.ben)
    people.contact.block(people.ben, people.ada)
    people.house.services.erasure.account(people.ada, NOW)
    with people.database.reading() as session:
        assert session.scalars(select(ContactCode)).all() == []
        assert session.scalars(select(Block)).all() == []
    assert not people.may_call()


# -- handles ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "word"),
    [
        ("Ada", "ada"),
        ("  Ada Lovelace ", "ada-lovelace"),
        ("Zoë Großmann", "zoe-grossmann"),
        ("a--b__c", "a-b-c"),
        ("✆ ☎", ""),
        ("", ""),
        ("x" * 80, "x" * LONGEST_WORD),
        ("aaaaaaaaaaaaaaaaaaaaaaa bb", "aaaaaaaaaaaaaaaaaaaaaaa"),
        ("../m/", "m"),
        ("ＡＤＡ", "ada"),
    ],
)
def test_a_word_is_taken_as_people_type_it(typed: str, word: str) -> None:
    assert word_of(typed) == word


def test_two_people_may_have_the_same_word(people: People) -> None:
    other = people.handles.choose(people.ben, "ada")
    assert other != people.handle
    assert re.fullmatch(PATTERN, other)
    assert people.handles.of(people.ben) == other


def test_digits_that_somebody_has_are_passed_over(people: People) -> None:
    digits = iter([people.handle[-4:], people.handle[-4:], "7777" if people.handle[-4:] != "7777" else "1"])
    handles = Handles(people.database, key=people.house.config.marks_key, digits=lambda: next(digits))
    assert handles.choose(people.ben, "ada") != people.handle
    assert people.handles.of(people.ada) == people.handle


def test_an_old_handle_leads_nowhere(people: People) -> None:
    people.contact.set_reach(people.ada, "anyone")
    people.handles.choose(people.ada, "countess")
    assert not people.may_call()
    people.handle = people.handles.of(people.ada)
    assert people.may_call()
    people.handles.drop(people.ada)
    assert not people.may_call()
    assert not people.handles.has(people.ada)


# -- sharing ---------------------------------------------------------------------------------------


@pytest.mark.promise("N1.9")
def test_each_audience_sees_what_was_chosen_for_it(people: People) -> None:
    """Name but not location for one, nothing for the other: everybody chooses for each audience."""
    people.sharing.choose(people.ada, {"callers": ["name", "country"], "called": ["phone"], "visitors": []})
    shown = {audience: people.sharing.shown(people.ada, audience) for audience in AUDIENCES}
    assert (shown["callers"].name, shown["callers"].country, shown["callers"].phone) == ("Ada", "DE", "")
    assert (shown["called"].name, shown["called"].phone) == ("", "+49 30 1234567")
    assert not any((shown["visitors"].name, shown["visitors"].phone, shown["visitors"].country))


def test_by_default_a_name_is_shared_with_those_one_knows_and_nothing_else(people: People) -> None:
    assert people.sharing.chosen(people.ada) == {"callers": ("name",), "called": ("name",), "visitors": ()}


def test_who_restricted_processing_shows_nothing(people: People) -> None:
    people.house.services.own.restrict(people.ada, True)
    assert people.sharing.shown(people.ada, "callers").name == ""


def test_a_notice_that_shows_an_item_to_nobody_else_lets_nobody_share_it() -> None:
    assert shareable(policy("on-meet")) == ("name", "email", "phone", "country")
    assert shareable(policy("web1on1")) == ("picture",)
    for name in ("easymeet24", "meetingsphere"):
        assert shareable(policy(name)) == ()


def test_what_the_notice_does_not_permit_is_not_shared_whatever_is_stored(
    build_house: Callable[..., House],
) -> None:
    people = People(build_house(notice="easymeet24"))
    everything = ["name", "picture", "email", "phone", "country"]
    people.sharing.choose(people.ada, dict.fromkeys(AUDIENCES, everything))
    for audience, field in product(AUDIENCES, everything):
        assert not getattr(people.sharing.shown(people.ada, audience), field)
