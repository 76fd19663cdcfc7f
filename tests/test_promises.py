"""Every promise of the five notices has a test that cites it, and the document says which."""

from __future__ import annotations

import ast
import difflib

import pytest

from tests import promises
from tests.promises import DOCUMENT, IDS, LATER, proofs, render

CITED = {promise for proof in proofs() for promise in proof.ids}

MOST_LINES = 12
"""So many differences say enough."""


def stale() -> str:
    """What to do about a document that differs from the tests, and in which lines; else nothing."""
    old = DOCUMENT.read_text("utf-8").splitlines() if DOCUMENT.exists() else []
    changes = list(difflib.unified_diff(old, render().splitlines(), n=0, lineterm=""))[2:]
    told = [line for line in changes if not line.startswith("@@")]
    if not told:
        return ""
    more = [f"... and {len(told) - MOST_LINES} lines more"] if len(told) > MOST_LINES else []
    return "\n".join(
        [
            "docs/promises.md is out of date: a test that cites a promise came, went or says something else.",
            "Run ./dev promises, read what has changed, and commit docs/promises.md with the tests.",
            *told[:MOST_LINES],
            *more,
        ]
    )


def test_only_promises_that_exist_are_cited() -> None:
    assert CITED - set(IDS) == set(), "these numbers are no promises: see PROMISES in tests/promises.py"


def test_every_promise_has_a_test_that_cites_it() -> None:
    missing = [promise for promise in IDS if promise not in CITED and promise not in LATER]
    assert missing == [], (
        f"no test cites {', '.join(missing)}: mark the test that proves it with "
        f'@pytest.mark.promise("{missing[0]}") and say in the first line of its docstring what we do'
    )


def test_what_comes_later_is_not_proven_yet() -> None:
    assert CITED & set(LATER) == set(), "these have a test now: take them out of LATER in tests/promises.py"


def test_what_every_test_proves_is_said_in_a_sentence() -> None:
    silent = [f"{proof.file}::{proof.name}" for proof in proofs() if proof.says.endswith((",", ":", ";"))]
    assert silent == [], (
        "the first line of the docstring goes into docs/promises.md: make it a whole sentence"
    )


def test_the_document_is_up_to_date() -> None:
    wrong = stale()
    assert not wrong, wrong


def test_an_outdated_document_is_told_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(promises.PROMISES, "N1.1", "Something else.")
    told = stale()
    assert "Run ./dev promises" in told
    assert "+| **N1.1** | **Something else.** | |" in told.splitlines()


def test_the_document_does_not_depend_on_the_order_of_files(monkeypatch: pytest.MonkeyPatch) -> None:
    written = render()
    real = promises.Path.rglob
    monkeypatch.setattr(promises.Path, "rglob", lambda self, what: sorted(real(self, what), reverse=True))
    assert render() == written


def test_marks_on_a_module_count_for_all_its_tests() -> None:
    tree = ast.parse('pytestmark = [pytest.mark.promise("N1.1"), pytest.mark.slow]')
    assert promises._of_module(tree) == ("N1.1",)
