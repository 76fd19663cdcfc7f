"""PINs of stored meetings: unlike, unforeseeable, changed at will and after a meeting."""

from __future__ import annotations

from collections import Counter
from itertools import chain, repeat

import pytest
from sqlalchemy import select

from onmeet.meetings import pins
from onmeet.meetings.models import Meeting
from onmeet.meetings.service import MeetingGone, Meetings
from tests.factories.house import PASSWORD, House
from tests.factories.postgres import migrated, new_database, postgres, sqlite_files

__all__ = ["migrated", "new_database", "postgres", "sqlite_files"]  # run on both kinds of database

ADA, GRACE = 1, 2
TAKEN, FREE = "123456789", "987654321"


@pytest.fixture
def meetings(house: House) -> Meetings:
    for email in ("ada@example.org", "grace@example.org"):
        house.services.accounts.register(email, PASSWORD)
    return house.services.meetings


def minting(house: House, *numbers: str) -> Meetings:
    """Gives these PINs and then the last one for ever."""
    mint = chain(numbers, repeat(numbers[-1])).__next__
    database = house.services.database
    return Meetings(database, key=house.config.marks_key, anyone_may_start=True, mint_pin=mint)


# -- digits ----------------------------------------------------------------------------------------


def test_a_pin_is_nine_digits_each_as_likely_as_any_other() -> None:
    minted = [pins.new_pin() for _ in range(4000)]
    assert all(len(pin) == 9 and pin.isdecimal() and pin.isascii() for pin in minted)
    assert len(set(minted)) >= 3999  # of a thousand million
    for place in range(9):
        counts = Counter(pin[place] for pin in minted)
        assert all(300 <= counts[digit] <= 500 for digit in "0123456789"), f"place {place}"  # 5 sigma


def test_an_ad_hoc_pin_is_never_as_long_as_a_stored_one() -> None:
    assert {len(pins.new_pin(pins.AD_HOC_DIGITS)) for _ in range(500)} == {8}


@pytest.mark.parametrize(
    ("pin", "good"),
    [("12345678", True), ("000000000", True), ("1234567", False), ("1234567890", False), ("", False),
     ("12345678a", False), ("１２３４５６７８", False), ("12345678\n", False), (" 12345678", False)],
)  # fmt: skip
def test_what_may_be_a_pin(pin: str, good: bool) -> None:
    assert pins.well_formed(pin) is good


# -- stored meetings -------------------------------------------------------------------------------


def test_each_meeting_has_a_pin_by_which_it_is_found(meetings: Meetings) -> None:
    first, second = meetings.create(ADA, "one"), meetings.create(ADA, "two")
    assert first.pin != second.pin
    assert meetings.pin(ADA, first.code) == first.pin
    assert [meetings.by_pin(each.pin) for each in (first, second)] == [first.code, second.code]
    assert meetings.of(ADA)[0].pin == second.pin


@pytest.mark.parametrize("pin", ["", "0", "' OR 1=1 --", "1" * 5000, "\0", "٣" * 9])
def test_what_is_no_pin_finds_nothing(meetings: Meetings, pin: str) -> None:
    meetings.create(ADA, "one")
    if pin == "\0" and meetings._database.engine.dialect.name == "postgresql":
        pin = "\x01"  # its drivers refuse NUL in any text
    assert meetings.by_pin(pin) is None


def test_a_taken_pin_is_minted_again(house: House, meetings: Meetings) -> None:
    minting(house, TAKEN).create(ADA, "first")
    assert minting(house, TAKEN, TAKEN, FREE).create(GRACE, "second").pin == FREE


def test_pins_that_are_all_taken_are_an_error_and_no_endless_loop(house: House, meetings: Meetings) -> None:
    minting(house, TAKEN).create(ADA, "first")
    with pytest.raises(RuntimeError):
        minting(house, TAKEN).create(ADA, "second")


def test_the_owner_changes_the_pin_and_the_old_one_opens_nothing(meetings: Meetings) -> None:
    kept = meetings.create(ADA, "one")
    fresh = meetings.new_pin(ADA, kept.code)
    assert fresh != kept.pin
    assert meetings.by_pin(kept.pin) is None
    assert meetings.by_pin(fresh) == kept.code


def test_a_new_pin_is_neither_the_old_one_nor_another_meetings(house: House, meetings: Meetings) -> None:
    minting(house, TAKEN).create(ADA, "one")
    other = minting(house, "111111111").create(ADA, "two")
    assert minting(house, "111111111", TAKEN, FREE).new_pin(ADA, other.code) == FREE


def test_nobody_else_sees_or_changes_a_pin(meetings: Meetings) -> None:
    kept = meetings.create(ADA, "one")
    for change in (meetings.pin, meetings.new_pin):
        with pytest.raises(MeetingGone):
            change(GRACE, kept.code)
    with pytest.raises(MeetingGone):
        meetings.rotate_pins(GRACE, kept.code, True)
    assert meetings.pin(ADA, kept.code) == kept.pin


def test_a_deleted_meeting_is_not_found_by_its_pin(meetings: Meetings) -> None:
    kept = meetings.create(ADA, "one")
    meetings.delete(ADA, kept.code)
    assert meetings.by_pin(kept.pin) is None


def test_the_door_learns_how_callers_reach_a_room(meetings: Meetings) -> None:
    kept = meetings.create(ADA, "one")
    assert meetings.dial("zzz-zzzz-zzz") is None
    dial = meetings.dial(kept.code)
    assert dial is not None
    assert (dial.pin, dial.rotates) == (kept.pin, False)


# -- rotation --------------------------------------------------------------------------------------


def test_a_pin_stays_after_the_meeting_unless_its_owner_wants_another(meetings: Meetings) -> None:
    kept = meetings.create(ADA, "one")
    assert not meetings.spent(kept.pin)
    assert meetings.pin(ADA, kept.code) == kept.pin


def test_a_spent_pin_is_replaced_once_however_often_it_is_said(house: House, meetings: Meetings) -> None:
    kept, other = meetings.create(ADA, "one"), meetings.create(ADA, "two")
    meetings.rotate_pins(ADA, kept.code, True)
    assert meetings.spent(kept.pin)
    fresh = meetings.pin(ADA, kept.code)
    assert fresh != kept.pin
    assert not meetings.spent(kept.pin)
    assert meetings.pin(ADA, kept.code) == fresh
    assert meetings.pin(ADA, other.code) == other.pin
    with house.services.database.reading() as session:
        assert kept.pin not in session.scalars(select(Meeting.pin)).all()


def test_a_spent_pin_that_the_owner_changed_meanwhile_changes_nothing(meetings: Meetings) -> None:
    kept = meetings.create(ADA, "one")
    meetings.rotate_pins(ADA, kept.code, True)
    own_choice = meetings.new_pin(ADA, kept.code)
    assert not meetings.spent(kept.pin)
    assert meetings.pin(ADA, kept.code) == own_choice


def test_the_wish_can_be_taken_back(meetings: Meetings) -> None:
    kept = meetings.create(ADA, "one")
    meetings.rotate_pins(ADA, kept.code, True)
    assert meetings.get(ADA, kept.code).pin_rotates
    meetings.rotate_pins(ADA, kept.code, False)
    assert not meetings.spent(kept.pin)
