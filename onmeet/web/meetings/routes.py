"""The blueprint that the views of this package belong to, and what they share."""

from __future__ import annotations

from flask import Blueprint
from flask_babel import gettext
from flask_login import current_user

from onmeet import clock
from onmeet.errors import UserError
from onmeet.meetings.kept import KeptMeeting
from onmeet.meetings.schedule import Schedule
from onmeet.meetings.service import TooManyMeetings
from onmeet.web.services import services

__all__ = ["blueprint", "keep", "most", "owner", "too_many"]

blueprint = Blueprint("meetings", __name__)


def owner() -> int:
    """The account that is signed in."""
    return int(current_user.person.id)


def keep(
    title: str, *, description: str = "", schedule: Schedule | None = None, lobby: bool = False
) -> KeptMeeting:
    """Keep a new meeting of the account. Raises `UserError` when it keeps as many as it may."""
    try:
        return services().meetings.create(
            owner(),
            title,
            description=description,
            schedule=schedule,
            lobby=lobby,
            most=most(),
        )
    except TooManyMeetings:
        raise too_many() from None


def most() -> int:
    """How many meetings the account's plan lets it keep."""
    return services().selling.entitlements.of(owner(), clock.now()).meetings


def too_many() -> UserError:
    """The account keeps as many meetings as it may."""
    return UserError(gettext("You keep as many meetings as one account may. Delete one first."), 409)
