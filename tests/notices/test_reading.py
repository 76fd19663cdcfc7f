"""From a notice's file to a notice, or to everything that is wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onmeet.errors import ConfigError
from onmeet.notices import reading
from onmeet.notices.categories import EVENTS
from onmeet.notices.countries import COUNTRIES
from onmeet.notices.notice import Item, Notice, Term, filled
from onmeet.notices.reading import MAX_BYTES
from onmeet.notices.terms import read_term, write_term
from tests.factories.notices import REST, TOP, WHOLE, WRONG, item, line_of, notice, problems

# -- what is right -----------------------------------------------------------------------------------


def test_a_small_notice_is_read() -> None:
    read = notice(WHOLE)
    assert read.items == (
        Item(
            "meeting.ip",
            "EnforceSecurity",
            "LegitimateInterest",
            terms=(Term("call_end", days=30),),
            line=line_of(WHOLE, "[[item]]"),
        ),
    )
    assert (read.name, read.version, read.languages, read.source) == ("ours", "1.0", ("en",), WHOLE)


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("until call_end", Term("call_end")),
        ("30 days after collected", Term("collected", days=30)),
        ("1 day after call_end", Term("call_end", days=1)),
        ("12 months after call_end, to the end of the month", Term("call_end", months=12, round_up="month")),
        ("1 year after contract_end, to the end of the year", Term("contract_end", years=1, round_up="year")),
        ("10 years after invoice_date, to the end of the year, in DE",
         Term("invoice_date", years=10, round_up="year", country="DE")),
        ("24 months after last_activity, warning 30 days before",
         Term("last_activity", months=24, warn_days=30)),
        ("1 year 6 months and 3 days  after  call_end", Term("call_end", years=1, months=6, days=3)),
        ("until account_close, to the end of the year", Term("account_close", round_up="year")),
    ],
)  # fmt: skip
def test_a_term_is_written_in_words(text: str, term: Term) -> None:
    assert read_term(text) == term
    assert read_term(write_term(term)) == term


@given(
    st.builds(
        Term,
        event=st.sampled_from(EVENTS),
        years=st.integers(0, 20),
        months=st.integers(0, 30),
        days=st.integers(0, 400),
        round_up=st.sampled_from(["", "month", "year"]),
        country=st.sampled_from(["", *sorted(COUNTRIES)]),
        warn_days=st.integers(0, 90),
    )
)
def test_every_term_reads_back_as_it_was_written(term: Term) -> None:
    assert read_term(write_term(term)) == term


@pytest.mark.parametrize(
    "text",
    [
        "30 days", "30 days after", "30 weeks after call_end", "days after call_end", "0 days after call_end",
        "-1 days after call_end", "30 days before call_end", "30 days after the end", "until", "",
        "until call_end, in XX", "until call_end, in DE, in FR", "until call_end, to the end of the week",
        "until call_end, ", "101 years after call_end", "3 days 4 days after call_end",
        "30 days after call_end, warning before", "999999999 days after call_end", "until  ,",
    ],
)  # fmt: skip
def test_words_that_are_no_term_are_refused_with_a_remedy(text: str) -> None:
    (problem,) = problems(item(retention=f'"{text}"'))
    assert problem.item == "item meeting.ip"
    assert problem.message.startswith("retention ")
    assert problem.remedy.startswith("write ")


def test_a_transient_item_has_no_terms() -> None:
    (read,) = notice(item(retention='"transient"')).items
    assert (read.transient, read.terms) == (True, ())


def test_contacts_are_filled_from_the_settings() -> None:
    read = notice(WHOLE.replace('"{operator}"', '"{operator}"\naddress = "{address}"\nemail = "{email}"'))
    whole = filled(read, operator="A {email} b", address="Street 1", email="privacy@example.org")
    assert whole.controller.name == "A {email} b", "what the operator is called is no placeholder"
    assert (whole.controller.address, whole.controller.email) == ("Street 1", "privacy@example.org")
    assert filled(read, operator="A").controller.email == ""


def test_what_is_no_notice_of_ours_is_looked_for_as_a_file(tmp_path: Path) -> None:
    path = tmp_path / "ours.toml"
    path.write_text(WHOLE)
    assert reading.load(str(path)).name == "ours"


def test_an_unknown_name_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(ConfigError, match=r"no notice 'onmeet' \(did you mean 'on-meet'\?\)"):
        reading.load("onmeet")


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"gone\.toml cannot be read \(No such file or directory\)"):
        reading.load(str(tmp_path / "gone.toml"))


def test_a_faulty_file_is_refused_with_all_its_problems(tmp_path: Path) -> None:
    path = tmp_path / "ours.toml"
    path.write_text(item(purpose='"Fun"', form='"whole"'))
    with pytest.raises(ConfigError) as refused:
        reading.load(str(path))
    assert str(refused.value).count("ours.toml:") == 2


# -- what is wrong -----------------------------------------------------------------------------------


@pytest.mark.parametrize("what", WRONG)
def test_a_fault_is_reported_with_line_item_and_remedy(what: str) -> None:
    text, start, subject, words = WRONG[what]
    found = [problem for problem in problems(text) if f"{problem.message}; {problem.remedy}" == words]
    assert len(found) == 1, [str(problem) for problem in problems(text)]
    assert found[0].item == subject
    lines = [n for n, line in enumerate(text.splitlines(), 1) if line.startswith(start.rstrip("\n"))]
    assert found[0].line == lines[-1], str(found[0])
    assert str(found[0]).startswith(f"ours.toml:{found[0].line}: ")


@pytest.mark.parametrize("what", WRONG)
def test_one_fault_is_reported_once(what: str) -> None:
    assert len(problems(WRONG[what][0])) == 1


@pytest.mark.promise("N1.19")
def test_a_notice_takes_effect_fourteen_days_after_it_was_published_at_the_earliest() -> None:
    """A notice that would take effect within 14 days of its publication is refused."""
    assert notice(WHOLE).effective.isoformat() == "2026-01-19"
    (problem,) = problems(WHOLE.replace("2026-01-19", "2026-01-18"))
    assert problem.message.startswith("effective is less than 14 days after published")


@pytest.mark.promise("N5.9")
@pytest.mark.parametrize("key", ["version", "published", "effective"])
def test_a_notice_without_version_or_date_is_refused(key: str) -> None:
    """A notice without version or date is refused."""
    text = "".join(line for line in WHOLE.splitlines(keepends=True) if not line.startswith(key))
    assert [problem.message for problem in problems(text)] == [f"{key} is missing"]


@pytest.mark.promise("N1.5", "N2.1")
def test_a_notice_without_a_consent_for_it_can_have_no_cookie_that_the_page_does_not_need() -> None:
    """A cookie that is not needed and has no consent makes a notice refused."""
    cookie = '[[cookie]]\nname = "c"\npurpose = "ServiceUsageAnalytics"\nessential = false\n'
    consent = '[[consent]]\nname = "s"\npurpose = "ServiceUsageAnalytics"\n'
    assert problems(WHOLE + cookie)
    assert notice(WHOLE + cookie + 'consent = "s"\n' + consent).cookies


@pytest.mark.promise("N5.8")
def test_a_notice_that_stays_in_the_eea_can_name_no_place_outside_it() -> None:
    """A notice that stays in the EEA is refused when it names a place outside."""
    text = "eea_only = true\n" + WHOLE
    assert notice(text).eea_only
    assert problems(text.replace('"DE"', '"US"'))


@pytest.mark.promise("N3.1", "N5.10")
def test_an_item_without_a_purpose_or_a_legal_basis_is_refused() -> None:
    """Data without a purpose or a legal basis cannot be permitted."""
    assert [problem.message for problem in problems(item(purpose=""))] == ["purpose is missing"]
    assert [problem.message for problem in problems(item(legal_basis=""))] == ["legal_basis is missing"]


def test_all_faults_are_reported_at_once_in_the_order_of_lines() -> None:
    text = item(purpose='"Fun"', form='"whole"', readers="7").replace("2026-01-19", "2026-01-06")
    found = problems(text)
    assert [problem.line for problem in found] == sorted(problem.line for problem in found)
    assert [problem.message.split()[0] for problem in found] == ["effective", "purpose", "form", "readers"]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (WHOLE.replace('version = "1.0"', 'version = "1.0'), 2),
        (WHOLE + 'category = "meeting.ip"\n', len(WHOLE.splitlines()) + 1),
        (WHOLE + "what is this", len(WHOLE.splitlines()) + 1),
        (WHOLE + 'readers = ["self"\n\n', len(WHOLE.splitlines()) + 1),
    ],
)
def test_what_is_no_toml_is_named_by_its_line(text: str, line: int) -> None:
    (problem,) = problems(text)
    assert problem.line == line
    assert problem.message.startswith("is no TOML: ")


def test_the_first_character_that_is_not_utf8_is_named_by_its_line() -> None:
    (problem,) = problems(WHOLE.encode().replace(b"{operator}", b"M\xfcller"))
    assert (problem.line, problem.message, problem.remedy) == (
        line_of(WHOLE, "[controller]") + 1, "is not UTF-8", "save the file as UTF-8",
    )  # fmt: skip


def test_a_mark_that_some_editors_put_before_utf8_does_no_harm() -> None:
    read = reading.parse(b"\xef\xbb\xbf" + WHOLE.encode(), "ours.toml")
    assert isinstance(read, Notice)
    assert read.source == WHOLE


def test_a_file_as_big_as_a_book_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "big.toml"
    path.write_bytes(b"# " + b"a" * MAX_BYTES)
    with pytest.raises(ConfigError, match=rf"at most {MAX_BYTES} bytes"):
        reading.load(str(path))


def test_tables_nested_without_end_are_refused() -> None:
    (problem,) = problems("a = " + "[" * 90_000 + "]" * 90_000)
    assert problem.message.startswith("is nested too deeply")


@pytest.mark.parametrize(
    "noise",
    [
        'about = """\n[[item]]\ncategory = 1\n"""\n',
        "about = '''\n[[item]]\ncategory = 1\n'''\n",
        "about = [\n  '[[item]]', # ]\n  'category = 1',\n]\n",
        'about = "[[item]] # \\" {"\n# [[item]]\n# "\n',
        'about = """a \\""" b\n[[item]] """\n',
    ],
)
def test_lines_are_counted_past_texts_that_look_like_tables(noise: str) -> None:
    text = noise + item(purpose='"Fun"')
    found = [problem for problem in problems(text) if problem.item == "item meeting.ip"]
    assert [problem.line for problem in found] == [line_of(text, "purpose")]


def test_a_table_within_one_line_is_named_by_it() -> None:
    text = TOP + 'item = [{ category = "account.name" }]\n' + REST
    lines = {problem.line for problem in problems(text) if problem.item == "item account.name"}
    assert lines == {line_of(text, "item = ")}
