"""A leg's state as JSON: exact both ways, and strict."""

from __future__ import annotations

import copy
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sip.interface import Agreement, LegState, SrtpKeys

FULL = LegState(
    agreement=Agreement(
        remote=("192.0.2.7", 4000),
        remote_rtcp=("2001:db8::7", 4001),
        codec="G722",
        payload_type=9,
        event_type=101,
        noise_type=13,
        ptime=30,
        direction="recvonly",
        held=True,
        rtcp_mux=False,
        srtp=SrtpKeys(bytes(range(30)), bytes(range(30, 60))),
        sources=("192.0.2.8", "2001:db8::8"),
    ),
    ssrc=0xFFFFFFFF,
    sequence=65535,
    timestamp=0,
    sent_cycles=2,
    cname="x9",
    heard=(1, 2, 3),
    latched=("192.0.2.7", 4444),
    last_digit=(160, 11),
    reports_sent=12,
)
BARE = LegState(
    Agreement(("127.0.0.1", 4000), None, "PCMA", 8), ssrc=0, sequence=0, timestamp=0, sent_cycles=0, cname="c"
)


@pytest.mark.parametrize("state", [FULL, BARE])
def test_state_survives_the_way_to_another_process(state: LegState) -> None:
    assert LegState.from_json(json.loads(json.dumps(state.to_json()))) == state


def test_keys_never_show_in_a_representation() -> None:
    assert bytes(range(30)).hex() not in repr(FULL)
    assert repr(bytes(range(30))) not in repr(FULL)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("ssrc",), -1),
        (("ssrc",), True),
        (("ssrc",), 1.0),
        (("sequence",), 65536),
        (("cname",), ""),
        (("cname",), "é"),
        (("cname",), "x" * 256),
        (("heard",), [1, 2]),
        (("heard",), "abc"),
        (("latched",), ["example.org", 4000]),
        (("latched",), ["192.0.2.7", 70000]),
        (("last_digit",), [1, 256]),
        (("reports_sent",), 1 << 31),
        (("agreement",), None),
        (("agreement", "remote"), None),
        (("agreement", "codec"), "OPUS"),
        (("agreement", "codec"), ["PCMA"]),
        (("agreement", "payload_type"), 128),
        (("agreement", "held"), 1),
        (("agreement", "sources"), "192.0.2.8"),
        (("agreement", "sources"), ["192.0.2.8"] * 65),
        (("agreement", "srtp", "send"), "00" * 29),
        (("agreement", "srtp", "send"), "zz" * 30),
        (("agreement", "srtp", "send"), "00 " * 20),
        (("agreement", "srtp", "suite"), "AES_CM_128_HMAC_SHA1_32"),
    ],
)
def test_anything_out_of_range_is_refused(path: tuple[str, ...], value: object) -> None:
    body = copy.deepcopy(FULL.to_json())
    at = body
    for name in path[:-1]:
        at = at[name]
    at[path[-1]] = value
    with pytest.raises(ValueError):  # noqa: PT011  (every message is fixed text; which one does not matter)
        LegState.from_json(body)


@pytest.mark.parametrize("change", ["missing", "further"])
def test_members_must_be_exactly_the_known_ones(change: str) -> None:
    body = FULL.to_json()
    if change == "missing":
        del body["cname"]
    else:
        body["more"] = 1
    with pytest.raises(ValueError, match="members"):
        LegState.from_json(body)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


@given(field=st.sampled_from(sorted(FULL.to_json())), value=JSON)
def test_no_value_raises_anything_but_value_error(field: str, value: object) -> None:
    body = FULL.to_json() | {field: value}
    try:
        state = LegState.from_json(body)
    except ValueError:
        return
    assert state.to_json() == body
