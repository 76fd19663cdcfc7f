"""The notice as a JSON-LD document, in the published terms of the Data Privacy Vocabulary.

tests/notices/dpv_terms.txt lists the published terms that we use, taken from the vocabulary's own tables
(github.com/w3c/dpv, folder 2.3: dpv/dpv.csv, pd/pd.csv, legal/eu/gdpr/eu-gdpr.csv, loc/loc.csv). A term
that is needed in addition is looked up there first, and added to the list when it exists.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from onmeet.notices import dpv, reading
from onmeet.notices.categories import CATEGORIES
from onmeet.notices.countries import COUNTRIES, EEA
from onmeet.notices.notice import Notice, filled
from tests.factories.random_notices import notices

LINES = (Path(__file__).parent / "dpv_terms.txt").read_text().splitlines()
PUBLISHED = {line for line in LINES if line and not line.startswith("#")}
VOCABULARY = ("dpv", "pd", "eu-gdpr", "loc")
BASE = "https://meet.example.org"


def document(name: str) -> dict[str, Any]:
    notice = filled(reading.load(name), operator="Example Ltd", address="Street 1", email="p@example.org")
    return dpv.to_jsonld(notice, BASE + "/")


def names(node: Any) -> Iterator[str]:
    """Every key, type and reference of a JSON-LD document, as written; the context left out."""
    if isinstance(node, list):
        for one in node:
            yield from names(one)
    if not isinstance(node, dict):
        return
    for key, value in node.items():
        if key in ("@id", "@type"):
            yield from value if isinstance(value, list) else [value]
        elif not key.startswith("@"):
            yield key
            yield from names(value)


def vocabulary_terms(node: dict[str, Any]) -> set[str]:
    return {name for name in names(node) if name.partition(":")[0] in VOCABULARY}


def test_the_list_says_which_version_it_was_taken_from() -> None:
    assert LINES[0] == f"# Data Privacy Vocabulary {dpv.VERSION}"


def test_every_purpose_legal_basis_and_kind_of_data_is_a_published_term() -> None:
    used = {f"dpv:{name}" for name in (*dpv.PURPOSES, *dpv.LEGAL_BASES)}
    used |= {f"eu-gdpr:{article}" for article in dpv.LEGAL_BASES.values()}
    used |= {f"pd:{category.personal_data}" for category in CATEGORIES.values()}
    used |= {f"loc:{country}" for country in COUNTRIES}
    assert used - PUBLISHED == set()


def test_the_countries_are_exactly_the_published_ones() -> None:
    assert {f"loc:{country}" for country in COUNTRIES} == {t for t in PUBLISHED if t.startswith("loc:")}
    assert EEA < COUNTRIES


@pytest.mark.parametrize("name", reading.shipped())
def test_a_shipped_notice_uses_published_terms_only(name: str) -> None:
    assert vocabulary_terms(document(name)) - PUBLISHED == set()


@settings(max_examples=50)
@given(notices())
def test_any_notice_uses_published_terms_only(notice: Notice) -> None:
    assert vocabulary_terms(dpv.to_jsonld(notice, BASE)) - PUBLISHED == set()


@settings(max_examples=50)
@given(notices())
def test_a_document_expands_with_its_own_context(notice: Notice) -> None:
    """Every name is a keyword, an address below this server, or a prefix of the document's own context."""
    whole = json.loads(json.dumps(dpv.to_jsonld(notice, BASE)))
    context = whole["@context"]
    assert all(
        address.startswith(("https://", "http://www.w3.org/", "http://purl.org/"))
        for address in context.values()
    )
    for name in names(whole):
        prefix, colon, rest = name.partition(":")
        assert colon, name
        assert rest, name
        assert prefix in context or name.startswith((BASE + "/", "https://w3id.org/dpv")), name


@settings(max_examples=50)
@given(notices())
def test_what_a_document_refers_to_is_described_in_it(notice: Notice) -> None:
    def described(node: Any) -> Iterator[str]:
        if isinstance(node, dict):
            if "@id" in node and len(node) > 1:
                yield node["@id"]
            for value in node.values():
                yield from described(value)
        for one in node if isinstance(node, list) else ():
            yield from described(one)

    whole = dpv.to_jsonld(notice, BASE)
    known = [*described(whole)]
    assert len(set(known)) == len(known), "one thing is described twice"
    assert {name for name in names(whole) if name.startswith(BASE)} == set(known)


def test_an_item_says_what_why_by_which_right_and_until_when() -> None:
    whole = document("easymeet24")
    (item,) = [one for one in whole["dpv:hasProcess"] if one["dct:identifier"] == "account.email"]
    assert item["dpv:hasPersonalData"] == {"@id": "pd:EmailAddress"}
    assert item["dpv:hasDataSubject"] == {"@id": "dpv:Subscriber"}
    assert item["dpv:hasPurpose"] == {"@id": "dpv:FulfilmentOfContractualObligation"}
    assert item["dpv:hasLegalBasis"] == [{"@id": "dpv:Contract"}, {"@id": "eu-gdpr:A6-1-b"}]
    (condition,) = item["dpv:hasStorageCondition"]
    assert condition["dpv:hasDuration"]["rdf:value"] == {"@value": "P1Y0M0D", "@type": "xsd:duration"}
    assert condition["dpv:hasDuration"]["dct:description"]["@value"] == (
        "1 year after contract_end, to the end of the year"
    )
    (recipient,) = item["dpv:hasRecipient"]
    assert recipient["@id"] in {one["@id"] for one in whole["dpv:hasRecipient"]}


def test_what_is_transient_is_used_and_not_stored() -> None:
    items = {one["dct:identifier"]: one for one in document("on-meet")["dpv:hasProcess"]}
    assert items["meeting.ip"]["dpv:hasProcessing"] == [{"@id": "dpv:Use"}]
    assert "dpv:hasStorageCondition" not in items["meeting.ip"]


def test_the_controller_is_the_operator() -> None:
    controller = document("on-meet")["dpv:hasDataController"]
    assert controller["dpv:hasName"] == "Example Ltd"
    assert controller["dpv:hasContact"] == ["p@example.org"]
