"""A person takes everything along that is held about them, and nothing of anybody else."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, update

from onmeet.accounts.models import Account
from onmeet.db import Base, Database
from onmeet.notices import access
from onmeet.notices.access import hidden
from onmeet.notices.columns import category_of
from onmeet.notices.export import FORMAT, cell, export, stream
from onmeet.notices.export_words import export_words
from onmeet.notices.notice import Contact
from tests.factories.french import slips_in
from tests.factories.held import database, everything_permitted, fill
from tests.factories.house import empty_database, new_database

__all__ = ["database", "empty_database", "new_database"]

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


@pytest.mark.promise("N1.12", "N3.15")
def test_an_export_has_every_kept_value_of_a_person_and_nothing_of_anybody_else(database: Database) -> None:
    """An export has everything that is stored about a person, and nothing about anybody else."""
    with database.writing() as session:
        ada, written = fill(session, "ada")
        fill(session, "ben")
    files = unzip(export(database, ada, everything_permitted(), NOW))
    data = json.loads(files["data.json"])
    for (table, column), value in written.items():
        category = category_of(Base.metadata.tables[table].c[column])
        exported = data["tables"][table][0]["values"][column]
        row = next(csv.DictReader(io.StringIO(files[f"{table}.csv"].removeprefix("\ufeff"))))
        assert exported["category"] == category
        if hidden(Base.metadata.tables[table].c[column]):
            assert exported["hidden"] is True
            assert "value" not in exported
            assert "kept as a hash" in row[column]
        else:
            assert str(exported["value"]) == row[column] == as_text(value)
    whole = "".join(files.values())
    assert "ben" not in whole
    assert str(written["accounts", "password"]) not in whole


def test_the_same_data_gives_the_same_bytes(database: Database) -> None:
    with database.writing() as session:
        ada, _ = fill(session, "ada")
    first, second = (export(database, ada, everything_permitted(), NOW) for _ in range(2))
    assert first == second


@pytest.mark.parametrize("text", ["=1+1", "+49 30 1234", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_cell_begins_as_a_formula(text: str) -> None:
    assert cell(text) == f"'{text}"


def test_a_name_that_is_a_formula_is_harmless_in_the_table_and_true_in_the_json(database: Database) -> None:
    with database.writing() as session:
        ada, _ = fill(session, "ada")
        session.get_one(Account, ada).name = '=HYPERLINK("x"),"y"'
    files = unzip(export(database, ada, everything_permitted(), NOW))
    row = next(csv.DictReader(io.StringIO(files["accounts.csv"].removeprefix("\ufeff"))))
    assert row["name"] == '\'=HYPERLINK("x"),"y"'
    name = json.loads(files["data.json"])["tables"]["accounts"][0]["values"]["name"]["value"]
    assert name == '=HYPERLINK("x"),"y"'


def test_the_french_readme_is_set_as_french() -> None:
    assert slips_in(export_words("fr")) == []


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "What for:"), ("de", "Rechtsgrundlage:"), ("fr", "Base légale"), ("xx", "Legal basis:")],
)
def test_the_readme_explains_files_purposes_and_terms_in_the_persons_language(
    database: Database, language: str, said: str
) -> None:
    policy = everything_permitted(authority=Contact(name="Example Authority", web="https://dpa.example.org"))
    with database.writing() as session:
        ada, _ = fill(session, "ada")
        session.execute(
            insert(Base.metadata.tables["sign_ins"]).values(token_hash="h" * 64, account_id=ada, expires=1)
        )
    files = unzip(export(database, ada, policy, NOW, language=language))
    readme = files["README.txt"]
    assert said in readme
    for name in files:
        assert name in readme or name == "README.txt"
    assert "everything" in readme
    assert "https://dpa.example.org" in readme
    assert "sign_ins: 2" in readme.replace("\N{NO-BREAK SPACE}:", ":")
    assert "ends the sign-in" in readme


def test_what_is_no_longer_permitted_is_in_the_export_and_said_to_go(database: Database) -> None:
    policy = everything_permitted(
        items=tuple(i for i in everything_permitted().notice.items if i.category != "account.phone")
    )
    with database.writing() as session:
        ada, written = fill(session, "ada")
    files = unzip(export(database, ada, policy, NOW))
    assert written["accounts", "phone"] in files["accounts.csv"]
    assert "no longer permits" in files["README.txt"]


def test_a_long_export_comes_in_pieces_and_leaves_no_reader_open(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access, "BATCH", 50)
    meetings = Base.metadata.tables["meetings"]
    with database.writing() as session:
        ada, _ = fill(session, "ada")
        rows = [
            {"subject": "a" * 32, "code_mark": f"{n:064}", "owner_id": ada, "title": f"{n * 7919:x}" * 9}
            for n in range(3000)
        ]
        session.execute(insert(meetings), rows)
    pieces = stream(database, ada, everything_permitted(), NOW)
    next(pieces)
    with database.writing() as session:
        session.execute(update(meetings).where(meetings.c.code_mark == f"{2999:064}").values(sequence=1))
    assert database.erase_traces()  # a slow download is no open reader
    assert sum(1 for _ in pieces) > 3


def test_the_json_is_as_its_schema_says(database: Database) -> None:
    with database.writing() as session:
        ada, _ = fill(session, "ada")
    data = json.loads(unzip(export(database, ada, everything_permitted(), NOW))["data.json"])
    schema = json.loads(schema_in_the_manual())
    assert schema["properties"]["format"]["const"] == FORMAT
    conforms(data, schema, schema)
    with pytest.raises(AssertionError):
        conforms({**data, "more": 1}, schema, schema)


def test_the_notice_and_its_version_are_named(database: Database) -> None:
    with database.writing() as session:
        ada, _ = fill(session, "ada")
    policy = replace(everything_permitted(version="7"))
    data = json.loads(unzip(export(database, ada, policy, NOW))["data.json"])
    assert data["notice"] == {"name": "everything", "version": "7"}


def unzip(data: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name).decode() for name in archive.namelist()}


def as_text(value: Any) -> str:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%dT%H:%M:%SZ}"
    return value.isoformat() if isinstance(value, date) else str(value)


def schema_in_the_manual() -> str:
    manual = (Path(__file__).parent.parent.parent / "docs" / "export.md").read_text(encoding="utf-8")
    return manual.split("```json", 1)[1].split("```", 1)[0]


KINDS: dict[str, Any] = {
    "object": dict, "array": list, "string": str, "integer": int, "boolean": bool, "null": type(None),
}  # fmt: skip


def conforms(value: Any, schema: dict[str, Any], whole: dict[str, Any]) -> None:
    """As much of JSON Schema as ours uses."""
    known = {
        "type", "properties", "required", "additionalProperties", "items", "const", "$ref", "$defs",
        "$schema",
        "title", "description",
    }  # fmt: skip
    assert set(schema) <= known
    if "$ref" in schema:
        schema = whole["$defs"][schema["$ref"].rpartition("/")[2]]
    if "const" in schema:
        assert value == schema["const"]
    kinds = schema.get("type", [])
    if kinds:
        assert isinstance(value, tuple(KINDS[k] for k in ([kinds] if isinstance(kinds, str) else kinds)))
    if isinstance(value, dict):
        assert set(schema.get("required", [])) <= set(value)
        for name, each in value.items():
            rule = schema.get("properties", {}).get(name, schema.get("additionalProperties", {}))
            assert rule is not False, name
            conforms(each, rule, whole)
    if isinstance(value, list):
        for each in value:
            conforms(each, schema.get("items", {}), whole)
