"""Who may enter which room, and as what: the door between pages and relay.

The session cookie carries two things about meetings: a random id of this browser, by which the relay keeps
out somebody whom the host removed, and the codes of the meetings that this browser started ad hoc.
"""

from __future__ import annotations

import ipaddress
import secrets
import time

from flask import request, session
from flask_babel import gettext
from flask_login import current_user

from onmeet.errors import UserError
from onmeet.meetings.reporting import records_meetings
from onmeet.meetings.service import MeetingGone, Role
from onmeet.notices import rights
from onmeet.signalling.ticket import DEVICE_LENGTH, TICKET_SECONDS, Ticket
from onmeet.web import entitled
from onmeet.web.calling.ringing import switchboard
from onmeet.web.services import services

__all__ = [
    "Forbidden", "account_id", "address", "admit", "code_for_now", "device", "remember_started", "role_in",
    "ticket_for",
]  # fmt: skip

STARTED_KEPT = 20
"""Meetings started ad hoc that a browser stays the host of; the oldest falls out."""


class Forbidden(UserError):
    """This browser may not enter."""

    def __init__(self, message: str) -> None:
        super().__init__(message, 403)


def account_id() -> int | None:
    """The account that is signed in, or None."""
    return current_user.person.id if current_user.is_authenticated else None


def role_in(code: str) -> Role:
    """What this browser is in the room. Raises `MeetingGone`."""
    started_here = code in session.get("started", [])
    if switchboard().is_room(code):  # of a direct call, where only accounts may start meetings
        return "host" if started_here else "guest"
    return services().meetings.role(code, account_id(), started_here=started_here)


def admit() -> None:
    """Give the browser its id, so that the socket which the page opens next may enter."""
    if "browser" not in session:
        session["browser"] = secrets.token_urlsafe(18)


def code_for_now() -> str:
    """A free code for a meeting that begins now, under the policy of the group of whoever is signed in."""
    behind = services()
    asked = behind.groups.policy_of(account_id())
    return behind.meetings.free_code(lambda: behind.instant.new(asked))


def remember_started(code: str) -> None:
    """Make this browser the host of an ad-hoc meeting."""
    session["started"] = [*session.get("started", []), code][-STARTED_KEPT:]


def ticket_for(code: str) -> Ticket:
    """The ticket with which the relay lets this request's browser into room `code`.

    Raises `UserError` (404: no such room; 403: the month's minutes are used up) or `Forbidden` (the meeting
    page was never opened here).
    """
    try:
        role = role_in(code)
    except MeetingGone:
        raise UserError(gettext("There is no meeting with this code."), 404) from None
    if "browser" not in session:
        raise Forbidden(gettext("Open the meeting's page first, with cookies allowed."))
    dial, grant = services().meetings.dial(code), entitled.of_meeting(code, role, account_id())
    entitled.check(code, grant)
    reports = _reports(grant.policy.withheld | services().groups.policy_of(account_id()).withheld)
    recorded = records_meetings(services().policy)
    return Ticket(
        room=code,
        role=role,
        browser=session["browser"],
        limit=grant.limits.participants,
        expires=time.time() + TICKET_SECONDS,
        account=account_id() if recorded else None,
        ip=address() if "meeting.ip" in reports else None,
        device=device() if "meeting.device" in reports else None,
        reports=reports,
        listed=_listed(),
        lobby=grant.lobby or (dial is not None and dial.lobby),
        lobby_fixed=grant.lobby,
        signed_in=account_id() is not None,
        phone=services().config.sip and grant.limits.telephone,
        pin=dial.pin if dial is not None and grant.limits.telephone else None,
        pin_rotates=dial is not None and grant.limits.telephone and dial.rotates,
        meter=grant.meter,
    )


def _listed() -> bool:
    """Whether the name may be told to who has not joined: not of somebody who restricted processing."""
    behind, account = services(), account_id()
    item = behind.policy.item("meeting.participants")
    if account is None or item is None or "link-holders" not in item.readers:
        return True
    own = behind.own.details(account)
    unwritten = rights.unwritten(behind.policy, restricted=own.restricted, objected=own.objected)
    return not own.restricted and "meeting.participants" not in unwritten


def _reports(withheld: frozenset[str]) -> tuple[str, ...]:
    """What the relay may report about this participant: less where they restricted or objected.

    withheld: what the groups of this person and of the meeting's owner do not want kept.
    """
    behind, account = services(), account_id()
    permitted = tuple(category for category in behind.reported if category not in withheld)
    if account is None or not permitted:
        return permitted
    own = behind.own.details(account)
    unwritten = rights.unwritten(behind.policy, restricted=own.restricted, objected=own.objected)
    return tuple(category for category in permitted if category not in unwritten)


def address() -> str | None:
    """Where the request comes from, as the trusted proxies say."""
    try:
        address = ipaddress.ip_address(request.remote_addr or "")
    except ValueError:
        return None
    return str(getattr(address, "ipv4_mapped", None) or address)


def device() -> str | None:
    """What the browser says about itself, in one short line."""
    said = request.headers.get("User-Agent", "")
    return "".join(c for c in said if c.isprintable()).strip()[:DEVICE_LENGTH].strip() or None
