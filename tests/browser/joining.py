"""Becoming a member as people do: register, read the mail, follow its link, give the password."""

from __future__ import annotations

import re
from collections.abc import Callable

from tests.browser.instance import Instance
from tests.browser.window import Window
from tests.factories.letters import plain
from tests.mail.postman import Postman
from tests.running import OnMeetServer

__all__ = ["PASSWORD", "in_outbox", "in_post", "made_by_operator", "register", "sign_up"]

PASSWORD = "a heron lands at dusk"

MAIL_SECONDS = 90.0
"""How long a mail may take on a busy machine."""

Find = Callable[[str], set[str]]
"""Looks for the links below a path in all mails that there are."""


def in_outbox(page: Window, base_url: str) -> Find:
    """Where mails lie when no mail server is set. Looking takes the page there."""

    def find(path: str) -> set[str]:
        page.open(f"{base_url}/outbox")
        return set(re.findall(rf"{path}[\w-]+", page.text()))

    return find


def in_post(man: Postman) -> Find:
    """Where mails arrive when there is a mail server."""

    def find(path: str) -> set[str]:
        return {link for mail in man.mails for link in re.findall(rf"{path}[\w-]+", plain(mail))}

    return find


def register(page: Window, base_url: str, email: str, name: str = "", *, find: Find | None = None) -> str:
    """Fill in the form; the address of the link that is mailed."""
    look = find or in_outbox(page, base_url)
    before = look("/confirm/")
    page.open(f"{base_url}/register")
    if name:
        page.fill('input[name="name"]', name)
    page.fill('input[name="email"]', email)
    page.fill('input[name="password"]', PASSWORD)
    page.press("Enter")
    page.until("() => location.pathname === '/register/sent'", what="the page that sends to the mailbox")
    (link,) = page.wait(lambda: look("/confirm/") - before, "the mail", within=MAIL_SECONDS)
    return base_url + link


def sign_up(page: Window, base_url: str, email: str, name: str = "", *, find: Find | None = None) -> None:
    """Register, confirm, and be at *My meetings*."""
    page.open(register(page, base_url, email, name, find=find))
    page.fill('input[name="password"]', PASSWORD)
    page.press("Enter")
    page.until("() => location.pathname === '/meetings'", what="my meetings")


def made_by_operator(page: Window, server: OnMeetServer, email: str) -> None:
    """Be at *My meetings* with an account that the operator has made, whose address nobody has confirmed."""
    Instance(server).done("user", "add", email, stdin=f"{PASSWORD}\n")
    page.open(f"{server.base_url}/sign-in")
    page.fill('input[name="email"]', email)
    page.fill('input[name="password"]', PASSWORD)
    page.press("Enter")
    page.until("() => location.pathname === '/meetings'", what="my meetings")
