"""Truncated and pseudonymised values: enough is gone, and nothing is passed through by mistake."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onmeet.errors import ConfigError
from onmeet.notices import forms
from onmeet.notices.rotating import RotatingKeys
from tests.factories.house import HandClock

DAY = 86_400


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1::/48"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
        ("2002:cb00:714d::1", "203.0.113.0/24"),  # 6to4: its first 48 bits hold the whole IPv4 address
        ("fe80::1%eth0", "fe80::/48"),
        ("203.0.113.0/24", "203.0.113.0/24"),
        ("2001:db8:1::/48", "2001:db8:1::/48"),
        ("203.0.113.77/32", "203.0.113.0/24"),
    ],
)
def test_an_address_is_cut_to_its_network(address: str, kept: str) -> None:
    assert forms.truncate_ip(address) == kept


@pytest.mark.parametrize(
    "nonsense", ["", "unknown", "203.0.113.77:443", "203.0.113", "[2001:db8::1]", "ada@example.org", 7, b"1"]
)
def test_what_is_no_address_does_not_pass(nonsense: str) -> None:
    assert forms.truncate_ip(nonsense) is None


@given(st.ip_addresses())
def test_no_two_hosts_of_a_network_can_be_told_apart(address: object) -> None:
    cut = forms.truncate_ip(str(address))
    assert cut is not None
    assert cut.endswith(("/24", "/48"))
    assert forms.truncate_ip(cut) == cut


@pytest.mark.parametrize(
    ("number", "kept"),
    [
        ("+49 30 23125 014", "+49…14"),
        ("+4930231250 14", "+49…14"),
        ("+1 (202) 555-0143", "+1…43"),
        ("+441632960983", "+44…83"),
        ("+44…83", "+44…83"),
    ],
)
def test_a_number_is_cut_to_its_country_and_last_two_digits(number: str, kept: str) -> None:
    assert forms.truncate_number(number) == kept


@pytest.mark.parametrize(
    "nonsense",
    [
        "", "anonymous", "112", "+112", "030 23125014", "sip:ada@example.org", "tel:+493023125014", "+49",
        "sip:+493023125014@example.org", "+999 30 23125014", "+4930231250141234567890", "Ada …14",
        "+49…1", "+49…145", "+49 30 2312 call me", "+12345", "00493023125014", 493023125014,
    ],
)  # fmt: skip
def test_what_is_no_international_number_does_not_pass(nonsense: str) -> None:
    assert forms.truncate_number(nonsense) is None


@given(st.text())
def test_no_text_passes_the_truncation(text: str) -> None:
    for cut in (forms.truncate_ip(text), forms.truncate_number(text)):
        assert cut is None or len(cut) < 24


def test_pseudonyms_are_equal_for_equal_values_of_one_category_only() -> None:
    key = bytes(32)
    assert forms.pseudonym(key, "call.ip", "x") == forms.pseudonym(key, "call.ip", "x")
    assert forms.pseudonym(key, "call.ip", "x") != forms.pseudonym(key, "meeting.ip", "x")
    assert forms.pseudonym(key, "call.ip", "x") != forms.pseudonym(b"1" * 32, "call.ip", "x")


def test_all_processes_share_the_key_of_a_period(tmp_path: Path) -> None:
    clock = HandClock(100 * DAY)
    several = [RotatingKeys(tmp_path, clock) for _ in range(8)]
    keys: list[bytes] = []
    together = threading.Barrier(len(several))

    def ask(keyring: RotatingKeys) -> None:
        together.wait()
        keys.append(keyring.key(30))

    threads = [threading.Thread(target=ask, args=(keyring,)) for keyring in several]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(keys) == 8
    assert len(set(keys)) == 1
    assert keys[0] == RotatingKeys(tmp_path, clock).key(30)


def test_the_key_of_an_ended_period_is_destroyed(tmp_path: Path) -> None:
    clock = HandClock(100 * DAY)
    keys = RotatingKeys(tmp_path, clock)
    first, daily = keys.key(7), keys.key(1)
    clock.pass_by(3 * DAY)
    assert keys.key(7) == first
    assert keys.key(1) != daily
    clock.pass_by(4 * DAY)
    assert keys.key(7) != first
    left = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert first not in left
    assert daily not in left


def test_keys_are_destroyed_without_anybody_asking_for_one(tmp_path: Path) -> None:
    clock = HandClock(100 * DAY)
    RotatingKeys(tmp_path, clock).key(1)
    (tmp_path / "ended.0123").write_bytes(b"1" * 32)  # left by a process that was killed
    clock.pass_by(DAY)
    assert RotatingKeys(tmp_path, clock).destroy_ended() == 2
    assert list(tmp_path.iterdir()) == []


def test_only_the_owner_may_read_the_keys(tmp_path: Path) -> None:
    RotatingKeys(tmp_path / "rotating", HandClock()).key(1)
    assert (tmp_path / "rotating").stat().st_mode & 0o077 == 0
    assert all(path.stat().st_mode & 0o077 == 0 for path in (tmp_path / "rotating").iterdir())


def test_a_damaged_key_is_not_used(tmp_path: Path) -> None:
    keys = RotatingKeys(tmp_path, HandClock(100 * DAY))
    keys.key(1)
    next(tmp_path.iterdir()).write_bytes(b"short")
    with pytest.raises(ConfigError, match=r"keys/rotating/1-100 is damaged"):
        RotatingKeys(tmp_path, HandClock(100 * DAY)).key(1)
