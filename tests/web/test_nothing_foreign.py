"""Our pages are ours alone: nothing foreign in them, no frame around them, no question about a card."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from onmeet.db import Base
from onmeet.notices import reading
from onmeet.notices.categories import CATEGORIES
from tests.factories.house import House, make_config, usual_database
from tests.web.test_headers import address, policy, rules

ROOT = Path(__file__).parents[2]

LOADING = {"src", "srcset", "poster", "data", "action", "formaction", "manifest", "background"}
"""Attributes whose address a browser loads or sends to; `href` does so in `link` and `base` only."""

OWN_SOURCES = re.compile(r"'(none|self|strict-dynamic|script|nonce-[\w-]+)'|blob:|onmeet")

CARD = re.compile(r"\bcc-|card|cvc|cvv|iban|expir|account.?number", re.IGNORECASE)

RESERVED = (".example", "example.org", "www.w3.org")
"""Examples in texts, and the names of XML namespaces, which no browser loads."""


class Tags(HTMLParser):
    """The tags of a page with their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))

    def loaded(self) -> Iterator[str]:
        """What a browser fetches or sends to without anybody following a link."""
        for tag, attributes in self.found:
            for name, value in attributes.items():
                if name in LOADING or (name == "href" and tag in ("link", "base")):
                    yield value


Pages = dict[str, TestResponse]
"""By path, and by 'guest:' and path for somebody without an account."""


def pages(house: House) -> Pages:
    """Every page that has an address, for somebody with an account and for somebody without."""
    member, guest = house.member(), house.visitor()
    member.send("/meetings", title="Round")
    (kept,) = house.services.meetings.of(1)
    paths = [address(rule) for rule in rules(house.app, "GET")]
    paths += [f"/meetings/{kept.code}", f"/m/{kept.code}", "/nothing-here"]
    found = {f"{who}{path}": by.open(path) for who, by in (("", member), ("guest:", guest)) for path in paths}
    shown = {path: page for path, page in found.items() if page.mimetype == "text/html"}
    for path in ("/", "/m/abc-defg-hjk", "/privacy", "/account/data", "guest:/register"):
        assert shown[path].status_code == 200, path
    return shown


@pytest.fixture(scope="module", params=reading.shipped())
def shown(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, empty_database: Path
) -> Pages:
    """Every page under each notice, opened once for all tests."""
    config = make_config(tmp_path_factory.mktemp("pages"), notice=request.param)
    house = House(replace(config, database_url=usual_database(empty_database, config.data)))
    try:
        return pages(house)
    finally:
        house.close()


@pytest.mark.promise("N1.5", "N1.17", "N3.16", "N5.7")
def test_every_page_loads_from_this_server_alone(shown: Pages) -> None:
    """Pages load nothing from anybody else, and their policy keeps browsers from trying."""
    for path, page in shown.items():
        for name, sources in policy(page).items():
            assert all(OWN_SOURCES.fullmatch(each) for each in sources.split()), (path, name, sources)
        for target in Tags(page.text).loaded():
            assert not re.match(r"\s*([a-z][a-z0-9+.-]*:|//|\\)", target, re.IGNORECASE), (path, target)


@pytest.mark.promise("N1.17")
def test_no_script_or_style_of_ours_names_another_host() -> None:
    """No script and no style of the call software names another host."""
    sources = [path for path in (ROOT / "static").rglob("*") if path.suffix in (".js", ".css")]
    assert len(sources) > 50
    for path in sources:
        hosts = re.findall(
            r"(?:https?|wss?):/*([\w.-]+)|(?:url\(|import)\s*['\"]?//([\w.-]+)", path.read_text()
        )
        foreign = {name for pair in hosts for name in pair if name and not name.endswith(RESERVED)}
        assert not foreign, path


@pytest.mark.promise("N1.18")
def test_no_page_can_be_shown_within_another_site(shown: Pages) -> None:
    """Embedding is still to come: until then every page refuses to be shown in a frame of another site."""
    for path, page in shown.items():
        assert policy(page)["frame-ancestors"] == "'none'", path
        assert page.headers["X-Frame-Options"] == "DENY", path
        assert page.headers["Cross-Origin-Resource-Policy"] == "same-origin", path


@pytest.mark.promise("N1.6", "N2.10")
def test_no_page_asks_for_a_card(shown: Pages) -> None:
    """No form of ours asks for card data; paying, at the provider's own page, is still to come."""
    for path, page in shown.items():
        for tag, attributes in Tags(page.text).found:
            if tag in ("input", "select", "textarea"):
                words = " ".join(attributes.get(name, "") for name in ("name", "id", "autocomplete"))
                assert not CARD.search(words), (path, words)
        assert "payment=()" in page.headers["Permissions-Policy"], path


NO_CARDS = {
    "sign_ins.expires", "contact_codes.expires", "group_invitations.expires", "subscriptions.has_card",
}  # fmt: skip
"""What ends as cards do; and whether the payment provider has any means of payment, yes or no."""


@pytest.mark.promise("N1.6", "N2.10")
def test_there_is_no_place_for_card_data() -> None:
    """There is no column and no category for card data: of payment only state and invoice may be stored."""
    assert {name for name in CATEGORIES if name.startswith("billing.")} == {
        "billing.state",
        "billing.invoice",
    }
    columns = [
        f"{table.name}.{column.name}" for table in Base.metadata.sorted_tables for column in table.columns
    ]
    assert [name for name in columns if CARD.search(name) and name not in NO_CARDS] == []


@pytest.mark.promise("N1.4", "N5.4")
def test_no_page_takes_a_file_but_a_picture_of_oneself(shown: Pages) -> None:
    """No recording and no list of contacts is uploaded: the one file that a form takes is one's picture."""
    for path, page in shown.items():
        sent = [
            attributes["name"]
            for tag, attributes in Tags(page.text).found
            if attributes.get("type") == "file" and "name" in attributes  # others never leave the browser
        ]
        allowed = ["picture-picture"] if path == "/account/details" else []
        assert sent in ([], allowed), path
        assert ("multipart/form-data" in page.text) == bool(sent), path


@pytest.mark.promise("N4.6")
def test_no_page_asks_for_job_or_company(shown: Pages) -> None:
    """Demo requests are still to come: until then no form asks for job title or company."""
    for path, page in shown.items():
        for tag, attributes in Tags(page.text).found:
            if tag in ("input", "select", "textarea"):
                assert not re.search("job|company|organi[sz]ation", attributes.get("name", "")), path
