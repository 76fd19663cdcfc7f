"""The multi-map of header fields."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sip.core.headers import Headers, canonical
from sip.core.parsing import MessageError, params, quote, split_list, unquote, write_params


def test_names_ignore_case_and_compact_forms_are_full_names() -> None:
    headers = Headers([("v", "one"), ("VIA", "two"), ("i", "x"), ("L", "0")])
    assert headers.all("Via") == ["one", "two"]
    assert headers.get("call-id") == headers.get("I") == "x"
    assert "Content-Length" in headers
    assert "Subject" not in headers


def test_all_compact_forms_of_the_registry_are_known() -> None:
    # https://www.iana.org/assignments/sip-parameters, compact forms
    assert {letter: canonical(letter) for letter in "abcdefijklmnorstuvxy"} == {
        "a": "Accept-Contact",
        "b": "Referred-By",
        "c": "Content-Type",
        "d": "Request-Disposition",
        "e": "Content-Encoding",
        "f": "From",
        "i": "Call-ID",
        "j": "Reject-Contact",
        "k": "Supported",
        "l": "Content-Length",
        "m": "Contact",
        "n": "Identity-Info",
        "o": "Event",
        "r": "Refer-To",
        "s": "Subject",
        "t": "To",
        "u": "Allow-Events",
        "v": "Via",
        "x": "Session-Expires",
        "y": "Identity",
    }


def test_lists_are_cut_at_commas_outside_quotes_and_brackets() -> None:
    headers = Headers(
        [
            ("Record-Route", "<sip:a,b@x;lr>, <sip:y;lr>"),
            ("Record-Route", "<sip:z;lr>"),
            ("Contact", '"Bell, \\"Alex\\", A." <sip:a@x>;q=1,<sip:b@x>'),
            ("Subject", "one, two"),
            ("WWW-Authenticate", 'Digest realm="a", nonce="b"'),
        ]
    )
    assert headers.all("Record-Route") == ["<sip:a,b@x;lr>", "<sip:y;lr>", "<sip:z;lr>"]
    assert headers.all("Contact") == ['"Bell, \\"Alex\\", A." <sip:a@x>;q=1', "<sip:b@x>"]
    assert headers.all("Subject") == ["one, two"]
    assert headers.all("WWW-Authenticate") == ['Digest realm="a", nonce="b"']
    assert headers.get("Record-Route") == "<sip:a,b@x;lr>"


def test_an_empty_header_is_there_without_a_value() -> None:
    headers = Headers([("Supported", ""), ("Allow", " , ,"), ("Subject", "")])
    assert headers.all("Supported") == headers.all("Allow") == []
    assert headers.get("Supported") == headers.get("Subject") == ""
    assert headers.get("Require") is None


def test_order_is_kept_by_all_changes() -> None:
    headers = Headers([("Via", "b"), ("To", "x"), ("Via", "c"), ("From", "y")])
    headers.prepend("Via", "a")
    headers.add("Via", "d")
    assert headers.all("Via") == ["a", "b", "c", "d"]
    headers.set("to", "z")
    headers.set("CSeq", "1 BYE")
    assert [name for name, _ in headers] == ["Via", "Via", "to", "Via", "From", "Via", "CSeq"]
    headers.set("Via", "only")
    assert list(headers) == [("Via", "only"), ("to", "z"), ("From", "y"), ("CSeq", "1 BYE")]
    headers.remove("F")
    assert "From" not in headers


def test_the_first_value_is_taken_off_even_from_a_shared_line() -> None:
    headers = Headers([("Route", ","), ("Route", "<sip:a>, <sip:b>"), ("Route", "<sip:c>")])
    assert [headers.remove_first("Route") for _ in range(4)] == ["<sip:a>", "<sip:b>", "<sip:c>", None]
    assert len(headers) == 0


def test_a_copy_changes_alone() -> None:
    first = Headers([("To", "x")])
    second = first.copy()
    second.add("Via", "y")
    assert "Via" not in first
    assert first != second


def test_no_value_brings_a_header_of_its_own() -> None:
    headers = Headers()
    for value in ("x\r\nRoute: <sip:evil>", "x\ny", "x\ry"):
        with pytest.raises(ValueError, match="line break"):
            headers.add("Subject", value)
    with pytest.raises(ValueError, match="line break"):
        headers.set("Subject\r\nRoute", "x")


def test_contents_stay_out_of_its_repr() -> None:
    assert "+49" not in repr(Headers([("From", "<sip:+4930@x>")]))


@given(st.text())
def test_quoting_is_undone_by_unquoting(text: str) -> None:
    assert unquote(quote(text)) == text


@given(st.lists(st.text(st.characters(exclude_characters=',"<>')).map(str.strip).filter(bool)))
def test_splitting_undoes_joining(parts: list[str]) -> None:
    assert split_list(", ".join(parts)) == parts


token = st.from_regex(r"\A[a-z0-9.!%*_+`'~-]+\Z")


@given(st.dictionaries(token, st.none() | st.text()))
def test_parameters_are_read_as_written(values: dict[str, str | None]) -> None:
    assert params(write_params(values)) == values


@pytest.mark.parametrize(
    "text", [";;", "a;;b", '"x"', 'a="x', 'a="x"y', 'a=x"y"', "a b", "=x", ";=", "a=1;\0"]
)
def test_malformed_parameters_are_refused(text: str) -> None:
    with pytest.raises(MessageError):
        params(text)


def test_the_first_of_two_parameters_counts_and_a_last_semicolon_is_forgiven() -> None:
    assert params(";tag=a;TAG=b;lr;") == {"tag": "a", "lr": None}
