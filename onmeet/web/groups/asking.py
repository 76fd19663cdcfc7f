"""Who asks, and whether there are groups here at all."""

from __future__ import annotations

from flask import Blueprint, abort
from flask_login import current_user

from onmeet.groups.membership import GroupGone, Membership
from onmeet.web.services import services

__all__ = ["guard", "me", "my_group", "ruling"]


def me() -> int:
    """The account that is signed in."""
    return int(current_user.person.id)


def my_group() -> Membership:
    """The group that the asker is in. Raises `GroupGone`."""
    here = services().groups.of(me())
    if here is None:
        raise GroupGone
    return here


def ruling() -> Membership:
    """The group that the asker administers. Raises `GroupGone`: members do not see that there is a page."""
    here = my_group()
    if not here.rules:
        raise GroupGone
    return here


def guard(blueprint: Blueprint) -> None:
    """Without a notice that permits groups, none of these addresses exists."""

    def look() -> None:
        if not services().groups.offered:
            abort(404)

    blueprint.before_request(look)
