"""A notice that extends another may tighten it, and nothing else."""

from __future__ import annotations

import pytest

from onmeet.notices import reading
from onmeet.notices.changes import changes
from onmeet.notices.notice import Notice, Term
from tests.factories.notices import EXTENDING, TOP, line_of, notice, problems


def test_a_notice_that_extends_another_permits_the_same_under_its_own_name() -> None:
    ours, theirs = notice(EXTENDING), reading.load("easymeet24")
    assert {(c.about, c.name) for c in changes(theirs, ours)} == {
        ("notice", "name"), ("notice", "languages"),
    }  # fmt: skip


def test_a_notice_that_extends_another_may_tighten_and_drop() -> None:
    ours = notice(
        EXTENDING.replace("languages", 'drop = ["meeting.device", "application.document"]\nlanguages')
        + '\n[[item]]\ncategory = "meeting.ip"\nform = "truncated"\n'
        + 'retention = ["30 days after call_end", "until contract_end"]\n'
    )
    assert ours.item("meeting.device") is None
    ip = ours.item("meeting.ip")
    assert ip is not None
    assert (ip.form, ip.purpose) == ("truncated", "MisusePreventionAndDetection")
    assert ip.terms == (Term("call_end", days=30), Term("contract_end"))
    assert len(ours.items) == len(reading.load("easymeet24").items) - 2


def test_a_notice_that_extends_another_names_its_own_people_and_places() -> None:
    ours = notice(
        EXTENDING + '\n[controller]\nname = "Example Ltd"\n\n[officer]\nname = "The officer"\n'
        '\n[[location]]\ncountry = "AT"\n'
    )
    assert (ours.controller.name, ours.controller.email) == ("Example Ltd", "{email}")
    assert (ours.officer.name, ours.officer.email) == ("The officer", "{email}")
    assert [location.country for location in ours.locations] == ["AT"]


def test_the_published_text_of_a_notice_that_extends_another_stands_for_itself() -> None:
    """The shipped notice may change with the next release: what was published must not change with it."""
    ours = notice(EXTENDING + '\n[[item]]\ncategory = "meeting.ip"\nform = "truncated"\n')
    assert "extends" not in ours.source
    assert changes(ours, notice(ours.source)) == ()


@pytest.mark.parametrize(
    ("more", "start", "message"),
    [
        ('[[item]]\ncategory = "meeting.ip"\nretention = "13 months after call_end"\n', "retention",
         "permits more, or something else"),
        ('[[item]]\ncategory = "meeting.ip"\nreaders = ["operator", "participants"]\n', "readers",
         "permits more, or something else"),
        ('[[item]]\ncategory = "meeting.ip"\npurpose = "DirectMarketing"\n', "purpose",
         "permits more, or something else"),
        ('[[item]]\ncategory = "recording.file"\npurpose = "ServiceProvision"\nlegal_basis = "Contract"\n'
         'retention = "until call_end"\n', "[[item]]", "is added"),
        ('[[item]]\ncategory = "chat.message"\nretention = "until call_end"\n', "retention",
         "permits more, or something else"),
    ],
)  # fmt: skip
def test_a_notice_that_extends_another_must_not_loosen_it(more: str, start: str, message: str) -> None:
    (problem,) = problems(EXTENDING + more)
    assert problem.line == line_of(EXTENDING + more, start)
    assert problem.message.endswith(message)
    assert problem.remedy == (
        "easymeet24 does not permit it: tighten only, or write a whole notice without extends"
    )


def test_each_key_that_loosens_is_named_in_its_own_line() -> None:
    more = (
        '[[item]]\ncategory = "meeting.ip"\nform = "truncated"\n'
        'retention = "30 months after call_end"\nreaders = ["operator", "participants"]\n'
    )
    found = problems(EXTENDING + more)
    assert {(problem.line, problem.message.split()[0]) for problem in found} == {
        (line_of(EXTENDING + more, key), key) for key in ("retention", "readers")
    }


def test_an_item_cannot_be_dropped_and_written() -> None:
    dropping = EXTENDING.replace("languages", 'drop = ["meeting.ip"]\nlanguages')
    (problem,) = problems(dropping + '\n[[item]]\ncategory = "meeting.ip"\nform = "truncated"\n')
    assert problem.message == "category is dropped as well"


def test_a_loosened_item_is_reported_beside_faults_of_others() -> None:
    text = (
        EXTENDING.replace("2026-01-19", "2026-01-18")
        + '[[item]]\ncategory = "meeting.ip"\nretention = "13 months after call_end"\n'
        + '[[item]]\ncategory = "meeting.device"\nform = "cut"\n'
        + '[[item]]\ncategory = "meeting.devise"\n'
    )
    messages = {(problem.item, problem.message.split()[0]) for problem in problems(text)}
    assert messages >= {
        ("", "effective"), ("item meeting.ip", "retention"), ("item meeting.device", "form"),
        ("item meeting.devise", "category"),
    }  # fmt: skip


def test_longer_backups_than_those_of_the_extended_notice_are_refused() -> None:
    text = EXTENDING + "backup_days = 31\n"
    (problem,) = problems(text)
    assert problem.line == line_of(text, "backup_days")


def test_what_is_extended_must_exist() -> None:
    found = problems(TOP + 'extends = "easymeet"\n')
    words = "extends names no notice that comes with OnMeet (did you mean 'easymeet24'?)"
    assert words in {problem.message for problem in found}


# -- an organisation within an instance --------------------------------------------------------------


@pytest.mark.promise("N4.2")
def test_an_organisation_may_keep_messages_for_a_shorter_time_than_the_operator_permits() -> None:
    """An organisation's own policy may keep less than the operator's notice permits."""
    base = reading.load("web1on1")
    text = """
drop = ["meeting.topic"]

[[item]]
category = "chat.message"
retention = ["7 days after collected", "until contract_end"]
"""
    ours = reading.tighten(base, text, "organisation 7")
    assert isinstance(ours, Notice), ours
    assert (ours.name, ours.version, ours.effective) == (base.name, base.version, base.effective)
    assert {(c.name, c.kind, c.direction) for c in changes(base, ours)} == {
        ("meeting.topic", "removed", "tighter"), ("chat.message", "changed", "tighter"),
    }  # fmt: skip


@pytest.mark.promise("N4.2")
def test_an_organisation_cannot_keep_messages_for_longer_than_the_operator_permits() -> None:
    """An organisation's own policy cannot keep more than the operator's notice permits."""
    text = '[[item]]\ncategory = "chat.message"\nretention = ["13 months after collected"]\n'
    found = reading.tighten(reading.load("web1on1"), text, "organisation 7")
    assert not isinstance(found, Notice)
    assert [problem.message for problem in found] == ["retention permits more, or something else"]


def test_an_organisation_that_changes_nothing_gets_the_operator_s_notice() -> None:
    base = reading.load("web1on1")
    ours = reading.tighten(base, "", "organisation 7")
    assert isinstance(ours, Notice)
    assert changes(base, ours) == ()
