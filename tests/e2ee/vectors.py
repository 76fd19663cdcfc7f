"""Published test vectors: our suite's in the project, all of them beside the checkout where they are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.running import ROOT

OURS = ROOT / "tests" / "captures" / "sframe" / "suite-4.json"
SHARED = ROOT.parent / "shared" / "vectors" / "sframe"


def rows(section: str, *files: Path) -> list[Any]:
    """pytest parameters from these files; one that skips, with its reason, where a file is absent."""
    found = []
    for path in files:
        if path.exists():
            found += [pytest.param(row) for row in json.loads(path.read_text()).get(section, [])]
        else:
            reason = f"{path.name} of sframe-wg/sframe is not beside the checkout"
            found.append(pytest.param(None, marks=pytest.mark.skip(reason=reason)))
    return found


ALL = (OURS, SHARED / "test-vectors.json", SHARED / "test-vectors-aes256.json")

HPKE_A_1_1 = {
    "info": "4f6465206f6e2061204772656369616e2055726e",
    "skE": "52c4a758a802cd8b936eceea314432798d5baf2d7e9235dc084ab1b9cfa2f736",
    "pkE": "37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431",
    "skR": "4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8",
    "pkR": "3948cfe0ad1ddb695d780e59077195da6c56506b027329794ab02bca80815c4d",
    "shared_secret": "fe0e18c9f024ce43799ae393c7e8fe8fce9d218875e8227b0187c04e7d2ea1fc",
    "key": "4531685d41d65f03dc48f6b8302c05b0",
    "base_nonce": "56d890e5accaaf011cff4b7d",
    "aad": "436f756e742d30",
    "pt": "4265617574792069732074727574682c20747275746820626561757479",
    "ct": "f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc53a52ae8218a355a96d8770ac83d07bea87e13c512a",
}
"""RFC 9180 A.1.1, setup and the first message."""
