"""The five notices that come with OnMeet."""

from __future__ import annotations

import pytest

from onmeet.notices import reading
from onmeet.notices.changes import changes
from onmeet.notices.notice import Notice
from onmeet.notices.writing import to_toml


@pytest.mark.parametrize("name", reading.shipped())
def test_a_shipped_notice_reads_back_as_it_was_written(name: str) -> None:
    notice = reading.load(name)
    again = reading.parse(to_toml(notice), "again.toml")
    assert isinstance(again, Notice), again
    assert notice.name == name
    assert changes(notice, again) == ()
