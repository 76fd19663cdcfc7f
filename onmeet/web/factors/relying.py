"""This site as authenticators know it, and this browser's session as challenges know it."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import session

from onmeet.accounts.passkeys import PasskeyRefused, RelyingParty
from onmeet.web.security import site_origin
from onmeet.web.services import services

__all__ = ["browser", "origin", "relying_party"]


def origin() -> str:
    """Where people reach this site: the setting, or what this request was sent to."""
    return site_origin(services().config)


def relying_party() -> RelyingParty:
    """For passkeys: they are bound to the host alone."""
    return RelyingParty(urlsplit(origin()).hostname or "", origin())


def browser() -> str:
    """An opaque name of this browser's session; another one after each sign-in. Raises `PasskeyRefused`."""
    token = session.get("csrf_token")
    if not isinstance(token, str):
        raise PasskeyRefused
    return token
