"""A person's way through the hosted pages, without a browser."""

from __future__ import annotations

import re
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

__all__ = ["pay", "press"]


class _Stay(urllib.request.HTTPRedirectHandler):
    """Redirects are looked at, not followed."""

    def redirect_request(self, *_found: Any) -> None:
        return None


def press(address: str, **fields: str) -> tuple[int, str]:
    """Send a form; status, and where it leads or what the page says."""
    body = urllib.parse.urlencode(fields).encode()
    try:
        with urllib.request.build_opener(_Stay).open(address, body, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        to = urllib.parse.urljoin(address, error.headers.get("Location") or "")
        return error.code, to if 300 <= error.code < 400 else error.read().decode()


def pay(address: str, card: str, *, country: str = "DE", secure: str = "complete", **more: str) -> str:
    """Fill in the Checkout page; `secure` is what is pressed in a 3-D Secure step.

    Returns where the browser is led at the end, "" when it stays with a problem.
    """
    fields = {"email": "payer@example.org", "name": "P. Payer", "card": card, "country": country, **more}
    status, to = press(address, pay="1", **fields)
    if status == 303 and re.search("/c/secure/", to):
        status, to = press(to, **{secure: "1"})
    return to if status == 303 else ""
