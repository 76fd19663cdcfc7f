"""The fingerprint of the telephone gateway on the command line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from onmeet.cli import main
from onmeet.errors import ConfigError
from onmeet.notices.outlets import unknown_files
from onmeet.phone.gateway_key import GatewayKey


@pytest.fixture(autouse=True)
def instance(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("ONMEET_DATA", str(tmp_path))
    return tmp_path


def test_fingerprint_is_the_same_each_time(capsys: pytest.CaptureFixture[str], instance: Path) -> None:
    assert main(["gateway-key"]) == 0
    shown = capsys.readouterr().out
    assert re.fullmatch(r"\d{5}( \d{5}){5}\n", shown)
    assert main(["gateway-key"]) == 0
    assert capsys.readouterr().out == shown
    assert GatewayKey.load(instance / "keys" / "gateway.pem").fingerprint == shown.strip()


def test_key_file_is_private_and_declared(instance: Path) -> None:
    main(["gateway-key"])
    assert (instance / "keys" / "gateway.pem").stat().st_mode & 0o777 == 0o600
    assert not unknown_files(instance)


def test_spoilt_key_file_is_named(capsys: pytest.CaptureFixture[str], instance: Path) -> None:
    main(["gateway-key"])
    (instance / "keys" / "gateway.pem").write_text("spoilt")
    assert main(["gateway-key"]) == 2
    assert "gateway.pem" in capsys.readouterr().err


def test_key_of_another_kind_is_refused(tmp_path: Path) -> None:
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    pem = X25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "gateway.pem").write_bytes(pem)
    with pytest.raises(ConfigError, match="Ed25519"):
        GatewayKey.load(tmp_path / "gateway.pem")
