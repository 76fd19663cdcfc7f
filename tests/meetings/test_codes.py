"""Meeting codes: easy to read out, hard to hit by chance."""

from __future__ import annotations

import math
import random

import pytest

from onmeet.meetings.codes import ALPHABET, new_code, well_formed


def test_codes_are_three_groups_of_unmistakable_letters() -> None:
    for _ in range(200):
        code = new_code()
        assert well_formed(code)
        assert [len(group) for group in code.split("-")] == [3, 4, 3]
        assert not set(code) & set("ilo")


@pytest.mark.promise("N1.10")
def test_there_are_too_many_codes_to_try() -> None:
    """A meeting is reached by whoever was given its code: there are too many to try."""
    assert 10 * math.log2(len(ALPHABET)) > 45


def test_the_source_of_randomness_is_an_argument() -> None:
    class Predictable(random.SystemRandom):
        def choice(self, seq):  # type: ignore[no-untyped-def]
            return seq[0]

    assert new_code(Predictable()) == "aaa-aaaa-aaa"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "abc",
        "abc-defg-hij",
        "ABC-DEFG-HJK",
        "abc-defg-hjk\n",
        "abcdefghjk",
        "äbc-defg-hjk",
        "abc-defg-hjk-",
    ],
)
def test_anything_else_is_no_code(text: str) -> None:
    assert not well_formed(text)
