"""The ticket crosses the Unix socket whole or not at all."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onmeet.errors import ProtocolError
from onmeet.signalling.ticket import Ticket

GOOD = Ticket("abc-defg-hij", "host", "b" * 24, 50, 1000.0)
TELLING = replace(
    GOOD,
    account=7,
    ip="203.0.113.7",
    device="Firefox 140",
    reports=("meeting.ip", "meeting.device"),
    listed=False,
    lobby=True,
    lobby_fixed=True,
    signed_in=True,
    phone=True,
    pin="012345678",
    pin_rotates=True,
    meter=7,
)


def test_a_ticket_survives_the_crossing() -> None:
    assert Ticket.from_json(GOOD.to_json(), now=999.0) == GOOD
    assert Ticket.from_json(TELLING.to_json(), now=999.0) == TELLING


def test_an_expired_ticket_is_refused() -> None:
    with pytest.raises(ProtocolError, match="expired"):
        Ticket.from_json(GOOD.to_json(), now=1000.1)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("room", ""), ("room", "ABC"), ("room", 7), ("room", "a" * 65), ("room", "../x"),
        ("role", "owner"), ("role", None),
        ("browser", ""), ("browser", "a b"), ("browser", "x" * 129), ("browser", None),
        ("limit", 0), ("limit", True), ("limit", 2000), ("limit", 1.5),
        ("expires", "soon"), ("expires", float("nan")), ("expires", None),
        ("account", 0), ("account", True), ("account", "7"), ("account", 2**63),
        ("ip", "ada.example.org"), ("ip", ""), ("ip", 7), ("ip", "::1" + "0" * 50),
        ("device", ""), ("device", "x" * 256), ("device", "a\nb"), ("device", 7),
        ("reports", None), ("reports", "meeting.ip"), ("reports", ["meeting.ip", "chat.message"]),
        ("reports", ["meeting.ip", "meeting.device", "meeting.ip"]), ("reports", [{}]),
        ("listed", None), ("listed", 0), ("listed", "no"),
        ("lobby", None), ("lobby", 1), ("lobby", "lobby"), ("signed_in", None), ("signed_in", 7),
        ("lobby", False), ("lobby_fixed", None), ("lobby_fixed", 1),
        ("phone", None), ("phone", 1), ("pin_rotates", None), ("pin_rotates", 0),
        ("meter", 0), ("meter", True), ("meter", "7"), ("meter", 7.0), ("meter", 2**63),
        ("pin", ""), ("pin", None), ("pin", "12345678"), ("pin", "1234567890"), ("pin", "12345678x"),
        ("pin", "12345678\n"), ("pin", 123456789), ("pin", "\u0661" * 9), ("pin", ["012345678"]),
    ],
)  # fmt: skip
def test_an_ill_typed_field_is_refused(field: str, value: object) -> None:
    fields = {**json.loads(TELLING.to_json()), field: value}
    with pytest.raises(ProtocolError, match="bad-ticket"):
        Ticket.from_json(json.dumps(fields).encode(), now=0)


@pytest.mark.promise("N1.2")
@pytest.mark.parametrize("left_out", ["meeting.ip", "meeting.device"])
def test_a_ticket_holds_nothing_that_may_not_be_reported(left_out: str) -> None:
    """A ticket to a meeting holds nothing that may not be recorded."""
    fields = json.loads(TELLING.to_json())
    fields["reports"].remove(left_out)
    with pytest.raises(ProtocolError, match="bad-ticket"):
        Ticket.from_json(json.dumps(fields).encode(), now=0)


def test_a_missing_field_is_refused() -> None:
    for name in json.loads(GOOD.to_json()):
        fields = json.loads(GOOD.to_json())
        del fields[name]
        with pytest.raises(ProtocolError, match="bad-ticket"):
            Ticket.from_json(json.dumps(fields).encode(), now=0)


@given(st.binary(max_size=200) | st.just(b"[" * 100_000))
def test_noise_is_no_ticket(noise: bytes) -> None:
    with pytest.raises(ProtocolError, match="bad-ticket"):
        Ticket.from_json(noise, now=0)
