"""Key stores for tests, and a key service as small as it can be."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable
from pathlib import Path

from onmeet.notices.keys import FileKeyStore
from onmeet.notices.masters import FileWrapping, Masters, Wrapping

__all__ = ["KMS_PROGRAM", "key_store", "kms_command"]

KMS_PROGRAM = """
import base64, pathlib, sys
folder, what = pathlib.Path(sys.argv[1]), sys.argv[2]
given = base64.b64decode(sys.stdin.readline())
pad = (folder / "pad").read_bytes()
with (folder / "calls").open("a") as calls:
    calls.write(what + "\\n")
if what == "unwrap" and given[:3] != b"kms":
    sys.exit(3)
given = given[3:] if what == "unwrap" else given
turned = bytes(a ^ b for a, b in zip(given, pad))
print(base64.b64encode(turned if what == "unwrap" else b"kms" + turned).decode())
"""


def kms_command(folder: Path) -> str:
    """A program that keeps its own secret in `folder` and writes down there what it is asked."""
    folder.mkdir(exist_ok=True)
    (folder / "pad").write_bytes(bytes(range(7, 39)))
    (folder / "kms.py").write_text(KMS_PROGRAM)
    return shlex.join([sys.executable, str(folder / "kms.py"), str(folder)])


def key_store(folder: Path, wrapping: Wrapping | None = None, **clocks: Callable[[], float]) -> FileKeyStore:
    """A store of its own, as another process would open it."""
    folder.mkdir(exist_ok=True)
    return FileKeyStore(folder, Masters(folder, wrapping or FileWrapping()), **clocks)
