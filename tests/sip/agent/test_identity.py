"""Who calls, as trunks say it, and how a withheld number stays withheld."""

from __future__ import annotations

import pytest

from onmeet.phone.numbers import international
from sip.core.identity import identify
from sip.core.message import Headers
from sip.interface import Identity

Lines = list[tuple[str, str]]


def told(lines: Lines, account: str = "") -> Identity:
    return identify(Headers(lines), lambda digits: international(digits, "DE"), account=account)


@pytest.mark.parametrize(
    ("lines", "number", "display"),
    [
        ([("From", "<sip:+493012345678@pbx>;tag=1")], "+493012345678", ""),
        ([("From", '"Anna B." <sip:030/12345678@pbx>;tag=1')], "", "Anna B."),
        ([("From", "Anna <sip:03012345678@pbx>;tag=1")], "+493012345678", "Anna"),
        ([("From", "<sip:+49-30-12345678@pbx;user=phone>;tag=1")], "+493012345678", ""),
        ([("From", "<tel:+49-30-12345678>;tag=1")], "+493012345678", ""),
        ([("From", "<sip:493012345678@pbx>;tag=1")], "+493012345678", ""),
        ([("From", "<sip:12@pbx>;tag=1")], "12", ""),
        ([("From", "<sip:anna@pbx>;tag=1")], "", ""),
        ([("From", '"+493012345678" <sip:+493012345678@pbx>;tag=1')], "+493012345678", ""),
        (
            [
                ("From", "Anna <sip:200@pbx>;tag=1"),
                ("P-Asserted-Identity", "<sip:+493012345678@net>, <tel:+4930999>"),
            ],
            "+493012345678",
            "Anna",
        ),
        (
            [
                ("From", "<sip:200@pbx>;tag=1"),
                ("Remote-Party-ID", "Eva <sip:+493012345678@net>;party=calling"),
            ],
            "+493012345678",
            "Eva",
        ),
        ([("From", "<sip:200@pbx>;tag=1"), ("P-Asserted-Identity", "<<broken")], "200", ""),
    ],
)
def test_number_and_name(lines: Lines, number: str, display: str) -> None:
    assert told(lines) == Identity(number=number, display=display)


def test_account_in_from_yields_to_diversion() -> None:
    lines = [("From", "<sip:1234567e0@sipgate.de>;tag=1"), ("Diversion", "<sip:+493012345678@sipgate.de>")]
    assert told(lines, account="1234567e0").number == "+493012345678"
    assert told([("From", "<sip:+49301@x>;tag=1"), ("Diversion", "<sip:+493012345678@x>")], "acc").number != (
        "+493012345678"
    )


def test_account_in_from_yields_to_history() -> None:
    lines = [("From", "<sip:acc@x>;tag=1"), ("History-Info", "<sip:+493012345678@x>;index=1")]
    assert told(lines, account="acc").number == "+493012345678"


@pytest.mark.parametrize(
    "lines",
    [
        [("From", '"Anonymous" <sip:anonymous@anonymous.invalid>;tag=1')],
        [("From", "<sip:c8oqz84zk7z@anonymous.invalid>;tag=1")],
        [("From", "<sip:anonymous@pbx.example>;tag=1"), ("P-Asserted-Identity", "<sip:+493012345678@net>")],
        [("From", "<sip:+493012345678@pbx>;tag=1"), ("Privacy", "id")],
        [("From", "<sip:+493012345678@pbx>;tag=1"), ("Privacy", "header; USER ;critical")],
        [
            ("From", "<sip:200@pbx>;tag=1"),
            ("Privacy", "id;critical"),
            ("P-Asserted-Identity", "Anna <sip:+493012345678@net>"),
        ],
        [("From", "<sip:200@pbx>;tag=1"), ("Remote-Party-ID", "<sip:+493012345678@net>;privacy=full")],
        [("From", "<sip:200@pbx>;tag=1"), ("P-Asserted-Identity", "<sip:anonymous@net>")],
        [],
    ],
)
def test_withheld_number_is_not_told_by_any_header(lines: Lines) -> None:
    assert told(lines) == Identity(withheld=True)


def test_privacy_none_withholds_nothing() -> None:
    lines = [("From", "<sip:+493012345678@pbx>;tag=1"), ("Privacy", "none")]
    assert told(lines).number == "+493012345678"


def test_name_is_bounded_and_printable() -> None:
    name = "x" * 500
    assert len(told([("From", f'"{name}" <sip:1@pbx>;tag=1')]).display) == 120
    assert told([("From", '"a\x01\u202eb" <sip:1@pbx>;tag=1')]).display == "ab"
