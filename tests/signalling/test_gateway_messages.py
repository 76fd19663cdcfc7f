"""What the telephone gateway says becomes a message or an error code, never an exception of another kind."""

from __future__ import annotations

import contextlib
import inspect
import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import onmeet.signalling
from onmeet.e2ee.encoding import to_base64url
from onmeet.errors import ProtocolError
from onmeet.meetings.reports import REPORTABLE
from onmeet.signalling import gateway_news
from onmeet.signalling.gateway_messages import (
    LONGEST,
    SHAPES,
    CallState,
    HangUp,
    WaitingCall,
    opening,
    parse,
)
from onmeet.signalling.news import RelayKey

CALL = to_base64url(bytes(range(16)))

GOOD: dict[str, dict[str, Any]] = {
    "call": {
        "call": CALL, "gw": to_base64url(bytes(32)), "expires": 1_700_001_000,
        "gateway": to_base64url(bytes(32)), "s": to_base64url(bytes(64)), "label": "…1234",
        "withheld": False, "dialled_out": False, "language": "de", "reports": [],
    },
    "state": {"call": CALL, "muted": True},
    "hang-up": {"call": CALL},
}  # fmt: skip

WRONG: list[tuple[str, dict[str, Any]]] = [
    *[(kind, {"call": value}) for kind in SHAPES for value in (None, 5, "", CALL[:-1], CALL + "=", [CALL])],
    *[("call", {"gw": value}) for value in (None, 5, "", to_base64url(bytes(31)), "é" * 44)],
    ("call", {"gateway": to_base64url(bytes(33))}), ("call", {"s": to_base64url(bytes(63))}),
    *[("call", {"expires": value}) for value in (None, -1, 1.5, True, "1700001000", 2**53)],
    ("call", {"label": None}), ("call", {"label": 7}), ("call", {"label": "x" * 65}),
    ("call", {"label": "x" * 1025}),
    ("call", {"withheld": 0}), ("call", {"dialled_out": "no"}),
    *[("call", {"language": value}) for value in (None, "", "d", "de_DE", "de\n", "x" * 9, 5)],
    ("call", {"reports": None}), ("call", {"reports": "call.ip"}), ("call", {"reports": ["account.name"]}),
    ("call", {"reports": ["call.ip", "call.ip"]}), ("call", {"reports": [["call.ip"]]}),
    ("call", {"reports": [*REPORTABLE, "x"]}),
    ("call", {"record": []}), ("call", {"record": {"caller_number": "1"}}),
    ("call", {"reports": ["call.ip"], "record": {"caller_number": "1"}}),
    ("call", {"reports": ["call.ip"], "record": {"ip": ""}}),
    ("call", {"reports": ["call.ip"], "record": {"ip": 5}}),
    ("call", {"reports": ["call.ip"], "record": {"ip": "x" * 256}}),
    ("call", {"reports": list(REPORTABLE), "record": {"name": "Ada"}}),
    ("state", {"muted": 1}), ("state", {"hand": "up"}),
]  # fmt: skip


def message(kind: str, **changes: Any) -> bytes:
    return json.dumps({"type": kind, **GOOD[kind], **changes}).encode()


def code_of(text: bytes) -> str:
    with pytest.raises(ProtocolError) as caught:
        parse(text)
    return caught.value.code


def test_every_message_of_the_protocol_has_its_dataclass_and_no_other_has() -> None:
    document = (Path(onmeet.signalling.__file__).parent / "PROTOCOL.md").read_text()
    link = document.split("### The gateway's link")[1].split("### Reports")[0]
    up, down = link.split("Relay → gateway:")
    assert set(re.findall(r"^\| `([\w-]+)` \|", up, re.M)) == set(SHAPES) == set(GOOD)
    news = {
        each.TYPE for each in vars(gateway_news).values()
        if inspect.isclass(each) and each.__module__ == gateway_news.__name__ and hasattr(each, "TYPE")
    }  # fmt: skip
    assert set(re.findall(r"^\| `([\w-]+)` \|", down, re.M)) == news | {RelayKey.TYPE}


def test_a_call_with_everything_is_read() -> None:
    record = {"caller_number": "+4930123", "ip": "203.0.113.7"}
    fields = {"reports": ["call.caller_number", "call.ip"], "record": record, "unknown": [1]}
    read = parse(message("call", label=" \u202e…1234\u0000 ", **fields))
    assert isinstance(read, WaitingCall)
    assert (read.call, read.label, read.record, read.reports) == (
        CALL, "…1234", record, ("call.caller_number", "call.ip")
    )  # fmt: skip


def test_a_label_may_be_empty_and_a_record_may_be_missing() -> None:
    read = parse(message("call", label=""))
    assert isinstance(read, WaitingCall)
    assert (read.label, read.record) == ("", None)


def test_states_and_hang_ups_are_read() -> None:
    assert parse(message("state")) == CallState(CALL, True, None)
    assert parse(message("state", muted=None, hand=False)) == CallState(CALL, None, False)
    assert parse(message("hang-up")) == HangUp(CALL)


@pytest.mark.parametrize(("kind", "changes"), WRONG)
def test_a_wrong_field_is_a_bad_message(kind: str, changes: dict[str, Any]) -> None:
    assert code_of(message(kind, **changes)) == "bad-message"


@pytest.mark.parametrize("kind", SHAPES)
def test_a_missing_field_is_a_bad_message(kind: str) -> None:
    for name in SHAPES[kind].needed:
        body = {"type": kind, **GOOD[kind]}
        del body[name]
        assert code_of(json.dumps(body).encode()) == "bad-message"


@pytest.mark.parametrize(
    ("text", "code"),
    [(b"", "bad-json"), (b"\xff", "bad-json"), (b"[]", "bad-json"), (b"{", "bad-json"), (b"null", "bad-json"),
     (b'{"type":"call","expires":NaN}', "bad-json"), (b"[" * 100_00, "bad-json"), (b"{}", "bad-message"),
     (b'{"type":5}', "bad-message"), (b'{"type":""}', "bad-message"), (b'{"type":"join"}', "unknown-type"),
     (b'{"type":"' + b"x" * LONGEST + b'"}', "too-large")],
)  # fmt: skip
def test_what_is_no_message_gets_a_code(text: bytes, code: str) -> None:
    assert code_of(text) == code


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_noise_never_breaks_anything(noise: bytes) -> None:
    with pytest.raises(ProtocolError):
        parse(noise)


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from(sorted(SHAPES)), st.data())
def test_any_value_in_any_field_is_read_or_refused(kind: str, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted({*SHAPES[kind].needed, *SHAPES[kind].optional})))
    text = json.dumps({"type": kind, **GOOD[kind], name: data.draw(_json)}).encode()
    with contextlib.suppress(ProtocolError):
        assert kind == parse(text).TYPE


# -- the first frame -------------------------------------------------------------------------------


def test_a_link_names_its_room() -> None:
    assert opening(b'{"room": "abc-defg-hjk", "expires": 10.5}', now=10.5) == "abc-defg-hjk"


@pytest.mark.parametrize(
    "text",
    [b"", b"[]", b"5", b"{}", b'{"room": "abc"}', b'{"room": "ABC", "expires": 20}', b"[" * 10_000,
     b'{"room": "", "expires": 20}', b'{"room": ["a"], "expires": 20}', b'{"room": "a", "expires": 9.9}',
     b'{"room": "a", "expires": NaN}', b'{"room": "a", "expires": true}', b'{"room": "a", "expires": "20"}',
     b'{"room": "a b", "expires": 20}'],
)  # fmt: skip
def test_a_link_without_a_room_or_past_its_time_is_refused(text: bytes) -> None:
    with pytest.raises(ProtocolError) as caught:
        opening(text, now=10)
    assert caught.value.code == "bad-frame"
