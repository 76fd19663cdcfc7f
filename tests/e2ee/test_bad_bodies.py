"""Whatever comes instead of a body: nothing escapes, nothing grows, the meeting goes on."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onmeet.e2ee.bodies import read_body
from onmeet.e2ee.encoding import BodyError
from tests.e2ee.conftest import maker
from tests.e2ee.insider import Insider
from tests.e2ee.meeting import Json, Meeting, agree

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**60), 2**60),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=50),
    st.sampled_from(["__proto__", "constructor", "", "0", "1024", "A" * 43, "A" * 86]),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)
KINDS = ["hello", "next", "epoch", "heartbeat", "standing", "revoke", "kf", "kick", "grant"]


@pytest.fixture(scope="module", params=["python", "javascript"])
def lively(request: pytest.FixtureRequest) -> Meeting:
    """A meeting of a host and a guest, which has to survive everything in this module."""
    meeting = Meeting(maker(request.param, request))
    meeting.join(host=True), meeting.join()
    meeting.wait(12_000, step=1000)
    return meeting


def survives(meeting: Meeting, sender: int, body: Any) -> None:
    """Nothing is raised, no key changes, and whoever comes next still gets in."""
    members = list(meeting.members.values())
    before = [member.epoch for member in members]
    seen = len(meeting.seen)
    for member in members:
        member.act("feed", **{"from": sender, "body": copy.deepcopy(body)})
    meeting.settle()
    assert [member.epoch for member in members] == before
    assert len(meeting.seen) == seen
    assert not any(alarm["kind"] == "internal" for m in members for alarm in m.said("alarm"))


@settings(max_examples=150, suppress_health_check=list(HealthCheck))
@given(body=VALUES, sender=st.integers(0, 1030))
def test_any_json_is_survived(lively: Meeting, body: Any, sender: int) -> None:
    survives(lively, sender, body)


@settings(max_examples=150, suppress_health_check=list(HealthCheck))
@given(kind=st.sampled_from(KINDS), fields=st.dictionaries(st.text(max_size=6), VALUES, max_size=4))
def test_any_fields_of_a_known_kind_are_survived(lively: Meeting, kind: str, fields: Json) -> None:
    survives(lively, 1, {**fields, "kind": kind})


@settings(max_examples=200, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_genuine_bodies_with_one_change_are_survived(lively: Meeting, data: st.DataObject) -> None:
    sender, genuine = data.draw(st.sampled_from(lively.seen))
    body = copy.deepcopy(genuine)
    field = data.draw(st.sampled_from(sorted(body)))
    if data.draw(st.booleans()):
        del body[field]
    else:
        body[field] = data.draw(VALUES)
    if json.dumps(body) != json.dumps(genuine):
        survives(lively, sender, body)


def test_meeting_goes_on_after_all_this(lively: Meeting) -> None:
    late = lively.join()
    lively.wait(1000)
    assert agree(*lively.members.values())
    assert hasattr(late, "epoch")


def test_flood_of_rubbish_raises_one_alarm(meeting: Meeting) -> None:
    one = meeting.join()
    for number in range(300):
        one.act("feed", **{"from": 7, "body": {"kind": "hello", "id": number}})
    assert one.alarms == [("malformed", 7)]


def test_oversized_tables_are_refused() -> None:
    key = "A" * 43
    big = {str(index): key for index in range(1025)}
    body = {"kind": "epoch", "n": 1, "prev": key, "by": 0, "t": 0, "roster": big, "seal": {}}
    with pytest.raises(BodyError):
        read_body({**body, "confirm": key, "s": "A" * 86})


def test_unknown_fields_are_refused(meeting: Meeting) -> None:
    one = meeting.join()
    insider = Insider(meeting)
    insider.say({**insider.hello(), "extra": 1})
    assert one.alarms == [("malformed", insider.index)]


def test_numbers_in_other_spellings_mean_the_same(meeting: Meeting) -> None:
    one = meeting.join()
    insider = Insider(meeting)
    body = insider.hello()
    insider.say({**body, "id": float(body["id"])})
    meeting.wait(1000)
    assert one.epoch["members"] == [one.index, insider.index]
