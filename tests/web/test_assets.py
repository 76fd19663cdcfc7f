"""Static files: one version at a time, cached for ever, each with its hash."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
from pathlib import Path

import pytest
from werkzeug.test import Client

from onmeet.web.assets import Assets
from onmeet.web.site import STATIC
from tests.factories.house import House


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    files = {
        "js/main.js": "import { a } from \"./a.js\";\nexport * from '../lib/b.js';\n" + "// words\n" * 200,
        "js/a.js": "import '../lib/b.js';\nexport const a = 'from \"./not-there.js\"';\n",
        "lib/b.js": "export const b = 1;\n",
        "css/base.css": "body { margin: 0 }\n",
        "notes.txt": "not served",
        "js/types.d.ts": "not served",
    }
    for name, content in files.items():
        file = tmp_path / "static" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    return tmp_path / "static"


@pytest.fixture
def client(folder: Path) -> Client:
    def behind(environ, start_response):  # type: ignore[no-untyped-def]
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"the app"]

    return Client(Assets(folder).in_front_of(behind))


def test_a_file_under_the_present_tree_is_cached_for_ever(folder: Path, client: Client) -> None:
    answer = client.get(Assets(folder).url("css/base.css"))
    assert answer.text == "body { margin: 0 }\n"
    assert answer.content_type == "text/css; charset=utf-8"
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self'")
    assert "Set-Cookie" not in answer.headers


def test_a_changed_file_changes_every_address(folder: Path) -> None:
    before = Assets(folder)
    (folder / "lib/b.js").write_text("export const b = 2;\n")
    after = Assets(folder)
    assert before.url("css/base.css") != after.url("css/base.css")


def test_a_page_from_before_an_update_is_served_without_caching(client: Client) -> None:
    answer = client.get("/static/0123456789ab/lib/b.js")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-cache"


def test_large_text_travels_compressed_when_the_browser_takes_it(folder: Path, client: Client) -> None:
    url = Assets(folder).url("js/main.js")
    packed = client.get(url, headers={"Accept-Encoding": "gzip, br"})
    plain = client.get(url)
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.headers["Vary"] == plain.headers["Vary"] == "Accept-Encoding"
    assert gzip.decompress(packed.data) == plain.data == (folder / "js/main.js").read_bytes()
    assert "Content-Encoding" not in client.get(url, headers={"Accept-Encoding": "gzip;q=0"}).headers


def test_an_unchanged_file_is_not_sent_again(client: Client) -> None:
    first = client.get("/static/old/lib/b.js")
    again = client.get("/static/old/lib/b.js", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    assert again.data == b""


@pytest.mark.parametrize(
    "path",
    [
        "/static/", "/static/x", "/static/x/", "/static/x/notes.txt", "/static/x/js/types.d.ts",
        "/static/x/../app.py", "/static/x/%2e%2e/app.py", "/static/x//lib/b.js", "/static/x/lib/b.js/",
    ],
)  # fmt: skip
def test_nothing_else_is_found_there(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert answer.headers["Cache-Control"] == "no-store"


def test_files_are_only_read(client: Client) -> None:
    assert client.post("/static/x/lib/b.js").status_code == 405
    assert client.head("/static/x/lib/b.js").status_code == 200


def test_everything_else_goes_to_the_app(client: Client) -> None:
    assert client.get("/staticx").text == "the app"


def test_imports_are_found_through_all_modules(folder: Path) -> None:
    assert Assets(folder).imports("js/main.js") == ["js/a.js", "lib/b.js"]


def test_an_entry_module_preloads_what_it_imports(folder: Path) -> None:
    assets = Assets(folder)
    tags = str(assets.module("js/main.js", 'no"nce'))
    assert tags.index("lib/b.js") < tags.index("<script")
    assert tags.count('nonce="no&#34;nce"') == 3
    assert tags.count(f'integrity="{assets["lib/b.js"].integrity}"') == 1


def test_the_import_map_vouches_for_every_module_of_the_project(house: House) -> None:
    visitor = house.visitor()
    page = visitor.open("/").text
    found = re.search(r'<script type="importmap"[^>]*>(.*?)</script>', page)
    assert found is not None
    integrity = json.loads(found[1])["integrity"]
    modules = list(STATIC.rglob("*.js"))
    assert len(integrity) == len(modules) > 3
    for url, value in integrity.items():
        digest = hashlib.sha384(visitor.open(url).data).digest()
        assert value == "sha384-" + base64.b64encode(digest).decode()


def test_the_import_map_stands_before_the_first_module(house: House) -> None:
    page = house.visitor().open("/").text
    assert page.index('type="importmap"') < page.index("modulepreload") < page.index('type="module"')


def test_every_static_address_in_a_page_leads_somewhere(house: House) -> None:
    visitor = house.member()
    for path in ("/", "/meetings", "/privacy", "/m/abc-defg-hjk"):
        urls = re.findall(r'(?:src|href)="(/static/[^"]+)"', visitor.open(path).text)
        assert urls
        for url in urls:
            assert visitor.open(url).status_code == 200, url
