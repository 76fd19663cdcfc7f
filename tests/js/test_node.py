"""Runs the JavaScript tests of this folder and those below: `node --test tests/js/`."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
NODE = shutil.which("node")


@pytest.mark.skipif(NODE is None, reason="node is not installed: Debian package nodejs")
@pytest.mark.parametrize("file", sorted(HERE.rglob("*.test.js")), ids=lambda path: path.name)
def test_node_finds_nothing_wrong(file: Path) -> None:
    assert NODE
    command = [NODE, "--test", "--test-reporter=spec", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=150, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
