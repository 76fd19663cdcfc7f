"""Reading mails as people do: the plain text, the HTML, and where a link leads."""

from __future__ import annotations

import re
from email.message import EmailMessage

__all__ = ["link_in", "page", "plain"]


def plain(message: EmailMessage) -> str:
    """The text part."""
    part = message.get_body(("plain",))
    assert part is not None, "a mail without plain text"
    return str(part.get_content())


def page(message: EmailMessage) -> str:
    """The HTML part."""
    part = message.get_body(("html",))
    assert part is not None, "a mail without HTML"
    return str(part.get_content())


def link_in(text: str, path: str) -> str:
    """The path of the first link in a text that leads below `path`, such as /confirm/."""
    found = re.search(rf"https?://[^/\s]+({re.escape(path)}\S+)", text)
    assert found is not None, f"no link to {path}"
    return found[1]
