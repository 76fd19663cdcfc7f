"""Whatever stands in a file, the reader finds a notice, the same again after writing it, or problems."""

from __future__ import annotations

import random
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from onmeet.notices import reading
from onmeet.notices.categories import CATEGORIES
from onmeet.notices.changes import changes, tighter
from onmeet.notices.notice import Notice
from onmeet.notices.writing import to_toml
from tests.factories.notices import EXTENDING, WHOLE, notice
from tests.factories.random_notices import notices

TEXTS = [to_toml(reading.load(name)) for name in reading.shipped()] + [WHOLE, EXTENDING]
PIECES = ['"', "'", "[", "]", "{", "}", "=", "#", "\n", ",", "0", "-1", "true", "[]", '""', '"""', "\\", "é",
          "\x00", "1e9", "2026-01-01", "99999999999999999999", "[[item]]\n", "\ud800", "inf",
          "extends = 'on-meet'\n",
          *sorted(CATEGORIES)[:3]]  # fmt: skip


@settings(max_examples=150)
@given(st.sampled_from(TEXTS), st.integers(0, 2**32), st.integers(1, 6))
def test_a_spoilt_file_never_breaks_the_reader(text: str, seed: int, count: int) -> None:
    """Whatever is in a file, the reader finds a notice or problems with a line of that file."""
    chance = random.Random(seed)
    for _ in range(count):
        start = chance.randrange(len(text) + 1)
        end = min(len(text), start + chance.choice((0, 0, 1, 3, 20, 200)))
        text = text[:start] + chance.choice(PIECES) + text[end:]
    found = reading.parse(text, "spoilt.toml")
    if isinstance(found, Notice):
        again = reading.parse(to_toml(found), "again.toml")
        assert isinstance(again, Notice), again
        assert changes(found, again) == ()
    else:
        assert found
        lines = text.count("\n") + 1
        assert all(1 <= problem.line <= lines and problem.message and problem.remedy for problem in found)


@settings(max_examples=200)
@given(st.text() | st.binary())
def test_any_text_is_read_or_refused(text: str | bytes) -> None:
    assert reading.parse(text, "any.toml")


@settings(max_examples=150)
@given(st.data())
def test_any_value_of_any_key_is_read_or_refused(data: st.DataObject) -> None:
    """A key with any TOML value: true, numbers, texts, lists, tables, days."""
    text = TEXTS[data.draw(st.integers(0, len(TEXTS) - 1))]
    lines = text.splitlines()
    keys = [n for n, line in enumerate(lines) if " = " in line and line[0].isalpha()]
    at = data.draw(st.sampled_from(keys))
    value = data.draw(
        st.sampled_from(["true", "7", "-7", "1.5", "nan", '"x"', '""', "[]", "{}", "{ a = 1 }", "[[1]]",
                         "2026-01-01", "2026-01-01T00:00:00Z", "12:00:00", '["x", 1]', "[true]"])
    )  # fmt: skip
    lines[at] = lines[at].partition(" = ")[0] + " = " + value
    found = reading.parse("\n".join(lines), "any.toml")
    assert isinstance(found, Notice) or all(str(problem) for problem in found)


@settings(max_examples=60)
@given(notices())
def test_any_notice_reads_back_as_it_was_written(whole: Notice) -> None:
    again = notice(to_toml(whole))
    items = tuple(replace(item, line=0) for item in again.items)
    assert replace(again, items=items, source="") == whole
    assert changes(whole, again) == ()
    assert tighter(whole, again)
