"""What somebody could tell two answers apart by, and whether anything has changed."""

from __future__ import annotations

import json
import re
from urllib.parse import quote

from werkzeug.test import TestResponse

from onmeet.db import Base
from tests.factories.house import House

__all__ = ["rows", "seen"]


def seen(answer: TestResponse, own: str) -> tuple[str, int]:
    """All of an answer but what was `own` to its request, and what is new in each answer: tokens and nonces.

    own: an address or a path; the pages above a path are its own, too. With how many cookies came with it.
    """
    new = ("Content-Length", "Set-Cookie")
    headers = {name: value for name, value in answer.headers.items() if name not in new}
    said = json.dumps([answer.status_code, headers, answer.get_data(as_text=True)], indent=0)
    said = re.sub(r"nonce-[\w-]+|nonce=\\\"[\w-]+", "nonce", said)
    field = r"(name=\\\"csrf[-_]token\\\" (?:\w+=\\\"\w*\\\" )*(?:content|value)=\\\")[^\\]+"
    said = re.sub(field, r"\1", said)
    above = [own.rsplit("/", up)[0] for up in range(own.count("/"))] if own.startswith("/") else [own]
    for up, name in enumerate(above):
        for written in (name, quote(name, safe=""), quote(name)):
            said = said.replace(written, f"{{own {up}}}")
    return said, len(answer.headers.getlist("Set-Cookie"))


def rows(house: House) -> dict[str, list[str]]:
    """Every row of every table, as it is stored."""
    with house.services.database.reading() as session:
        connection = session.connection()
        return {
            table.name: sorted(map(repr, connection.exec_driver_sql(f'SELECT * FROM "{table.name}"').all()))
            for table in Base.metadata.sorted_tables
        }
