"""Each template gets exactly what its dataclass promises."""

from __future__ import annotations

import sys
from dataclasses import fields

import pytest
from flask import Flask
from jinja2 import meta, nodes

from onmeet.web import app as _app  # noqa: F401 - knows every page
from onmeet.web.contexts import Page
from tests.factories.house import House

GIVEN_BY_THE_FRAME = {"site", "current_user", "csrf_token"}

PAGES = Page.__subclasses__()


def imported(tree: nodes.Template) -> set[str]:
    """Macros that a template takes from another one: Jinja counts them as free inside of blocks."""
    found: set[str] = set()
    for node in tree.find_all((nodes.FromImport, nodes.Import)):
        if isinstance(node, nodes.Import):
            found.add(node.target)
        else:
            found |= {name if isinstance(name, str) else name[1] for name in node.names}
    return found


def names_used(app: Flask, template: str, seen: set[str]) -> set[str]:
    """Free variables of a template and of everything that it extends or includes."""
    if template in seen:
        return set()
    seen.add(template)
    environment = app.jinja_env
    assert environment.loader is not None
    source, _, _ = environment.loader.get_source(environment, template)
    tree = environment.parse(source)
    found = meta.find_undeclared_variables(tree) - set(environment.globals) - imported(tree)
    for other in meta.find_referenced_templates(tree):
        assert other is not None, f"{template} includes something that cannot be known beforehand"
        found |= names_used(app, other, seen)
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.__name__)
def test_a_page_gives_its_template_what_it_uses_and_nothing_else(house: House, page: type[Page]) -> None:
    used = names_used(house.app, page.template, set()) - GIVEN_BY_THE_FRAME
    assert used == {field.name for field in fields(page)}


def test_every_page_context_is_public() -> None:
    assert [page for page in PAGES if page.__name__ not in sys.modules[page.__module__].__all__] == []
