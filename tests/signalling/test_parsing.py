"""The browser's JSON becomes a message or an error code, never an exception of another kind."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import onmeet.signalling
from onmeet.errors import ProtocolError
from onmeet.signalling import messages as m
from onmeet.signalling.parsing import BIG, SHAPES, SMALL, parse, read

GOOD: dict[str, dict[str, Any]] = {
    "join": {"version": 1, "name": "Ada", "muted": ["camera"]},
    "resume": {"token": "t", "ack": 3},
    "offer": {"pc": "up", "gen": 1, "sdp": "v=0", "sources": {"0": "microphone"}},
    "answer": {"pc": "down", "gen": 1, "sdp": "v=0"},
    "restart": {"pc": "down"},
    "view": {"sizes": {"3:camera": [640, 360], "0:screen": [0, 0]}},
    "state": {"muted": ["microphone"], "hand": True},
    "name": {"name": "Ada"},
    "keyframe": {"track": "3:camera"},
    "key": {"body": {"kind": "epoch"}},
    "data": {"payload": "c2VhbGVk", "to": 4},
    "kick": {"index": 3},
    "mute": {"index": 3, "source": "microphone"},
    "admit": {"call": "AAECAwQFBgcICQoLDA0ODw", "name": "Grandma"},
    "reject": {"call": "AAECAwQFBgcICQoLDA0ODw"},
    "hold": {"index": 3},
    "rename": {"index": 3, "name": "Grandma"},
    "lobby": {"on": True},
    "let-in": {"guests": [1, 7]},
    "turn-away": {"guest": 1},
    "lock": {"locked": True},
    "end": {},
    "ping": {"ack": 0},
    "pong": {"ack": 0},
    "leave": {},
}

WRONG: list[tuple[str, dict[str, Any]]] = [
    ("join", {"version": 2}), ("join", {"version": "1"}), ("join", {"version": True}),
    ("join", {"version": None}),
    ("join", {"name": ""}), ("join", {"name": "  "}), ("join", {"name": "x" * 65}), ("join", {"name": 5}),
    ("join", {"name": "\u202e\u0000"}),
    ("join", {"muted": "camera"}), ("join", {"muted": ["nose"]}), ("join", {"muted": [["camera"]]}),
    ("join", {"muted": ["camera"] * 5}),
    ("resume", {"token": ""}), ("resume", {"token": "x" * 129}), ("resume", {"ack": -1}),
    ("resume", {"ack": 1.0}), ("resume", {"ack": True}), ("resume", {"ack": 2**53}),
    ("offer", {"pc": "down"}), ("offer", {"gen": "1"}), ("offer", {"gen": 2**31}), ("offer", {"sdp": ""}),
    ("offer", {"sources": []}), ("offer", {"sources": {"0": "nose"}}),
    ("offer", {"sources": {"": "camera"}}), ("offer", {"sources": {"a b": "camera"}}),
    ("offer", {"sources": {str(i): "camera" for i in range(65)}}),
    ("answer", {"pc": "up"}), ("answer", {"sdp": 5}),
    ("restart", {"pc": "up"}),
    ("view", {"sizes": []}), ("view", {"sizes": {"camera": [1, 1]}}),
    ("view", {"sizes": {"01:camera": [1, 1]}}),
    ("view", {"sizes": {"1:camera": [1]}}), ("view", {"sizes": {"1:camera": [1.5, 2]}}),
    ("view", {"sizes": {"1:camera": [-1, 2]}}), ("view", {"sizes": {"1:camera": [1, 16385]}}),
    ("view", {"sizes": {"1:camera": "12"}}), ("view", {"sizes": {"1:camera\n": [1, 1]}}),
    ("state", {"hand": 1}), ("state", {"muted": {}}),
    ("name", {"name": ["Ada"]}),
    ("keyframe", {"track": "3:nose"}), ("keyframe", {"track": 3}),
    ("key", {"body": []}), ("key", {"body": "x"}),
    ("data", {"payload": "sp ace"}), ("data", {"payload": None}), ("data", {"to": -1}),
    ("data", {"to": 1024}),
    ("kick", {"index": "3"}), ("kick", {"index": True}), ("kick", {"index": 1024}),
    ("admit", {"call": ""}), ("admit", {"call": 5}), ("admit", {"call": None}),
    ("admit", {"call": "AAECAwQFBgcICQoLDA0ODw=="}), ("admit", {"call": "AAECAwQFBgcICQoLDA0ODx"}),
    ("admit", {"call": "AAECAwQFBgcICQoLDA0ODw\n"}), ("admit", {"call": "\u0661" * 22}),
    ("admit", {"call": "AAEC AwQFBgcICQoLDA0OD"}), ("admit", {"call": "++++++++++++++++++++AA"}),
    ("admit", {"name": ""}), ("admit", {"name": "x" * 65}), ("admit", {"name": 7}),
    ("reject", {"call": ["AAECAwQFBgcICQoLDA0ODw"]}),
    ("hold", {"index": "3"}), ("hold", {"index": -1}),
    ("rename", {"index": 1024}), ("rename", {"name": "\u202e"}), ("rename", {"name": None}),
    ("mute", {"source": "nose"}), ("lock", {"locked": "yes"}),
    ("lobby", {"on": 1}), ("lobby", {"on": None}), ("let-in", {"guests": []}), ("let-in", {"guests": [0]}),
    ("let-in", {"guests": 1}), ("let-in", {"guests": [True]}), ("let-in", {"guests": list(range(1, 102))}),
    ("turn-away", {"guest": 0}), ("turn-away", {"guest": "1"}),
    ("ping", {"ack": None}), ("pong", {"ack": "0"}),
]  # fmt: skip


def message(kind: str, **changes: Any) -> bytes:
    return json.dumps({"type": kind, "seq": 1, **GOOD[kind], **changes}).encode()


def code_of(text: bytes) -> str:
    with pytest.raises(ProtocolError) as caught:
        parse(read(text))
    return caught.value.code


def test_each_type_of_the_protocol_has_a_shape_and_a_sample() -> None:
    document = (Path(onmeet.signalling.__file__).parent / "PROTOCOL.md").read_text()
    table = document.split("## Browser → relay")[1].split("## Relay → browser")[0]
    documented = set(re.findall(r"^\| `([\w-]+)` \|", table, re.M))
    assert documented == set(SHAPES) == set(GOOD)


@pytest.mark.parametrize("kind", SHAPES)
def test_a_good_message_becomes_its_dataclass(kind: str) -> None:
    parsed = parse(read(message(kind)))
    assert kind == parsed.TYPE


def test_fields_arrive_as_their_types_say() -> None:
    assert parse(read(message("view"))) == m.View({"3:camera": (640, 360), "0:screen": (0, 0)})
    assert parse(read(message("join"))) == m.Join("Ada", ("camera",))
    assert parse(read(message("state", muted=None))) == m.State(None, True)


def test_unknown_fields_are_ignored() -> None:
    assert parse(read(message("lock", colour="red", nested={"a": [1]}))) == m.Lock(True)


@pytest.mark.parametrize(("kind", "changes"), WRONG)
def test_an_ill_typed_field_is_a_bad_message(kind: str, changes: dict[str, Any]) -> None:
    assert code_of(message(kind, **changes)) == "bad-message"


@pytest.mark.parametrize("kind", SHAPES)
def test_a_missing_field_is_a_bad_message(kind: str) -> None:
    needed = {*SHAPES[kind].needed, *SHAPES[kind].fixed} - {"seq"}
    for name in needed:
        fields = {key: value for key, value in GOOD[kind].items() if key != name}
        text = json.dumps({"type": kind, "seq": 1, **fields}).encode()
        assert code_of(text) == "bad-message"


@pytest.mark.parametrize(
    "text",
    [
        b"", b"{", b"null", b"[1]", b'"join"', b"7", b"\xff\xfe", b'{"type":"end","seq":1}x',
        b'{"type":"end","seq":NaN}', b'{"type":"end","seq":1,"x":Infinity}',
        b'{"type":"end","seq":1,"x":1e999}', b'{"type":"end","seq":1,"x":' + b"9" * 310 + b"}",
        b'{"type":"end","seq":1,"x":"\\ud800"}', b'{"type":"end","seq":1,"\\uDFFF":1}',
        b"[" * 60_000, b'{"type":"end","seq":1,"x":' + b"[" * 33 + b"]" * 33 + b"}",
        '{"type":"end","seq":1}'.encode("utf-16"),
    ],
    ids=lambda text: text[:24].hex(),
)  # fmt: skip
def test_what_is_no_strict_json_object_is_bad_json(text: bytes) -> None:
    assert code_of(text) == "bad-json"


@pytest.mark.parametrize("seq", ["1", 0, -1, 1.0, True, None, [1], 2**53])
def test_a_number_that_is_none_is_told_apart(seq: object) -> None:
    assert code_of(json.dumps({"type": "end", "seq": seq}).encode()) == "bad-seq"


@pytest.mark.parametrize("kind", [None, 7, "", ["end"]])
def test_a_type_that_is_no_word_is_a_bad_message(kind: object) -> None:
    assert code_of(json.dumps({"type": kind, "seq": 1}).encode()) == "bad-message"


def test_an_unknown_type_is_named_so() -> None:
    assert code_of(b'{"type":"__class__","seq":1}') == "unknown-type"


@pytest.mark.parametrize("kind", SHAPES)
def test_each_type_has_its_size_limit(kind: str) -> None:
    limit = BIG if kind in ("offer", "answer") else SMALL
    empty = len(message(kind, extra=""))
    assert kind == parse(read(message(kind, extra="x" * (limit - empty)))).TYPE
    assert code_of(message(kind, extra="x" * (limit - empty + 1))) == "too-large"


def test_size_is_counted_in_bytes_not_characters() -> None:
    text = json.dumps({"type": "end", "seq": 1, "x": "ä" * (SMALL // 2)}, ensure_ascii=False)
    assert len(text) < SMALL
    assert code_of(text.encode()) == "too-large"


@pytest.mark.parametrize("kind", ["hello", "next"])
def test_a_key_message_that_the_log_would_keep_for_each_is_held_short(kind: str) -> None:
    assert code_of(message("key", body={"kind": kind, "x": "x" * 8192})) == "too-large"
    assert parse(read(message("key", body={"kind": "epoch", "x": "x" * 60_000}))).TYPE == "key"


def test_a_name_is_trimmed_and_freed_of_what_turns_text_round() -> None:
    parsed = parse(read(message("name", name="  Ada \n\t \u202eLove\u0000lace  ")))
    assert parsed == m.Name("Ada Lovelace")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(st.sampled_from(sorted(SHAPES)), st.data())
def test_any_field_of_any_message_may_be_anything(kind: str, data: st.DataObject) -> None:
    fields = dict(GOOD[kind])
    for name in data.draw(st.sets(st.sampled_from(["seq", "type", "to", *fields]))):
        fields[name] = data.draw(json_values)
    text = json.dumps({"type": kind, "seq": 1, **fields}).encode("utf-8", "surrogatepass")
    try:
        parse(read(text))
    except ProtocolError as error:
        known = {"bad-json", "bad-message", "bad-seq", "unknown-type", "too-large"}
        if error.code not in known:
            raise


@given(st.binary(max_size=400))
def test_noise_is_refused(noise: bytes) -> None:
    assert code_of(noise) in ("bad-json", "bad-seq", "bad-message", "unknown-type")


@given(st.sampled_from(sorted(SHAPES)), st.data())
def test_a_damaged_message_never_raises_anything_else(kind: str, data: st.DataObject) -> None:
    text = bytearray(message(kind))
    for _ in range(data.draw(st.integers(1, 4))):
        text[data.draw(st.integers(0, len(text) - 1))] = data.draw(st.integers(0, 255))
    try:
        parse(read(bytes(text)))
    except ProtocolError:
        return
