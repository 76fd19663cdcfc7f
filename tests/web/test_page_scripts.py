"""The pure parts of the page scripts, tested by node's own runner."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

SUITES = sorted(Path(__file__).parent.glob("*.test.js"))


@pytest.mark.parametrize("suite", SUITES, ids=lambda path: path.name)
def test_a_script_keeps_its_promises(suite: Path) -> None:
    run = subprocess.run(
        ["node", "--test", str(suite)], capture_output=True, text=True, check=False, timeout=50
    )
    assert run.returncode == 0, run.stdout


def test_no_suite_is_lost() -> None:
    assert SUITES
