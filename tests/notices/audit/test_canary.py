"""Strings are found however they were written down, and only where they are."""

from __future__ import annotations

import base64
import html
import json
import random
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onmeet.errors import UserError
from onmeet.notices.audit import canary
from onmeet.notices.audit.canary import Canaries

NAME = "Zoë Quillfeather & Søn"

WAYS = {
    "UTF-8": NAME.encode(),
    "UTF-16": NAME.encode("utf-16"),
    "Latin-1": NAME.encode("latin-1"),
    "JSON": json.dumps({"name": NAME}).encode(),
    "an address": quote(NAME).encode(),
    "HTML": html.escape(NAME).encode(),
    "capitals": NAME.encode().upper(),
    "hex": NAME.encode().hex().encode(),
}


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_a_name_is_found_in_every_spelling(way: str) -> None:
    assert Canaries([NAME, "somebody else"]).in_bytes(b"\0\xff" + WAYS[way] + b"\xfe") == {NAME}


@given(st.binary(max_size=9), st.binary(max_size=9))
def test_base64_is_found_at_every_alignment(before: bytes, after: bytes) -> None:
    encoded = base64.b64encode(before + NAME.encode() + after)
    assert Canaries([NAME]).in_bytes(encoded) == {NAME}


def test_a_name_is_found_across_the_border_of_two_chunks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(canary, "CHUNK", 64)
    file = tmp_path / "file"
    for offset in range(0, 160, 7):
        file.write_bytes(b"." * offset + NAME.encode() + b"." * 99)
        assert Canaries([NAME]).in_file(file) == {NAME}


def test_a_string_inside_another_is_found_as_well() -> None:
    assert Canaries(["Quill", "Quillfeather"]).in_text("Quillfeather") == {"Quill", "Quillfeather"}
    assert Canaries(["Quill", "Quillfeather"]).in_text("Quill") == {"Quill"}


def test_noise_holds_none_of_them() -> None:
    noise = random.Random(7).randbytes(3_000_000)
    assert Canaries([NAME, "Quillfeather", "203.0.113.77"]).in_bytes(noise) == set()


def test_a_file_that_has_gone_holds_nothing(tmp_path: Path) -> None:
    assert Canaries([NAME]).in_file(tmp_path / "gone") == set()


def test_a_short_string_is_refused_because_it_is_found_anywhere() -> None:
    with pytest.raises(UserError, match="at least 4"):
        Canaries(["ab"])


def test_the_file_has_one_string_a_line(tmp_path: Path) -> None:
    file = tmp_path / "strings"
    file.write_text(f"{NAME}\n\n  203.0.113.77 \n{NAME}\n", "utf-8")
    assert Canaries.from_file(file).texts == (NAME, "203.0.113.77")


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="nowhere"):
        Canaries.from_file(tmp_path / "nowhere")
