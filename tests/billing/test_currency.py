"""The country of an address, from files of ranges that are searched where they lie."""

from __future__ import annotations

import ipaddress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onmeet.billing.currency import FOLDER, Countries

V4 = "geo-whois-asn-country-ipv4-num.csv"
V6 = "geo-whois-asn-country-ipv6-num.csv"

FRANCE, CHINA = int(ipaddress.ip_address("198.51.100.0")), int(ipaddress.ip_address("198.51.100.128"))
JAPAN = int(ipaddress.ip_address("2001:db8::"))


@pytest.fixture
def countries(tmp_path: Path) -> Countries:
    (tmp_path / V4).write_text(f"{FRANCE},{FRANCE + 63},FR\n{CHINA},{CHINA},CN\n")
    (tmp_path / V6).write_text(f"{JAPAN},{JAPAN + 2**96 - 1},JP\n")
    return Countries(tmp_path)


@pytest.mark.parametrize(
    ("address", "country"),
    [
        ("198.51.100.0", "FR"),
        ("198.51.100.63", "FR"),
        ("198.51.100.64", None),
        ("198.51.100.128", "CN"),
        ("198.51.100.129", None),
        ("0.0.0.0", None),
        ("255.255.255.255", None),
        ("::ffff:198.51.100.1", "FR"),
        ("2001:db8:0:1::7", "JP"),
        ("2001:db9::", None),
        ("::1", None),
        ("no address", None),
        ("", None),
        (None, None),
    ],
)
def test_an_address_is_where_its_range_is(
    countries: Countries, address: str | None, country: str | None
) -> None:
    assert countries.of(address) == country


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 9)), min_size=1, max_size=30),
    st.integers(0, 1500),
    st.sampled_from(["\n", "\r\n"]),
)
def test_halving_finds_what_reading_every_line_finds(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[int, int]], number: int, ending: str
) -> None:
    ranges, at = [], 0
    for index, (gap, length) in enumerate(steps):
        ranges.append((at + gap, at + gap + length, f"{chr(65 + index % 26)}X"))
        at = ranges[-1][1] + 1
    folder = tmp_path_factory.mktemp("ranges")
    (folder / V4).write_bytes("".join(f"{a},{b},{c}{ending}" for a, b, c in ranges).encode())
    countries = Countries(folder)
    expected = next((c for a, b, c in ranges if a <= number <= b), None)
    assert countries.of(str(ipaddress.ip_address(number))) == expected
    countries.close()


def test_without_the_files_no_country_is_known(tmp_path: Path) -> None:
    (tmp_path / V6).write_text("")
    countries = Countries(tmp_path)
    assert not countries.known
    assert countries.of("198.51.100.1") is None


@pytest.mark.parametrize("line", ["198,200", "a,b,FR", "\xff,1,FR"])
def test_spoilt_lines_tell_no_country(tmp_path: Path, line: str) -> None:
    (tmp_path / V4).write_text(line + "\n", encoding="latin-1")
    assert Countries(tmp_path).of("0.0.0.199") is None


def test_the_files_that_npm_brings_tell_where_well_known_addresses_are() -> None:
    """A root name server in the Netherlands, a French provider, the scientific networks of two countries."""
    countries = Countries(FOLDER)
    assert countries.known, "./dev test puts them there"
    assert countries.of("193.0.14.129") == "NL"
    assert countries.of("212.27.48.10") == "FR"
    assert countries.of("2001:660::1") == "FR"
    assert countries.of("2001:4ca0::1") == "DE"
    assert countries.of("127.0.0.1") is None
