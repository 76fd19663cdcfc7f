"""Mailed links: good for what they were mailed for, once, for a while, for one account."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from onmeet.mail.links import link_token, read_link

KEY = b"k" * 32
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = 3600

STATES = {7: "as it was", 8: "as it was"}


def read(token: str, purpose: str = "password-reset", now: datetime = NOW, key: bytes = KEY) -> int | None:
    return read_link(key, token, purpose, STATES.get, now, HOUR)


TOKEN = link_token(KEY, "password-reset", 7, "as it was", NOW)


def test_a_link_names_the_account_that_it_was_mailed_to() -> None:
    assert read(TOKEN) == 7


@pytest.mark.parametrize("later", [timedelta(0), timedelta(seconds=HOUR - 1), timedelta(seconds=-30)])
def test_a_link_works_within_its_time(later: timedelta) -> None:
    assert read(TOKEN, now=NOW + later) == 7


@pytest.mark.parametrize("later", [timedelta(seconds=HOUR), timedelta(days=400), timedelta(minutes=-2)])
def test_a_link_is_dead_outside_of_its_time(later: timedelta) -> None:
    assert read(TOKEN, now=NOW + later) is None


def test_a_link_opens_nothing_else() -> None:
    assert read(TOKEN, "confirm-address") is None
    assert read(TOKEN, key=b"other" * 8) is None


def test_a_link_dies_when_the_account_changes() -> None:
    assert read_link(KEY, TOKEN, "password-reset", {7: "another password"}.get, NOW, HOUR) is None
    assert read_link(KEY, TOKEN, "password-reset", {}.get, NOW, HOUR) is None


@pytest.mark.parametrize(
    "forged",
    [
        "",
        "x",
        "7-0-0",
        TOKEN.replace("7-", "8-", 1),
        TOKEN[:-1] + ("0" if TOKEN[-1] != "0" else "1"),
        f"{TOKEN} ",
        TOKEN + "\n",
        "f" * 15 + TOKEN[1:],
        "-".join((TOKEN.split("-")[0], f"{int(NOW.timestamp()) + 1:x}", TOKEN.split("-")[2])),
        "٧-0-" + "0" * 40,
    ],
)
def test_a_forged_link_opens_nothing(forged: str) -> None:
    assert read(forged) is None


def test_a_link_for_an_account_that_never_was_opens_nothing() -> None:
    assert read(link_token(KEY, "password-reset", 9, "", NOW)) is None
