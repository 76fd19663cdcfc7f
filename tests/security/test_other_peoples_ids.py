"""Whatever address has a number, a code or a name in it: with somebody else's it answers as with nobody's.

Made from the map of all addresses, so that none is forgotten; `recipes.py` says what they name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import text
from werkzeug.routing import Rule

from onmeet.db import Base
from tests.factories.taking_back import taken_back
from tests.peers.stripe import StandIn
from tests.security.looks import rows, seen
from tests.security.recipes import PUBLIC, RECIPES, WORDS, Recipe, Values
from tests.security.town import Town

STRANGERS = ("grace", "mallory", "other_operator", "guest", "nobody")
SECRETS = ("Ada Adastra", "Adas Canary", "ada@school.example")

HOW_TO_ADD = """
These rules take an argument, and nobody has said whose object it names:
{rules}
Add a recipe to RECIPES in tests/security/recipes.py: what an object of Ada's (tests/security/town.py) is
called there, and what one is called that does not exist; or, with the reason, a line in WORDS or PUBLIC.
"""


@pytest.fixture(scope="module")
def town(lasting: Any, stripe: StandIn) -> Town:
    return Town(lasting(notice="web1on1"), stripe)


@pytest.fixture(scope="module")
def rules(town: Town) -> dict[str, set[str]]:
    """The methods of each rule that takes an argument."""
    found: dict[str, set[str]] = {}
    for rule in town.house.app.url_map.iter_rules():
        if takes_argument(rule):
            found.setdefault(rule.rule, set()).update((rule.methods or set()) - {"OPTIONS"})
    return found


def takes_argument(rule: Rule) -> bool:
    return bool(rule.arguments - set(rule.defaults or ()))


@pytest.fixture
def undone(town: Town, tmp_path: Path) -> Iterator[None]:
    """What a test changes in the database is taken back."""
    with taken_back(town.house.config, tmp_path):
        yield


def path_of(rule: str, values: Values) -> str:
    return re.sub(r"<(?:[^:<>]*:)?(\w+)>", lambda found: quote(values[found[1]], safe=""), rule)


def all_of(recipe: Recipe, town: Town) -> list[Values]:
    found = recipe.hers(town)
    return found if isinstance(found, list) else [found]


def cases() -> list[Any]:
    return [pytest.param(rule, recipe, id=rule) for rule, recipe in RECIPES.items()]


def test_every_address_with_an_argument_is_looked_after(rules: dict[str, set[str]]) -> None:
    """All of them; a new one needs a recipe."""
    known = [*RECIPES, *WORDS, *PUBLIC]
    missing = sorted(rules.keys() - set(known))
    assert not missing, HOW_TO_ADD.format(rules="\n".join(f"  {rule}" for rule in missing))
    assert sorted(set(known) - rules.keys()) == [], "recipes for rules that do not exist"
    assert len(known) == len(set(known)) == len(rules)


@pytest.mark.parametrize(("rule", "recipe"), cases())
def test_somebody_elses_is_as_good_as_nobodys(
    town: Town, rules: dict[str, set[str]], rule: str, recipe: Recipe
) -> None:
    """The same answer, and nothing has happened."""
    nobodys, before = path_of(rule, recipe.unknown), rows(town.house)
    for name in STRANGERS:
        if name in recipe.besides or name == recipe.who:
            continue
        for method in sorted(rules[rule]):
            wanted = seen(town.people[name].ask(method, nobodys, recipe.fields), nobodys)
            for hers in all_of(recipe, town):
                path = path_of(rule, hers)
                answer = town.people[name].ask(method, path, recipe.fields)
                assert answer.status_code < 500
                assert answer.status_code not in (200, 400, 405), "the request was not understood"
                assert seen(answer, path) == wanted, (name, method)
    assert rows(town.house) == before


@pytest.mark.usefixtures("undone")
@pytest.mark.parametrize(("rule", "recipe"), cases())
def test_whose_it_is_gets_another_answer(
    town: Town, rules: dict[str, set[str]], rule: str, recipe: Recipe
) -> None:
    """Otherwise the test above would compare two addresses that are wrong in the same way."""
    for method in sorted(rules[rule] - {"HEAD"}):
        hers = recipe.theirs(town) if recipe.theirs is not None else all_of(recipe, town)[0]
        owner, path, nobodys = town.people[recipe.who], path_of(rule, hers), path_of(rule, recipe.unknown)
        answers = [owner.ask(method, each, recipe.fields) for each in (path, nobodys)]
        assert answers[0].status_code != 400
        assert answers[0].status_code != answers[1].status_code, method


def about_ada(town: Town) -> dict[str, list[Any]]:
    """The rows that belong to Ada or to her group."""
    mine: dict[str, list[Any]] = {}
    group = town.house.services.groups.of(town.ada)
    assert group is not None
    ids = {"accounts": town.ada, "groups": group.group}
    with town.house.services.database.reading() as session:
        for table in Base.metadata.sorted_tables:
            wanted = [
                f'"{column.name}" = {ids[name]}'
                for column in table.columns
                for name in ids
                if (table.name == name and column.primary_key)
                or any(foreign.column.table.name == name for foreign in column.foreign_keys)
            ]
            if wanted:
                query = text(f'SELECT * FROM "{table.name}" WHERE {" OR ".join(wanted)}')
                mine[table.name] = sorted(map(repr, session.execute(query).all()))
    return mine


@pytest.mark.usefixtures("undone")
@pytest.mark.parametrize("rule", WORDS)
def test_what_somebody_does_for_themselves_leaves_ada_alone(
    town: Town, rules: dict[str, set[str]], rule: str
) -> None:
    arguments = {
        "name": "newsletter",
        "column": "name",
        "action": "withdraw",
        "state": "on",
        "whose": "group",
    }
    fields = {"plan": "group", "period": "year", "currency": "EUR", "seats": "5"}
    before = about_ada(town)
    assert sum(map(len, before.values())) > 15
    for name in ("mallory", "grace", "guest", "nobody"):
        answer = town.people[name].ask("POST", path_of(rule, arguments), fields)
        assert answer.status_code in (302, 303, 404, 409)
    assert about_ada(town) == before


@pytest.mark.parametrize("rule", PUBLIC)
def test_what_everybody_may_open_says_nothing_that_only_ada_knows(
    town: Town, rules: dict[str, set[str]], rule: str
) -> None:
    notice = town.house.services.policy.notice
    values = {
        "code": town.code, "handle": town.handle, "call": town.ring(), "receipt_id": "0" * 64,
        "name": notice.name, "version": notice.version,
    }  # fmt: skip
    before = rows(town.house)
    for name in STRANGERS:
        for method in sorted(rules[rule]):
            answer = town.people[name].ask(method, path_of(rule, values))
            assert answer.status_code != 500
            assert not any(secret in answer.text + str(answer.headers) for secret in SECRETS)
    assert rows(town.house) == before
