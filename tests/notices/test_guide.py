"""The operator's guide docs/notices.md, against what the reader knows."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from onmeet.notices import reading
from onmeet.notices.categories import CATEGORIES, EVENTS
from onmeet.notices.dpv import LEGAL_BASES, PURPOSES, VERSION
from onmeet.notices.fields import FIELDS
from onmeet.notices.notice import Form, Notice, Reader
from onmeet.notices.terms import read_term
from onmeet.web import cookies

GUIDE = (Path(__file__).parents[2] / "docs" / "notices.md").read_text()


def section(heading: str) -> str:
    """What stands below a heading, down to the next one."""
    start = GUIDE.index(f"# {heading}\n")
    rest = GUIDE[start:].partition("\n")[2]
    return re.split(r"^#+ ", rest, maxsplit=1, flags=re.M)[0]


def first_column(text: str) -> list[str]:
    return re.findall(r"^\| `([^`]+)` \|", text, re.M)


@pytest.mark.parametrize(
    ("table", "heading"),
    [
        ("", "At the top"),
        ("controller", "`[controller]`, `[officer]`, `[authority]`"),
        ("officer", "`[controller]`, `[officer]`, `[authority]`"),
        ("authority", "`[controller]`, `[officer]`, `[authority]`"),
        *((table, f"`[[{table}]]`") for table in ("item", "recipient", "location", "cookie", "consent")),
    ],
)
def test_every_key_is_described_and_marked_when_it_is_required(table: str, heading: str) -> None:
    text = section(heading)
    assert first_column(text) == [field.name for field in FIELDS[table]]
    if table not in ("controller", "officer", "authority"):
        required = re.findall(r"^\| `([^`]+)` \| required;", text, re.M)
        assert required == [field.name for field in FIELDS[table] if field.required]


def test_every_table_of_the_file_has_its_section() -> None:
    assert FIELDS.keys() == {
        "", "controller", "officer", "authority", "item", "recipient", "location", "cookie", "consent",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("heading", "known"),
    [
        ("Categories", [*CATEGORIES]),
        ("Purposes", [*PURPOSES]),
        ("Legal bases", [*LEGAL_BASES]),
        ("Forms", [*get_args(Form)]),
        ("Readers", [*get_args(Reader)]),
        ("Choose", [*reading.shipped()]),
    ],
)
def test_every_word_that_a_file_may_use_is_explained(heading: str, known: list[str]) -> None:
    assert sorted(first_column(section(heading))) == sorted(known)


def test_every_event_is_explained() -> None:
    words = first_column(section("Retention"))
    assert sorted(word for word in words if not word.startswith('"')) == sorted(EVENTS)


def test_what_a_category_counts_from_and_whether_it_can_be_cut_is_said_rightly() -> None:
    groups = {
        "an account": ("collected", "contract_end", "account_close", "last_activity"),
        "a call": ("collected", "call_end", "contract_end", "account_close"),
    }
    rows = re.findall(r"^\| `([^`]+)` \| .+ \| (yes|no) \| (.+) \|$", section("Categories"), re.M)
    assert len(rows) == len(CATEGORIES)
    for name, cut, counts in rows:
        events = [*(event for group in groups if group in counts for event in groups[group])]
        assert {*events, *re.findall(r"`(\w+)`", counts)} == set(CATEGORIES[name].events), name
        assert (cut == "yes") == (CATEGORIES[name].shape in ("ip", "number")), name


def test_every_term_of_the_guide_can_be_read() -> None:
    terms = re.findall(r'^\| `"([^"]+)"` \|', section("Retention"), re.M)
    assert len(terms) > 5
    assert all(read_term(term) for term in terms)


def test_every_example_of_the_guide_is_a_notice() -> None:
    examples = re.findall(r"^```toml\n(.+?)^```", GUIDE, re.M | re.S)
    assert len(examples) == 2
    for example in examples:
        assert isinstance(reading.parse(example, "docs/notices.md"), Notice), reading.parse(example, "x")


def test_the_guide_names_the_version_of_the_vocabulary() -> None:
    assert f"version {VERSION}," in section("Purposes")


def test_the_cookies_that_the_software_sets_are_those_of_every_notice() -> None:
    names = {cookies.SESSION, cookies.LANGUAGE, cookies.THEME}
    assert all(f"`{name}`" in section("`[[cookie]]`") for name in names)
    for name in reading.shipped():
        assert names <= {cookie.name for cookie in reading.load(name).cookies}
