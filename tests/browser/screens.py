"""Screenshots of everything that people see: `python -m tests.browser.screens FOLDER`.

They show the product as it is in a real browser; the people in them are painted by `portrait.js`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tests.browser.account_screens import account_pages
from tests.browser.callers import Line
from tests.browser.chromium import Chromium, ChromiumWindow
from tests.browser.people import Person, PreJoin, enter
from tests.browser.window import by_testid
from tests.running import OnMeetServer

PORTRAIT = (Path(__file__).parent / "portrait.js").read_text(encoding="utf-8")

NAMES = ("Mira", "Jonas", "Karin", "Rosa", "Yuki", "Samir", "Emilia", "Adaeze", "Tomás")

TALK = (
    (1, "Good morning! Can everybody hear the birds, too?"),
    (2, "Loud and clear. The notes are at https://example.org/notes"),
    (0, "Thanks. I share my screen in a minute."),
)

NUMBERS = """
[[trunk]]
name = "main"
host = "127.0.0.1"
transport = "udp"
country = "DE"
[[number]]
number = "+49 30 1234567"
country = "DE"
[[number]]
number = "+33 1 23 45 67 89"
country = "FR"
[[number]]
number = "+41 44 668 18 00"
country = "CH"
label = "Zürich"
"""

DESK = {"width": 1280, "height": 800}
WIDE = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844, "device_scale_factor": 2, "is_mobile": True, "has_touch": True}


class Studio:
    """One server, one browser, one folder."""

    def __init__(self, folder: Path, server: OnMeetServer, chromium: Chromium) -> None:
        self.folder = folder
        self.server = server
        self.base_url = server.base_url
        self._chromium = chromium
        self._painted = 0

    def window(self, **options: object) -> ChromiumWindow:
        """A window whose camera paints another person each time."""
        preload = f"() => ({PORTRAIT})({self._painted})"
        self._painted += 1
        window = self._chromium.window(preload=preload, **{**WIDE, **options})  # type: ignore[arg-type]
        window.page.set_default_timeout(60_000)  # nine encoders on two cores leave little for a tenth
        return window

    def keep(self, window: ChromiumWindow, name: str) -> None:
        """Save what the window shows, once it stands still."""
        window.evaluate(
            """() => Promise.all(document.getAnimations().filter((a) => a.effect.getTiming().iterations < 9)
                .map((a) => a.finished.catch(() => 0)))"""
        )
        window.page.mouse.move(2, 2)
        window.screenshot(self.folder / f"{name}.png")
        print(self.folder / f"{name}.png")

    def keep_both(self, window: ChromiumWindow, name: str) -> None:
        """Save it in light and in dark."""
        window.colours("dark")
        self.keep(window, f"{name}-dark")
        window.colours("light")
        self.keep(window, name)


def pages(studio: Studio) -> None:
    """Landing page, accounts and the page after a meeting, in every language and on a phone."""
    for language, suffix in (("en-GB", ""), ("de-DE", "-de"), ("fr-FR", "-fr")):
        page = studio.window(locale=language)
        for path, name in (("/", "landing"), ("/m/abc-defg-hjk/left", "left")):
            page.open(studio.base_url + path)
            studio.keep_both(page, name + suffix)
        page.close()
    for path, name in (("/register", "register"), ("/sign-in", "sign-in"), ("/nowhere", "not-found")):
        page = studio.window()
        page.open(studio.base_url + path)
        studio.keep(page, name)
        page.close()
    phone = studio.window(**PHONE)
    phone.open(studio.base_url + "/")
    studio.keep_both(phone, "landing-phone")
    phone.close()


PRIVACY = ("live", "receipts", "versions", "changes", "art30")


def privacy(studio: Studio) -> None:
    """The notice and the pages that belong to it, on a wide screen and on a phone."""
    for suffix, options in (("", {}), ("-de", {"locale": "de-DE"}), ("-phone", PHONE)):
        page = studio.window(**options)
        for name in ("", *PRIVACY):
            page.open(f"{studio.base_url}/privacy/{name}".rstrip("/"))
            studio.keep_both(page, f"privacy{f'-{name}' if name else ''}{suffix}")
        page.close()


def account(studio: Studio) -> None:
    """What somebody sees who is signed in."""
    page = studio.window(**DESK)
    account_pages(page, studio.server, studio.keep_both)
    page.close()


def prejoin(studio: Studio) -> None:
    """The way in, and a link without its key."""
    for suffix, options in (("", {}), ("-de", {"locale": "de-DE"}), ("-phone", PHONE)):
        page = studio.window(**options)
        page.open(studio.base_url + "/")
        page.click("#start")
        waiting = PreJoin(page)
        waiting.sees_oneself()
        page.fill(by_testid("prejoin-name"), NAMES[0])
        studio.keep_both(page, f"prejoin{suffix}")
        page.close()
    page = studio.window()
    page.open(studio.base_url + "/m/abc-defg-hjk")
    page.until_shown(by_testid("paste-link"))
    studio.keep(page, "no-key")
    page.close()


def room(studio: Studio) -> None:
    """A meeting that fills up from one to nine."""
    studio._painted = 0
    page = studio.window()
    page.open(studio.base_url + "/")
    page.click("#start")
    mira = PreJoin(page).join(NAMES[0])
    mira.is_secure(among=1)
    studio.keep(page, "room-1")
    people = [mira]
    for count in range(2, 10):
        people.append(enter(studio.window(width=480, height=360), mira.link, NAMES[count - 1]))
        if count not in (2, 3, 9):
            continue
        mira.is_secure(among=count, within=40)
        mira.sees(count - 1, within=60)
        until_quiet(mira)
        studio.keep_both(page, f"room-{count}")
        if count == 3:
            details(studio, people)
    for person in people:
        person.window.close()


def details(studio: Studio, people: list[Person]) -> None:
    """What opens in the room, while three are in it."""
    mira = people[0]
    page = mira.window
    assert isinstance(page, ChromiumWindow)
    for who, text in TALK:
        people[who].says(text)
    mira.reads(TALK[1][1])
    studio.keep_both(page, "chat")
    mira.toggles("participants")
    studio.keep(page, "people")
    mira.toggles("participants")
    for name, control in (("shield", "shield"), ("share", "invite"), ("leave", "leave")):
        page.click(by_testid(control))
        page.until_shown(f"#{name}-dialog")
        studio.keep_both(page, name)
        page.press("Escape")
    mira.rests_the_focus()
    page.press("?")
    studio.keep(page, "help")
    page.press("Escape")
    phone(studio, mira)
    jonas = people[1]
    jonas.rests_the_focus()  # his window is small, where the button hides in a menu
    jonas.window.press("s")
    mira.sees_a_screen()
    until_quiet(mira)
    studio.keep_both(page, "screen-share")
    jonas.window.press("s")
    mira.sees_no_screen()


def phone(studio: Studio, mira: Person) -> None:
    """The same meeting on a phone, in French there as well, and in German."""
    kinds: dict[str, dict[str, Any]] = {
        "phone": PHONE,
        "phone-fr": {**PHONE, "locale": "fr-FR"},
        "room-de": {"locale": "de-DE"},
    }
    for name, options in kinds.items():
        page = studio.window(**options)
        page.open(mira.link)
        ida = PreJoin(page).join("Ida")
        ida.sees(3, within=40)
        until_quiet(ida)
        studio.keep_both(page, name)
        page.click(by_testid("more"))
        studio.keep(page, f"{name}-menu")
        page.press("Escape")
        page.click(by_testid("toggle-chat"))
        page.until_shown(by_testid("chat-input"))
        studio.keep(page, f"{name}-chat")
        page.press("Escape")
        page.click(by_testid("leave"))
        page.until("() => location.pathname.endsWith('/left')", what="the page after the meeting")
        page.close()


def telephone(studio: Studio) -> None:
    """Callers: waiting, asked about, in the meeting; numbers and PIN; the card."""
    for suffix, options in (("", DESK), ("-de", {**DESK, "locale": "de-DE"}), ("-phone", PHONE)):
        studio._painted = 0
        page = studio.window(**options)
        page.open(studio.base_url + "/")
        page.click("#start")
        mira = PreJoin(page).join(NAMES[0])
        jonas = enter(studio.window(width=480, height=360), mira.link, NAMES[1])
        mira.is_secure(among=2, within=40)
        mira.sees(1, within=60)
        calls(studio, mira, suffix)
        numbers(studio, mira, suffix)
        for person in (jonas, mira):
            person.window.close()


def calls(studio: Studio, mira: Person, suffix: str) -> None:
    """From the lobby to the meeting."""
    page = mira.window
    assert isinstance(page, ChromiumWindow)
    with Line(studio.server, mira.link.partition("/m/")[2].partition("#")[0]) as line:
        first, second = line.rings("+49 … 42"), line.rings("", withheld=True)
        page.until_shown(".toast")
        studio.keep_both(page, f"call-waiting{suffix}")
        until_quiet(mira)
        mira.window.evaluate("() => probe.one('[data-command=people]').click()")
        page.until_shown(by_testid("waiting-callers"))
        studio.keep_both(page, f"call-people{suffix}")
        page.click(by_testid("answer"))
        page.until_shown("#caller-dialog")
        studio.keep_both(page, f"call-admission{suffix}")
        page.fill(by_testid("caller-name"), "Grandma")
        page.click(by_testid("admit"))
        first.holds_the_key()
        first.speaks()
        page.until_shown(by_testid("open-notice"))
        studio.keep_both(page, f"call-open{suffix}")
        page.click('[data-act="caller"]')
        page.until_shown("#seated-dialog")
        studio.keep_both(page, f"call-seated{suffix}")
        page.press("Escape")
        page.evaluate("() => probe.one('[data-command=people]').click()")
        until_quiet(mira)
        studio.keep_both(page, f"call-room{suffix}")
        page.click(by_testid("shield"))
        page.until_shown("#shield-dialog")
        studio.keep_both(page, f"call-shield{suffix}")
        page.press("Escape")
        first.hangs_up()
        second.hangs_up()
    page.until_gone(by_testid("open-notice"))
    with Line(studio.server, line.room) as line:
        line.rings("+49 … 42")
        page.evaluate("() => probe.one('[data-command=people]').click()")
        page.click(by_testid("answer"))
        studio.keep_both(page, f"call-changed{suffix}")
        page.press("Escape")
        page.evaluate("() => probe.one('[data-command=people]').click()")
    until_quiet(mira)


def numbers(studio: Studio, mira: Person, suffix: str) -> None:
    """How to call in: the panel, the invitation, the card."""
    page = mira.window
    assert isinstance(page, ChromiumWindow)
    page.evaluate("() => probe.one('[data-command=phone]').click()")
    page.until_shown("#phone-dialog")
    studio.keep_both(page, f"call-numbers{suffix}")
    card = str(page.attribute(by_testid("card"), "href"))
    page.press("Escape")
    page.evaluate("() => probe.one('[data-command=invite]').click()")
    page.until_shown("#share-dialog")
    studio.keep_both(page, f"call-invite{suffix}")
    page.press("Escape")
    page.open(studio.base_url + card)
    studio.keep_both(page, f"call-card{suffix}")


def until_quiet(person: Person) -> None:
    """Wait until no passing message lies over the picture."""
    person.window.until_gone(".toast", within=30)


PARTS: dict[str, Callable[[Studio], None]] = {
    "pages": pages, "privacy": privacy, "account": account, "prejoin": prejoin, "room": room,
    "telephone": telephone,
}  # fmt: skip


def main(folder: Path, *parts: Callable[[Studio], None]) -> None:
    """Take all pictures, or those of some parts."""
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        server = stack.enter_context(
            OnMeetServer(ONMEET_OPERATOR="Example Cooperative", ONMEET_SIP="on", ONMEET_PHONE=NUMBERS)
        )
        chromium = stack.enter_context(Chromium())
        studio = Studio(folder, server, chromium)
        for part in parts or tuple(PARTS.values()):
            part(studio)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(f"usage: python -m tests.browser.screens FOLDER [{'|'.join(PARTS)} ...]")
    main(Path(sys.argv[1]), *(PARTS[name] for name in sys.argv[2:]))
