"""The fragment of the link, the canonical form and the labels."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onmeet.e2ee.derive import host_fingerprint, safety_code
from onmeet.e2ee.encoding import BodyError, canonical, from_base64url, to_base64url
from onmeet.e2ee.labels import label
from onmeet.e2ee.link import LinkError, create_link, parse_fragment


def test_link_comes_back_from_its_fragment() -> None:
    link, key = create_link()
    assert parse_fragment("#" + link.fragment) == link
    assert link.host_fingerprint == host_fingerprint(key.public_key().public_bytes_raw())
    assert len(link.fragment) == len("1.") + 43 + 1 + 22


@pytest.mark.parametrize(
    ("fragment", "code"),
    [
        ("", "missing"),
        ("#", "missing"),
        ("2." + "A" * 43 + "." + "A" * 22, "version"),
        ("x", "malformed"),
        ("1", "malformed"),
        ("1." + "A" * 43, "malformed"),
        ("1." + "A" * 43 + "." + "A" * 21, "malformed"),
        ("1." + "A" * 43 + "." + "A" * 22 + ".A", "malformed"),
        ("1." + "A" * 42 + "B." + "A" * 22, "malformed"),
        ("1." + "A" * 42 + "=." + "A" * 22, "malformed"),
    ],
)
def test_broken_fragment_says_what_is_wrong(fragment: str, code: str) -> None:
    with pytest.raises(LinkError) as wrong:
        parse_fragment(fragment)
    assert wrong.value.code == code


@given(st.text(max_size=90))
def test_any_text_is_a_link_or_a_link_error(text: str) -> None:
    try:
        link = parse_fragment(text)
    except LinkError:
        return
    assert link.fragment == text.removeprefix("#")


@given(st.binary(max_size=80))
def test_base64url_has_one_spelling(data: bytes) -> None:
    text = to_base64url(data)
    assert from_base64url(text, len(data)) == data
    with pytest.raises(BodyError):
        from_base64url(text + "=", len(data))


def test_canonical_form_sorts_keys_as_text_and_keeps_arrays() -> None:
    assert canonical({"b": [2, 1], "10": 0, "9": {}, "a": "x"}) == '{"10":0,"9":{},"a":"x","b":[2,1]}'
    assert canonical(1.0) == "1"


@pytest.mark.parametrize("value", [None, True, -1, 0.5, 2**53, "ü", 'a"b', "a\\b", "a\n", b"x"])
def test_what_has_no_canonical_form_is_refused(value: object) -> None:
    with pytest.raises(BodyError):
        canonical({"x": value})


@given(st.dictionaries(st.from_regex(r"[ -!#-\[\]-~]{0,5}", fullmatch=True), st.integers(0, 9)))
def test_canonical_form_is_json(value: dict[str, int]) -> None:
    assert json.loads(canonical(value)) == value


def test_label_separates_name_and_parts() -> None:
    assert label("join", b"room") == b"OnMeet 1 join\0room"


def test_safety_code_depends_on_the_transcript() -> None:
    one, two = (safety_code(b"s" * 32, "room", 1, th * 32) for th in (b"a", b"b"))
    assert one != two
    assert len(one) == 35
