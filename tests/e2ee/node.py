"""The JavaScript side under node, one JSON line a question (tests/js/peer.js)."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from tests.running import ROOT

NODE = shutil.which("node")


class Node:
    """One node process; a context manager that leaves nothing behind."""

    def __init__(self) -> None:
        assert NODE
        self._process = subprocess.Popen(
            [NODE, str(ROOT / "tests" / "js" / "peer.js")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, command: str, **rest: Any) -> Any:
        """Send a command and return its answer; AssertionError when node has ended."""
        assert self._process.stdin
        assert self._process.stdout
        print(json.dumps({"command": command, **rest}), file=self._process.stdin, flush=True)
        line = self._process.stdout.readline()
        assert line, "node ended; its message stands above"
        return json.loads(line)

    def close(self) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.wait(timeout=30)
        self._process.stdout.close()


def raw_pair(key: Ed25519PrivateKey | X25519PrivateKey) -> dict[str, str]:
    """A private key in the form in which peer.js takes it."""
    public = key.public_key().public_bytes_raw()
    return {"seed": key.private_bytes_raw().hex(), "publicKey": public.hex()}
