"""What a browser remembers of its meetings, in its own IndexedDB."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser.conftest import OpenWindow
from tests.browser.module_server import module_server
from tests.browser.window import Window

STORE = "const store = await import('/static/js/e2ee/host-store.js');"
CREATE = "const { createLink } = await import('/static/js/e2ee/link.js');"
DESCRIBE = """const describe = (found) => found && {
  code: found.code,
  fragment: found.fragment,
  host: Boolean(found.hostKey),
  exportable: found.hostKey?.privateKey.extractable ?? null,
};"""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with module_server() as url:
        yield url


@pytest.fixture(params=["window", "fox_window"], ids=["chromium", "firefox"])
def page(request: pytest.FixtureRequest, address: str) -> Window:
    opener: OpenWindow[Window] = request.getfixturevalue(request.param)
    window = opener()
    window.open(f"{address}blank.html")
    return window


def run(page: Window, script: str, *args: Any) -> Any:
    return page.evaluate(f"async (...args) => {{ {STORE} {CREATE} {DESCRIBE} {script} }}", *args)


def save_as_host(page: Window, code: str) -> str:
    """Make a link for this meeting and keep it; its fragment."""
    script = """const { fragment, hostKey } = await createLink();
    await store.saveMeeting({ code: args[0], fragment, hostKey });
    return fragment;"""
    return str(run(page, script, code))


def load(page: Window, code: str) -> Any:
    return run(page, "return describe(await store.loadMeeting(args[0]));", code)


def test_host_key_outlives_the_page_and_cannot_be_exported(page: Window) -> None:
    fragment = save_as_host(page, "abc-defg-hij")
    page.reload()
    assert load(page, "abc-defg-hij") == {
        "code": "abc-defg-hij",
        "fragment": fragment,
        "host": True,
        "exportable": False,
    }
    script = """const { hostKey } = await store.loadMeeting('abc-defg-hij');
    const data = new Uint8Array(8);
    const signature = await crypto.subtle.sign('Ed25519', hostKey.privateKey, data);
    return crypto.subtle.verify('Ed25519', hostKey.publicKey, signature, data);"""
    assert run(page, script) is True


def test_opening_ones_own_link_as_a_guest_keeps_the_host_key(page: Window) -> None:
    fragment = save_as_host(page, "abc-defg-hij")
    save = "await store.saveMeeting({ code: args[0], fragment: args[1] });"
    run(page, save, "abc-defg-hij", fragment)
    assert load(page, "abc-defg-hij")["host"] is True
    run(page, save, "abc-defg-hij", "1.another.link")
    assert load(page, "abc-defg-hij")["host"] is False


def test_meetings_are_forgotten_one_by_one(page: Window) -> None:
    for code in ("abc-defg-hij", "xyz-abcd-efg"):
        save_as_host(page, code)
    run(page, "await store.deleteMeeting(args[0]);", "abc-defg-hij")
    assert load(page, "abc-defg-hij") is None
    assert load(page, "xyz-abcd-efg")["host"] is True


def test_browser_that_keeps_nothing_has_no_meetings(page: Window) -> None:
    script = """const blocked = { open() { throw new Error('blocked'); } };
    Object.defineProperty(window, 'indexedDB', { value: blocked });
    const refused = await store.saveMeeting({ code: 'a', fragment: 'b' }).then(() => false, () => true);
    await store.deleteMeeting('a');
    return [refused, await store.loadMeeting('a')];"""
    assert run(page, script) == [True, None]
