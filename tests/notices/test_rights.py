"""What a restriction and an objection keep from being written."""

from __future__ import annotations

import pytest

from onmeet.notices.rights import resting_on_interest, unwritten
from tests.factories.policies import policy

NOTICES = ("on-meet", "meetingsphere", "easymeet24", "web1on1", "3cx-webmeeting")


@pytest.mark.promise("N3.15")
@pytest.mark.parametrize("notice", NOTICES)
def test_whoever_objected_or_restricted_has_nothing_written_on_legitimate_interest(notice: str) -> None:
    """After an objection or restriction nothing is written on legitimate interest."""
    rules = policy(notice)
    interest = {i.category for i in rules.notice.items if i.legal_basis == "LegitimateInterest"}
    assert unwritten(rules, restricted=False, objected=False) == frozenset()
    assert unwritten(rules, restricted=True, objected=False) == interest
    assert unwritten(rules, restricted=False, objected=True) == interest == resting_on_interest(rules)
