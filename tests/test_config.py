"""Settings: what stands in the README, what is refused, what is made at the first start."""

from __future__ import annotations

import re
import stat
import threading
from pathlib import Path

import pytest

from onmeet.config import SETTINGS, Config, detect_addresses
from onmeet.errors import ConfigError

ROOT = Path(__file__).resolve().parent.parent


def config(tmp_path: Path, **env: str) -> Config:
    return Config.from_env({"ONMEET_DATA": str(tmp_path), **env})


def test_readme_table_matches_the_settings():
    rows = re.findall(r"^\| `([A-Z_]+)` \| (.+?) \| (.+?) \|$", (ROOT / "README.md").read_text(), re.M)
    assert rows == [(s.name, s.default, s.meaning) for s in SETTINGS]


def test_every_setting_that_is_read_stands_in_the_table():
    read = set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', (ROOT / "onmeet/config.py").read_text()))
    assert read == {s.name for s in SETTINGS}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eight"),
        ("PORT", "65536"),
        ("PORT", "-1"),
        ("PORT", "٣"),
        ("ONMEET_BIND", "localhost"),
        ("ONMEET_CONTACT_EMAIL", "privacy at example.org"),
        ("ONMEET_MEDIA_IP", "127.0.0.1,example.org"),
        ("ONMEET_MAX_PARTICIPANTS", "1"),
        ("ONMEET_MAIL_FROM", "Name <a@b.org>"),
        ("ONMEET_MAIL_FROM", "a@b.org\nX: y"),
        ("ONMEET_START", "nobody"),
        ("ONMEET_PUBLIC_URL", "meet.example.org"),
        ("ONMEET_PUBLIC_URL", "https://meet.example.org/path"),
        ("ONMEET_PUBLIC_URL", "https://a:b@meet.example.org"),
        ("ONMEET_PUBLIC_URL", "https://meet.example.org:port"),
        ("ONMEET_OPERATOR", "Example\nBcc: a@b.org"),
        ("ONMEET_CONTACT_ADDRESS", "x" * 201),
        ("DATABASE_URL", "mysql://x"),
        ("DATABASE_URL", "sqlite:///"),
        ("DATABASE_URL", "sqlite:///:memory:"),
        ("REDIS_URL", "localhost:6379"),
        ("REDIS_URL", "redis://:0"),
        ("SECRET_KEY", "short"),
        ("ONMEET_MARKS_KEY", "short"),
        ("ONMEET_MARKS_KEY", "z" * 64),
        ("ONMEET_SIP", "perhaps"),
        ("ONMEET_SIP_PORT", "65535"),
        ("ONMEET_RTP_PORTS", "30000"),
        ("ONMEET_RTP_PORTS", "30010-30000"),
        ("ONMEET_RTP_PORTS", "80-90"),
        ("ONMEET_DATABASE", "typo of a setting"),
    ],
)
def test_unusable_value_is_refused_and_names_the_setting(tmp_path: Path, name: str, value: str):
    with pytest.raises(ConfigError, match=name):
        config(tmp_path, **{name: value})


def test_empty_value_counts_as_absent(tmp_path: Path):
    assert config(tmp_path, PORT="", ONMEET_MEDIA_IP="").port == 8000


def test_key_is_made_once_and_only_the_owner_can_read_it(tmp_path: Path):
    first, second = config(tmp_path), config(tmp_path)
    assert first.secret_key == second.secret_key
    assert first.marks_key == second.marks_key
    for name in ("secret_key", "marks_key"):
        assert stat.S_IMODE((tmp_path / "keys" / name).stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700


def test_two_first_starts_at_once_agree_on_the_key(tmp_path: Path):
    keys: list[tuple[str, bytes]] = []

    def start() -> None:
        made = config(tmp_path)
        keys.append((made.secret_key, made.marks_key))

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(keys) == 8
    assert len(set(keys)) == 1
    assert {p.name for p in (tmp_path / "keys").iterdir()} == {"secret_key", "marks_key"}


def test_keys_may_lie_apart_from_the_data(tmp_path: Path):
    apart = config(tmp_path / "var", ONMEET_KEYS=str(tmp_path / "keys"))
    assert (tmp_path / "keys" / "marks_key").read_text() == apart.marks_key.hex()
    assert not (tmp_path / "var" / "keys").exists()


def test_a_key_may_come_from_the_environment_and_then_stands_in_no_file(tmp_path: Path):
    assert config(tmp_path, ONMEET_MARKS_KEY="0f" * 32).marks_key == b"\x0f" * 32
    assert not (tmp_path / "keys" / "marks_key").exists()


def test_secrets_do_not_show_in_the_representation(tmp_path: Path):
    made = config(tmp_path, SECRET_KEY="k" * 40, ONMEET_METRICS_TOKEN="token-of-metrics")
    shown = repr(made)
    assert "kkkk" not in shown
    assert repr(made.marks_key)[2:-1] not in shown
    assert "token-of-metrics" not in shown


def test_postgres_url_of_a_paas_is_understood(tmp_path: Path):
    assert config(tmp_path, DATABASE_URL="postgres://u:p@h/d").database_url == "postgresql+psycopg://u:p@h/d"


def test_data_folder_that_cannot_be_made_is_explained(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="ONMEET_DATA"):
        config(tmp_path / "file")


def test_detected_addresses_hold_no_loopback_beside_a_real_one():
    found = detect_addresses()
    assert found
    assert found == ("127.0.0.1",) or not {"127.0.0.1", "::1"} & set(found)
    assert not any(address.startswith("fe80") for address in found)


def test_https_in_front_demands_the_number_of_proxies(tmp_path: Path):
    url = "https://meet.example.org"
    with pytest.raises(ConfigError, match="ONMEET_PROXIES must say"):
        config(tmp_path, ONMEET_PUBLIC_URL=url)
    assert config(tmp_path, ONMEET_PUBLIC_URL=url, ONMEET_PROXIES="1").public_url == url


def test_an_operator_without_a_name_has_none_for_callers(tmp_path):
    assert config(tmp_path).operator_name == ""
    assert config(tmp_path, ONMEET_OPERATOR="Rat & Tat").operator_name == "Rat & Tat"
