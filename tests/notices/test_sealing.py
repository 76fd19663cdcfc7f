"""Kept text is sealed under its subject's key, and with the key everything of it is gone."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from onmeet.errors import NotPermitted
from onmeet.notices.keys import SubjectErased
from onmeet.notices.owned import Owned, keeping
from onmeet.notices.sealing import SealBroken, Sealer, is_sealed
from tests.factories.keys import key_store

ADA, GRACE = "a" * 32, "b" * 32

subjects = st.sampled_from([ADA, GRACE])
places = st.tuples(st.sampled_from(["accounts", "meetings"]), st.sampled_from(["name", "title"]))


@pytest.fixture(scope="module")
def sealer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sealer]:
    store = key_store(tmp_path_factory.mktemp("keys"))
    yield Sealer(store)
    store.close()


@given(subject=subjects, place=places, text=st.text())
def test_what_is_sealed_opens_again(sealer: Sealer, subject: str, place: tuple[str, str], text: str) -> None:
    stored = sealer.seal(subject, *place, text)
    opened = sealer.open(*place, stored)
    assert opened == text
    assert opened is not None
    assert opened.subject == subject
    assert is_sealed(stored, subject)


@given(text=st.text(min_size=4))
def test_nothing_of_the_text_is_to_be_seen(sealer: Sealer, text: str) -> None:
    stored = sealer.seal(ADA, "accounts", "name", text)
    head, subject, content = stored.split(".")
    assert (head, subject) == ("s1", ADA)
    raw = base64.urlsafe_b64decode(content + "=" * (-len(content) % 4))
    assert text.encode("utf-8", "surrogatepass") not in raw
    assert stored.isascii()
    assert sealer.seal(ADA, "accounts", "name", text) != stored


@given(text=st.text(), place=places, other=places)
def test_a_value_moved_to_another_column_does_not_open(
    sealer: Sealer, text: str, place: tuple[str, str], other: tuple[str, str]
) -> None:
    assume(place != other)
    stored = sealer.seal(ADA, *place, text)
    with pytest.raises(SealBroken):
        sealer.open(*other, stored)


@given(text=st.text())
def test_a_value_of_one_subject_does_not_open_as_anothers(sealer: Sealer, text: str) -> None:
    sealer.seal(GRACE, "accounts", "name", "x")
    stored = sealer.seal(ADA, "accounts", "name", text)
    with pytest.raises(SealBroken):
        sealer.open("accounts", "name", stored.replace(ADA, GRACE))


@settings(max_examples=60)
@given(text=st.text(), data=st.data())
def test_a_cut_or_changed_value_does_not_open(sealer: Sealer, text: str, data: st.DataObject) -> None:
    stored = sealer.seal(ADA, "accounts", "name", text)
    at = data.draw(st.integers(0, len(stored) - 1))
    with pytest.raises(SealBroken):
        sealer.open("accounts", "name", stored[:at])
    letter = data.draw(st.sampled_from("ABCxyz019-_.é\n"))
    changed = f"{stored[:at]}{letter}{stored[at + 1 :]}"
    assume(changed != stored)
    try:
        opened = sealer.open("accounts", "name", changed)
    except SealBroken:
        return
    # the name of another subject, who has no key; or bits beyond the last byte of base64
    assert opened is None or (opened == text and at == len(stored) - 1)


@pytest.mark.parametrize("stored", ["", "Ada", "s1", "s1..", f"s1.{ADA}.", f"s2.{ADA}.{40 * 'A'}", "s1. "])
def test_what_is_not_sealed_is_not_taken_for_text(sealer: Sealer, stored: str) -> None:
    with pytest.raises(SealBroken):
        sealer.open("accounts", "name", stored)


@pytest.mark.parametrize("subject", ["", "a.b", "ä", "x" * 65, "a\n"])
def test_a_subject_has_a_plain_name(sealer: Sealer, subject: str) -> None:
    with pytest.raises(ValueError, match="name of a data subject"):
        sealer.seal(subject, "accounts", "name", "Ada")


@pytest.mark.promise("N1.15")
def test_with_the_key_everything_sealed_is_gone_for_good(tmp_path: Path) -> None:
    """With a row's key everything sealed under it is gone for good."""
    sealer = Sealer(key_store(tmp_path / "keys"))
    hers = [sealer.seal(ADA, "accounts", "name", text) for text in ("Ada", "Lovelace")]
    other = sealer.seal(GRACE, "accounts", "name", "Grace")
    sealer.keys.destroy([ADA])
    for process in (sealer, Sealer(key_store(tmp_path / "keys"))):
        assert [process.open("accounts", "name", stored) for stored in hers] == [None, None]
        assert process.open("accounts", "name", other) == "Grace"
    with pytest.raises(SubjectErased):
        sealer.seal(ADA, "accounts", "name", "Ada, once more")


def test_while_a_key_is_renewed_both_open(tmp_path: Path) -> None:
    sealer = Sealer(key_store(tmp_path / "keys"))
    before = sealer.seal(ADA, "accounts", "name", "Ada")
    sealer.keys.renew([ADA])
    after = sealer.seal(ADA, "accounts", "name", "Ada")
    assert sealer.open("accounts", "name", before) == sealer.open("accounts", "name", after) == "Ada"
    sealer.keys.forget_older([ADA])
    assert sealer.open("accounts", "name", after) == "Ada"
    with pytest.raises(SealBroken):
        sealer.open("accounts", "name", before)


def test_text_without_an_owner_is_never_written(sealer: Sealer) -> None:
    bind = sealer.binding("accounts", "name")
    assert bind(None) is None
    with pytest.raises(NotPermitted, match=r"accounts\.name is sealed") as refused:
        bind("Unforgettable-7431")
    assert "Unforgettable-7431" not in str(refused.value)
    with pytest.raises(NotPermitted):
        bind(sealer.open("accounts", "name", bind(Owned("Ada", ADA))))  # read is not owned


def test_a_sealed_column_is_compared_with_nothing_but_null(sealer: Sealer) -> None:
    compare = sealer.comparing("accounts", "name")
    assert compare(None) is None
    with pytest.raises(NotPermitted, match="cannot be compared") as refused:
        compare(Owned("Unforgettable-7431", ADA))
    assert "Unforgettable-7431" not in str(refused.value)


def test_a_form_does_not_lose_the_owner() -> None:
    shaped = keeping(str.upper)(Owned("ada", ADA))
    assert (shaped, shaped.subject) == ("ADA", ADA)
    assert keeping(lambda _: None)(Owned("ada", ADA)) is None
    assert type(keeping(str.upper)("ada")) is str
