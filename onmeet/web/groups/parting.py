"""What becomes of a group whose owner deletes the account."""

from __future__ import annotations

from onmeet.web.groups.asking import me
from onmeet.web.services import services

__all__ = ["may_go", "owned"]


def owned() -> tuple[str, int]:
    """The name of a group that the asker owns and that others are in, and how many; else empty and 0."""
    groups = services().groups
    here = groups.of(me())
    if here is None or here.role != "owner":
        return "", 0
    others = groups.seats(here.group).taken - 1
    return (here.name, others) if others else ("", 0)


def may_go(with_group: bool) -> bool:
    """Whether the account may go: it owns no group that others are in, or that goes, too. Ends the group."""
    groups = services().groups
    here = groups.of(me())
    if here is None or here.role != "owner":
        return True
    if owned()[0] and not with_group:
        return False
    groups.delete(me())
    return True
