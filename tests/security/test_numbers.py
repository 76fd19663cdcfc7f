"""Numbers in addresses that no row can have."""

from __future__ import annotations

import re

import pytest

from tests.factories.house import House

HUGE = ("2147483648", "9223372036854775808", "9" * 40)


@pytest.mark.parametrize("number", HUGE)
def test_a_number_that_no_row_can_have_finds_nothing(house: House, number: str) -> None:
    """The database would refuse to look for it, and the page would break."""
    ada = house.member()
    headers = {"X-CSRFToken": ada.token()}
    rules = [rule for rule in house.app.url_map.iter_rules() if "<int:" in rule.rule]
    assert len(rules) > 20
    for rule in rules:
        path = re.sub(r"<int:\w+>", number, rule.rule)
        path = path.replace("<code:code>", "abc-defg-hjk").replace("<any(admin,member):role>", "admin")
        assert "<" not in path
        for method in (rule.methods or set()) & {"GET", "POST"}:
            assert ada.client.open(path, method=method, headers=headers).status_code in (404, 405), path
    for path in (
        f"/account/items/meetings/{number}/delete",
        f"/account/items/meetings/-{number}/delete",
        f"/newsletter/leave/{number}-{'0' * 32}",
        f"/address/{int(number):x}-1-{'0' * 40}",
        f"/confirm/{int(number):x}-1-{'0' * 40}",
        f"/reset/{int(number):x}-1-{'0' * 40}",
    ):
        assert ada.client.post(path, headers=headers).status_code == 404, path
