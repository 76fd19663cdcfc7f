"""Who is in a meeting, for somebody who holds its link and has not joined, if the notice says so (N3.7)."""

from __future__ import annotations

from flask import abort, session

from onmeet.signalling.client import RelayUnreachable, query
from onmeet.web import entrance
from onmeet.web.services import services

__all__ = ["ASK_SECONDS", "names_in", "offered"]

ASK_SECONDS = 1.0
"""How long the relay may take: the page asks again anyway."""


def offered() -> bool:
    """Whether names are shown to those who hold a link."""
    item = services().policy.item("meeting.participants")
    return item is not None and "link-holders" in item.readers


def names_in(code: str) -> list[str]:
    """The names of those who are in the meeting now, in the order of coming.

    Aborts with 404 where the notice in force does not provide for it, and with 403 for a browser that did not
    open the meeting's page, with 503 while the relay is away. Raises `MeetingGone`.
    """
    if not offered():
        abort(404)
    entrance.role_in(code)
    if "browser" not in session:
        abort(403)
    try:
        answer = query(services().config.relay_socket, {"query": "present", "room": code}, ASK_SECONDS)
    except RelayUnreachable:
        abort(503)
    return [str(name) for name in answer.get("names", [])]
