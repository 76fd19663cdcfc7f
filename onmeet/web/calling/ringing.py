"""What the frame of every page needs to know about calls."""

from __future__ import annotations

import hashlib
from typing import cast

from flask import Flask, current_app, g
from flask_login import current_user
from sqlalchemy.exc import SQLAlchemyError

from onmeet.web.calling.switchboard import Switchboard
from onmeet.web.services import services

__all__ = ["init_app", "offered", "switchboard"]

_EXTENSION = "onmeet.switchboard"


def init_app(app: Flask) -> None:
    """Give `app` a switchboard, and its templates what `base.html` uses."""
    app.extensions[_EXTENSION] = Switchboard()
    app.add_template_global(ring_name, "ring_name")
    app.add_template_global(offered, "calls_offered")


def offered() -> bool:
    """Whether the notice in force lets us keep what personal pages need."""
    return services().policy.storing("account.settings") == "as-is"


def ring_name() -> str:
    """Under which name the tabs of this sign-in find each other, or empty where nothing can ring.

    Another sign-in in the same browser has another name: its tabs do not wait for those of the old one.
    """
    if "ring_name" not in g:
        g.ring_name = _ring_name()
    return str(g.ring_name)


def switchboard() -> Switchboard:
    """The calls of the app that handles this request."""
    return cast(Switchboard, current_app.extensions[_EXTENSION])


def _ring_name() -> str:
    if not current_user.is_authenticated or not offered():
        return ""
    try:
        reachable = services().handles.has(int(current_user.person.id))
    except SQLAlchemyError:
        return ""  # the page that says so must not fail over this
    if not reachable:
        return ""
    return hashlib.sha256(f"ringing {current_user.token}".encode()).hexdigest()[:16]
