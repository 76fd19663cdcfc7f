"""Redirects stay on this site."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.urls import iri_to_uri

from onmeet.web.security import safe_path


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example", "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example",
        "/\t/evil.example", "/\n/evil.example", "\t//evil.example", "javascript:alert(1)", "evil.example", "",
        "/" + "a" * 600, None, "http:/evil.example", "/ok\\..", " /ok",
    ],
)  # fmt: skip
def test_an_address_elsewhere_is_refused(target: str | None) -> None:
    assert safe_path(target) is None


@pytest.mark.parametrize("target", ["/", "/meetings", "/m/abc-defg-hjk?x=1&y=%2F", "/über"])
def test_a_path_of_ours_passes(target: str) -> None:
    assert safe_path(target) == target


@given(st.text(max_size=30).map(lambda text: "/" + text))
def test_whatever_passes_is_read_by_browsers_as_a_path(target: str) -> None:
    passed = safe_path(target)
    if passed is not None:
        # WHATWG URL parsing: tabs and line ends vanish, backslash counts as slash
        seen = iri_to_uri(passed).translate({9: None, 10: None, 13: None}).replace("\\", "/")
        assert seen.startswith("/")
        assert not seen.startswith("//")
