"""What a subscriber does, from registering to leaving, at a window and with nothing but links and buttons."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from tests.browser.chromium import ChromiumWindow
from tests.browser.pages.test_passkeys import Device
from tests.browser.pages.test_payment import fill_in
from tests.browser.traces.test_nothing_left import unique
from tests.browser.window import by_testid
from tests.factories.letters import link_in, plain
from tests.factories.post_office import PostOffice
from tests.peers.stripe import GOOD

__all__ = ["MAIL_SECONDS", "Subscriber", "Traces"]

MAIL_SECONDS = 90.0
"""How long a mail may take on a busy machine."""


@dataclass(frozen=True)
class Traces:
    """What somebody types: each is found nowhere else in the world."""

    name: str = field(default_factory=lambda: unique("Quill "))
    email: str = field(default_factory=lambda: unique("heron.") + "@example.org")
    phone: str = field(default_factory=lambda: f"+4930{int(unique(''), 16) % 10**9:09}")
    password: str = field(default_factory=lambda: unique("a heron lands "))
    passkey: str = field(default_factory=lambda: unique("Laptop "))
    title: str = field(default_factory=lambda: unique("Round of "))
    handle: str = field(default_factory=lambda: unique("q"))
    circle: str = field(default_factory=lambda: unique("Family "))
    group: str = field(default_factory=lambda: unique("School "))

    @property
    def kept(self) -> tuple[str, ...]:
        """What the account holds, for as long as there is one."""
        return (
            self.name, self.email, self.phone, self.passkey, self.title, self.handle, self.circle, self.group,
        )  # fmt: skip


class Subscriber:
    """Somebody who comes without an account."""

    def __init__(self, window: ChromiumWindow, site: str, post: PostOffice, folder: Path) -> None:
        self.window, self.site, self._post, self._folder = window, site, post, folder
        self.traces = Traces()

    # an account

    def registers(self, path: str = "/") -> None:
        """From a page that offers it. Fill in everything, optional things too."""
        page, own = self.window, self.traces
        page.open(self.site + path)
        self.goes("/register")
        page.fill('input[name="email"]', own.email)
        page.fill('input[name="password"]', own.password)
        page.fill('input[name="name"]', own.name)
        page.fill('input[name="phone"]', own.phone)
        page.fill('input[name="country"]', "DE")
        page.press("Enter")
        page.until_text("Look into your mailbox")

    def confirms(self) -> None:
        """Follow the link in the mail."""
        page, own = self.window, self.traces
        (mail,) = page.wait(lambda: self._post.to(own.email), "the mail", within=MAIL_SECONDS)
        path = link_in(plain(mail), "/confirm/")
        assert f"{self.site}{path}" in plain(mail)
        page.open(self.site + path)
        page.fill('input[name="password"]', own.password)
        page.press("Enter")
        page.until_shown(by_testid("plan"))

    def makes_a_passkey(self) -> None:
        """One that the browser keeps."""
        page = self.window
        Device(page)
        self.goes("/account/data", "/account/security", "/account/security/passkeys/new")
        page.fill("#label", self.traces.passkey)
        page.press("Enter")
        page.until_text("The passkey is ready", ".flashes")

    def signs_in_with_it_alone(self) -> None:
        """Sign out, and in again without address or password."""
        page = self.window
        page.click('form[action$="/sign-out"] button')
        page.until_text("You are signed out", ".flashes")
        page.click('.site-header a[href="/sign-in"]')  # this authenticator says yes before anybody can look
        page.until_shown(by_testid("plan"), within=60)

    # a meeting that repeats

    def plans_a_weekly_meeting(self, first: date, *, times: int) -> None:
        """At half past nine in one's own time zone."""
        page = self.window
        page.click(by_testid("plan"))
        page.until_shown(by_testid("planned"))
        page.fill('input[name="title"]', self.traces.title)
        page.click(by_testid("planned"))
        for name, value in {"day": first.isoformat(), "time": "09:30", "count": str(times)}.items():
            if name == "count":
                page.page.locator("#repeats").select_option("weekly")
                page.page.locator("#ends").select_option("count")
            page.page.locator(f"#{name}").fill(value)
        page.press("Enter")
        page.until_shown(by_testid("invitation-text"))

    def reads_the_link(self) -> str:
        """As the invitation has it, with the part that never leaves the browser."""
        text = str(self.window.evaluate("() => document.getElementById('text').value"))
        return next(line for line in text.splitlines() if "/m/" in line)

    def takes_the_calendar_file(self) -> bytes:
        """The .ics, as the browser saves it."""
        return self._download(by_testid("calendar"))

    def cancels_the_date(self, day: date) -> None:
        """One of them."""
        self.goes("/meetings")
        self.window.click('a[href$="/invitation"]')
        self.window.click(f'form[action$="/dates/{day}/off"] button')
        self.window.until_text("This date is cancelled", ".flashes")

    # payment

    def tries_and_subscribes(self) -> None:
        """A trial without a card; then the provider's page."""
        page = self.window
        self.goes("/account/data", "/account/payment")
        page.click('button[formaction$="/trial"]')
        page.until_text("Your trial has begun.", ".flashes")
        page.click(".subscribe button:not([formaction])")
        fill_in(page, GOOD)
        page.until_text("Your subscription is in place.", ".flashes")

    # a group

    def makes_a_group(self) -> str:
        """And a link that leads into it: its path."""
        page = self.window
        self.goes("/account/data", "/group")
        page.fill('input[name="name"]', self.traces.group)
        page.press("Enter")
        page.until_text("Your group is ready", ".flashes")
        self.goes("/group/invitations")
        page.click("form.card button")
        page.until_shown("#link")
        page.until_shown(by_testid("copy-link"))  # a script shows it
        return str(page.attribute("#link", "value")).removeprefix(self.site)

    def joins(self, path: str) -> None:
        """Read what the group sees, then join."""
        page = self.window
        page.open(self.site + path)
        assert "never learns of your meetings" in page.text()
        page.click(f'form[action="{path}"] button')
        page.until_text("in the group", ".flashes")

    # being called

    def can_be_called(self) -> str:
        """Make a page and a code; the link with both."""
        page, own = self.window, self.traces
        self.goes("/account/data", "/account/calls")
        page.fill('input[name="word"]', own.handle)
        page.press("Enter")
        page.until_shown(by_testid("address"))
        page.fill('input[name="label"]', own.circle)
        page.press("Enter")
        page.until_shown(by_testid("code"))
        return page.text(by_testid("code"))

    # rights

    def takes_everything_along(self) -> dict[str, str]:
        """The export: texts by the names of their files."""
        self.goes("/account/data")
        self.window.fill('input[name="password"]', self.traces.password)
        content = self._download('form[action="/account/export"] button')
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            assert archive.testzip() is None
            return {name: archive.read(name).decode() for name in archive.namelist()}

    def deletes_the_account(self) -> str:
        """With the group; what the page says before."""
        page = self.window
        self.goes("/account/data", "/account/delete")
        said = page.text("main")
        page.click('input[name="group"]')
        page.fill('input[name="password"]', self.traces.password)
        page.press("Enter")
        page.until_text("Your account is deleted", ".flashes")
        return said

    # ways

    def goes(self, *paths: str) -> None:
        """Follow links, one after the other, that the pages show."""
        for path in paths:
            self.window.click(f'a[href="{path}"]')
            self.window.until("(path) => location.pathname === path", path, what=f"the page {path}")

    def _download(self, selector: str) -> bytes:
        with self.window.page.expect_download() as download:
            self.window.click(selector)
        file = self._folder / download.value.suggested_filename
        download.value.save_as(file)
        return file.read_bytes()
