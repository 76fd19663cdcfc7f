"""Direct calls in real browsers: they ring, are taken, declined, blocked; and contacts that stay at home."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Route

from onmeet import clock
from onmeet.web.cookies import SESSION
from tests.browser import axe
from tests.browser.chromium import ChromiumWindow
from tests.browser.conftest import OpenWindow
from tests.browser.instance import Instance
from tests.browser.people import PreJoin, agree, start_meeting
from tests.browser.window import Window, by_testid
from tests.factories.house import House, Visitor, make_config
from tests.running import OnMeetServer

COUNT_TONES = """() => {
    const Real = OscillatorNode;
    window.tones = 0;
    window.OscillatorNode = class extends Real {
        constructor(...given) { super(...given); window.tones += 1; }
    };
}"""
PHONE = {"width": 390, "height": 844}
RING = by_testid("ring")
CANARY = "Jonasquagga"


@pytest.fixture(scope="module")
def house(onmeet_server: OnMeetServer) -> Iterator[House]:
    """The server's own database, to make accounts in without mails."""
    house = House(make_config(onmeet_server.data))
    house.clock.seconds = clock.now().timestamp()
    yield house
    house.close()


class Callee:
    """Somebody with a personal page that anyone may call with the code, in as many tabs as wanted."""

    def __init__(self, house: House, server: OnMeetServer, email: str, name: str) -> None:
        self.base_url = server.base_url
        self.visitor: Visitor = house.member(email, name)
        account = house.services.accounts.id_of(email)
        assert account is not None
        self.handle = house.services.handles.choose(account, name.lower())
        self.code = house.services.contact.add_code(account, "family", None, clock.now()).code
        self.link = f"{self.base_url}/u/{self.handle}/{self.code}"

    def signs_in(self, tab: ChromiumWindow) -> ChromiumWindow:
        """Make this person known to the browser of a tab."""
        cookie = self.visitor.client.get_cookie(SESSION)
        assert cookie is not None
        tab.page.context.add_cookies([{"name": SESSION, "value": cookie.value, "url": self.base_url}])
        return tab

    def opens(self, tab: ChromiumWindow, path: str = "/account/calls") -> ChromiumWindow:
        """Open a page as this person, and wait until calls would ring there."""
        self.signs_in(tab).open(self.base_url + path)
        tab.until("() => document.getElementById('ringing') !== null", what="a page that can ring")
        return tab


def call(window: Window, link: str, name: str) -> None:
    """Open somebody's page and call."""
    window.open(link)
    window.fill("#name", name)
    window.click(by_testid("call"))
    window.until_shown(by_testid("hang-up"))


@pytest.mark.promise("N1.1", "N1.9", "N1.10")
def test_a_call_rings_in_every_tab_and_leads_both_into_one_encrypted_meeting(
    window: OpenWindow[ChromiumWindow], onmeet_server: OnMeetServer, house: House
) -> None:
    """A guest with a code calls; it rings everywhere; both meet, and the server never saw the key."""
    ada = Callee(house, onmeet_server, "ada@example.org", "Ada")
    first = ada.opens(window())
    second = ChromiumWindow(first.page.context.new_page())
    ada.opens(second, "/contacts")
    ben = window()
    call(ben, ada.link, "Ben")
    for tab in (first, second):
        tab.until_text("Ben is calling", RING)
        assert "family" in tab.text(RING)
    assert second.sockets == [], "one tab holds the line for all"
    second.click(f"{RING} [data-ref=accept]")
    first.until_gone(RING)
    second.wait(lambda: "/m/" in second.url, "the meeting's page")
    ben.wait(lambda: "/m/" in ben.url, "the meeting's page")
    assert second.url == ben.url
    secret = urlsplit(ben.url).fragment.split(".")[1]
    wire = b"".join(f if isinstance(f, bytes) else f.encode() for w in (first, second, ben) for f in w.wire)
    assert b"sealed" in wire
    assert secret.encode() not in wire
    caller, callee = PreJoin(ben).join("Ben"), PreJoin(second).join("Ada")
    assert caller.is_host()
    agree(caller, callee)


@pytest.mark.promise("N1.9")
def test_beside_a_meeting_a_call_is_shown_and_taken_in_a_tab_of_its_own(
    window: OpenWindow[ChromiumWindow], onmeet_server: OnMeetServer, house: House
) -> None:
    """Whoever is in a meeting sees who calls, answers by keyboard too, and stays where they are."""
    mara = Callee(house, onmeet_server, "mara@example.org", "Mara")
    room = mara.signs_in(window(preload=COUNT_TONES))
    meeting = start_meeting(room, onmeet_server.base_url, "Mara")
    meeting.toggles("camera")
    tones = partial(room.evaluate, "() => window.tones")
    before = room.evaluate("() => document.title"), meeting.instance(), tones()
    beside = ChromiumWindow(room.page.context.new_page())
    mara.opens(beside, "/contacts")
    ben = window()

    call(ben, mara.link, "Ben")
    for tab in (room, beside):
        tab.until_text("Ben is calling", RING)
    assert "family" in room.text(RING)
    assert room.text("#ringing-said") == "Ben is calling"
    assert room.focused()["testid"] == "toggle-camera", "a call takes nobody's focus"
    assert room.evaluate("() => document.title") == f"☎ {before[0]}"
    assert tones() == before[2], "what the meeting would hear is not made"
    assert axe.violations(room) == []
    walk_to(room, "Decline")
    room.press("Enter")
    ben.until_text("cannot be taken", "#call-said")
    for tab in (room, beside):
        tab.until_gone(RING)
    assert room.evaluate("() => [probe.activeElement().id, document.title]") == ["main", before[0]]

    meeting.toggles("mic")
    meeting.is_muted(True)
    ben.click(by_testid("call"))
    room.until_shown(RING)
    assert tones() > before[2], "nobody else hears it now"
    forged = ChromiumWindow(room.page.context.new_page())
    forged.open(f"{onmeet_server.base_url}/ringing/take#a-link-from-elsewhere")
    meeting.toggles("screen")
    room.until_text("Somebody is calling", RING)
    assert "Ben" not in room.text(RING), "a shared screen names nobody"
    meeting.toggles("screen")
    room.until_text("Ben is calling", RING)
    forged.until_text("could not be taken")
    ben.click(by_testid("hang-up"))
    room.until_gone(RING)

    ben.click(by_testid("call"))
    room.until_shown(RING)
    with room.page.context.expect_page() as opened:
        room.click(f"{RING} [data-ref=accept]")
    taken = ChromiumWindow(opened.value)
    for tab in (ben, taken):
        tab.until("() => location.pathname.startsWith('/m/')", what="the meeting's page")
    assert taken.url == ben.url
    assert taken.evaluate("() => window.opener") is None
    for tab in (room, beside):
        tab.until_gone(RING)
    assert (meeting.diagnostics()["phase"], meeting.instance()) == ("live", before[1])


def walk_to(window: Window, text: str) -> None:
    """Go from control to control until the one with this text has the focus."""
    for _ in range(40):
        window.press("Tab")
        if window.focused()["text"] == text:
            return
    raise AssertionError(f"the Tab key does not lead to {text!r}")


@pytest.mark.promise("N1.2", "N1.7", "N1.9")
def test_a_call_is_declined_hung_up_and_blocked(
    window: OpenWindow[ChromiumWindow], onmeet_server: OnMeetServer, house: House
) -> None:
    """Who is called may decline; who is blocked finds nobody there any more; nothing of it stays."""
    karin = Callee(house, onmeet_server, "karin@example.org", "Karin")
    tab = karin.opens(window(**PHONE))
    jonas = window()
    jonas.forgiven.append("404")
    call(jonas, karin.link, CANARY)
    tab.until_shown(RING)
    assert axe.violations(tab) == []
    assert tab.evaluate("() => document.title").startswith("☎")
    tab.click(f"{RING} [data-ref=decline]")
    jonas.until_text("cannot be taken", "#call-said")
    tab.until_gone(RING)

    jonas.click(by_testid("call"))
    tab.until_shown(RING)
    jonas.click(by_testid("hang-up"))
    tab.until_gone(RING)
    assert not tab.evaluate("() => document.title").startswith("☎")

    jonas.click(by_testid("call"))
    tab.until_shown(RING)
    tab.click(f"{RING} [data-ref=block]")
    jonas.until_text("cannot be taken", "#call-said")
    jonas.click(by_testid("call"))
    jonas.until_text("Nobody can be reached", "#call-said")
    jonas.reload()
    jonas.until_text("Nobody to call here")
    assert Instance(onmeet_server).raw([CANARY]) == {}


def test_a_call_that_was_hung_up_before_it_began_does_not_come_back(
    window: OpenWindow[ChromiumWindow], onmeet_server: OnMeetServer, house: House
) -> None:
    vera = Callee(house, onmeet_server, "vera@example.org", "Vera")
    tab, ben = vera.opens(window()), window()
    held: list[Route] = []

    def hold_the_first(route: Route) -> None:
        if held:
            route.continue_()
        held.append(route)

    ben.page.route("**/u/*/call", hold_the_first)
    call(ben, vera.link, "Ben")
    ben.wait(lambda: held, "the question for a call")
    ben.click(by_testid("hang-up"))
    ben.click(by_testid("call"))
    tab.until_shown(RING)
    with ben.page.expect_response("**/u/*/call"):
        held[0].continue_()
    ben.click(by_testid("hang-up"))
    tab.until_gone(RING)
    assert not ben.shows(by_testid("hang-up"))


@pytest.mark.promise("N1.4")
def test_contacts_are_kept_in_the_browser_and_nowhere_else(
    window: OpenWindow[ChromiumWindow], onmeet_server: OnMeetServer, tmp_path: Path
) -> None:
    """Contacts are added, found, changed, exported and imported, and no request carries one."""
    page = window()
    sent: list[str] = []
    page.page.on(
        "request", lambda request: sent.append(f"{request.method} {request.url} {request.post_data}")
    )
    page.open(f"{onmeet_server.base_url}/contacts")
    for name, number in (("Zoë Quagga", "+49 30 111"), ("Ada Quagga", "+49 30 222")):
        page.click('[data-ref="add"]')
        page.fill("#contact-name", name)
        page.fill("#contact-phone", number)
        page.press("Enter")
        page.until_text(name, '[data-ref="list"]')
    page.fill("#search", "zoe")
    page.until(
        "() => probe.all('[data-testid=contact]').filter((e) => probe.shown(e)).length === 1",
        what="one contact that fits",
    )
    page.click('[aria-label="Change Zoë Quagga"]')
    page.fill("#contact-page", "https://elsewhere.example/u/zoe-1234")
    page.press("Enter")
    page.until_text("address of a page on this server", "#contact-dialog")
    page.fill("#contact-page", f"{onmeet_server.base_url}/u/zoe-1234/abcdefghjkmn")
    page.press("Enter")
    page.until_shown('[aria-label="Call Zoë Quagga"]')
    with page.page.expect_download() as download:
        page.click('[data-ref="export"]')
    file = tmp_path / "contacts.vcf"
    download.value.save_as(file)
    assert "FN:Zoë Quagga\r\n".encode() in file.read_bytes()
    page.click('[aria-label="Change Zoë Quagga"]')
    page.click('#contact-dialog [data-ref="delete"]')
    page.until_gone('[aria-label="Change Zoë Quagga"]')
    page.page.set_input_files('[data-ref="file"]', file)
    page.until_text("Contacts imported: 1", '[data-ref="said"]')
    page.reload()
    page.until_shown('[aria-label="Call Zoë Quagga"]')
    assert page.attribute('[aria-label="Call Zoë Quagga"]', "href") == "/u/zoe-1234/abcdefghjkmn"
    assert not [line for line in sent if "uagga" in line or "zoe-1234" in line]
    assert not [line for line in sent if line.startswith("POST")]


@pytest.mark.parametrize("size", [{}, PHONE], ids=["desk", "phone"])
def test_the_pages_about_calls_have_no_barrier(
    window: OpenWindow[ChromiumWindow], onmeet_server: OnMeetServer, house: House, size: dict[str, int]
) -> None:
    rosa = Callee(house, onmeet_server, f"rosa{len(size)}@example.org", "Rosa")
    mine, other = rosa.opens(window(**size)), window(**size)
    other.forgiven.append("404")
    found = {}
    for page, path in (
        (mine, "/account/calls"), (mine, "/contacts"), (other, f"/u/{rosa.handle}/{rosa.code}"),
        (other, f"/u/{rosa.handle}"),
    ):  # fmt: skip
        page.open(onmeet_server.base_url + path)
        for scheme in ("light", "dark"):
            page.colours(scheme)
            found[path, scheme] = axe.violations(page)
        wide = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, f"{path} is wider than the screen"
    assert not {where: each for where, each in found.items() if each}
