"""Pages are sound HTML: one heading, labelled fields, a title of their own."""

from __future__ import annotations

from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

import pytest

from tests.factories.house import House

VOID = {"meta", "link", "input", "br", "hr", "img", "source"}
SVG_SHAPES = {"path", "circle", "ellipse", "rect", "line", "polyline", "polygon", "use"}


class Reader(HTMLParser):
    """Collects what matters and fails on tags that do not match."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.fields: list[dict[str, Any]] = []
        self.labels: list[str | None] = []
        self.headings: list[int] = []
        self.pointers: list[str] = []
        self.title = ""
        self.language: str | None = None
        self.feed(page)
        self.close()
        assert not self.open, f"left open: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = dict(attrs)
        assert len(names) == len(attrs), f"an attribute twice on <{tag}>"
        self._note(tag, names)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in SVG_SHAPES | VOID, f"<{tag}/> does not close in HTML"
        self._note(tag, dict(attrs))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "title":
            self.title += data

    def _note(self, tag: str, names: dict[str, str | None]) -> None:
        if "id" in names:
            self.ids.append(str(names["id"]))
        if tag == "html":
            self.language = names.get("lang")
        if tag in ("h1", "h2", "h3", "h4"):
            self.headings.append(int(tag[1]))
        if tag == "label":
            self.labels.append(names.get("for"))
        if tag in ("input", "select", "textarea") and names.get("type") != "hidden":
            inside = "label" in self.open
            self.fields.append({**names, "wrapped": inside})
        for name in ("aria-describedby", "aria-labelledby", "aria-controls"):
            self.pointers += (names.get(name) or "").split()


PATHS = [
    "/", "/privacy", "/sign-in", "/register", "/meetings", "/meetings/{code}", "/nothing",
    "/m/{code}", "/m/{code}/left", "/m/{code}/left?why=removed",
]  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("language", ["en", "de"])
def test_pages_are_sound(house: House, path: str, language: str) -> None:
    member = house.member()
    member.headers = {"Accept-Language": language}
    member.send("/meetings", title='<b>"Tuesday" & more</b>')
    (meeting,) = house.services.meetings.of(1)
    visitor = house.visitor(**member.headers) if path in ("/sign-in", "/register") else member
    page = Reader(visitor.open(path.format(code=meeting.code)).text)
    assert page.language == language
    assert "OnMeet" in page.title
    # pre-join, room and obstacles share one page; its script shows one of them at a time
    assert page.headings.count(1) == 1 or path == "/m/{code}"
    assert len(page.ids) == len(set(page.ids))
    assert set(page.pointers) <= set(page.ids)
    for field in page.fields:
        assert field["wrapped"] or field.get("aria-label") or field.get("id") in page.labels, field


def test_levels_of_headings_are_not_skipped(house: House) -> None:
    for path in ("/", "/privacy", "/sign-in", "/nothing"):
        levels = Reader(house.visitor().open(path).text).headings
        assert levels[0] == 1
        assert all(later <= earlier + 1 for earlier, later in pairwise(levels)), path


def test_titles_differ_from_page_to_page(house: House) -> None:
    visitor = house.member()
    titles = [Reader(visitor.open(p).text).title for p in ("/", "/privacy", "/meetings", "/nothing")]
    assert len(set(titles)) == len(titles)


def test_what_people_type_stays_text(house: House) -> None:
    member = house.member()
    member.send("/meetings", title="<script>alert(1)</script>")
    assert "<script>alert" not in member.open("/meetings").text


def test_the_privacy_page_names_the_operator(build_house: Any) -> None:
    named: House = build_house(operator="Verein Ada e. V.")
    assert "Verein Ada e. V." in named.visitor().open("/privacy").text
    unnamed: House = build_house()
    assert "this OnMeet server" not in unnamed.visitor().open("/privacy").text


def test_the_manifest_lets_a_telephone_keep_the_site(house: House) -> None:
    answer = house.visitor().open("/manifest.webmanifest")
    assert answer.content_type == "application/manifest+json"
    icon = answer.get_json()["icons"][0]["src"]
    assert house.visitor().open(icon).status_code == 200
    assert house.visitor().open("/favicon.ico").location == icon
