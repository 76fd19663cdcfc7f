"""What of a call may pass: a shortened number for the screen, and only what the notice lets be stored."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from onmeet.notices.policy import Policy
from sip.gateway.facts import Facts, facts_of, told_of
from sip.interface import Identity
from tests.factories.policies import policy

NUMBER, OWN = "+4930901820", "+49307654321"


@dataclass
class Ringing:
    """A call as the user agent shows it."""

    identity: Identity = field(default_factory=lambda: Identity(NUMBER, "Display Name"))
    dialled: str = "123456789"
    trunk: str | None = "t"
    source: str = "203.0.113.77"
    domain: str = "pbx.example.org"
    licence: str = "licence 4711"

    def ring(self) -> None: ...

    def answer(self, address: str, port: int) -> None: ...

    def reject(self, status: int) -> None: ...

    def hang_up(self) -> None: ...


def facts(notice: str | Policy, call: Ringing | None = None, *, dialled_out: bool = False) -> Facts:
    under = policy(notice) if isinstance(notice, str) else notice
    return facts_of(call or Ringing(), under, dialled_out=dialled_out, own_number=OWN)


@pytest.mark.promise("N1.2", "N1.9")
@pytest.mark.parametrize("notice", ["on-meet", "meetingsphere", "web1on1"])
def test_nothing_of_a_call_is_reported_where_the_notice_keeps_no_calls(notice: str):
    assert facts(notice).record == {}


@pytest.mark.promise("N3.2", "N3.12")
def test_easymeet24_keeps_numbers_and_nothing_of_the_exchange():
    found = facts("easymeet24")
    assert set(found.record) == {"caller_number", "callee_number", "ip"}
    assert "call.times" in found.reports
    assert "pbx_domain" not in found.record


@pytest.mark.promise("N5.5")
def test_3cx_webmeeting_keeps_what_its_notice_lists():
    found = facts("3cx-webmeeting")
    assert set(found.record) == {"caller_number", "callee_number", "ip", "pbx_domain", "licence_key"}
    assert found.record["pbx_domain"] == "pbx.example.org"


def test_who_is_caller_depends_on_who_called():
    incoming, outgoing = facts("3cx-webmeeting"), facts("3cx-webmeeting", dialled_out=True)
    assert incoming.record["caller_number"] == outgoing.record["callee_number"]
    assert incoming.record["callee_number"] == outgoing.record["caller_number"]


@pytest.mark.promise("N1.9", "N3.12")
@pytest.mark.parametrize("notice", ["on-meet", "easymeet24", "3cx-webmeeting"])
def test_screen_shows_country_and_last_digits_and_never_the_name(notice: str):
    label = facts(notice).label
    assert label.startswith("+49")
    assert label.endswith("20")
    assert "901820" not in label.replace(" ", "")
    assert "Display" not in label


@pytest.mark.promise("N3.12")
@pytest.mark.parametrize("notice", ["on-meet", "easymeet24", "3cx-webmeeting"])
def test_withheld_number_is_neither_shown_nor_recorded(notice: str):
    found = facts(notice, Ringing(Identity(withheld=True)))
    assert found.withheld
    assert found.label == ""
    assert "caller_number" not in found.record


def test_what_callers_are_told_is_what_is_kept():
    assert told_of(policy("on-meet")).kept == "nothing"
    assert told_of(policy("easymeet24")).kept == "times"
    assert told_of(policy("3cx-webmeeting")).kept == "number"  # its times are counted, not kept
    assert told_of(policy("3cx-webmeeting")).agree
    assert not told_of(policy("on-meet")).agree
