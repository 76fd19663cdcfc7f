"""What groups want to be gone sooner than the notice says: the sweep, under the notice as they tighten it.

It looks at members' own rows, at records of members' meetings, and at what hangs on these: whoever was in a
member's meeting falls under the group's terms there.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import structlog
from sqlalchemy import ColumnElement, Table, false, or_, select

from onmeet.db import Database
from onmeet.groups.models import Group, GroupMember
from onmeet.groups.policy import GroupPolicy
from onmeet.notices.access import person_column
from onmeet.notices.columns import rows_of
from onmeet.notices.keys import KeyStore
from onmeet.notices.policy import Policy
from onmeet.notices.sweep import Sweep

__all__ = ["sweep_groups"]

_OWN = frozenset({"group_members", "customers", "subscriptions", "invoices"})
"""What a group and its payment consist of; no policy is about that."""

log = structlog.get_logger()


def sweep_groups(
    database: Database,
    policy: Policy,
    keys: KeyStore | None,
    now: datetime,
    *,
    pause: Callable[[], None] = lambda: None,
) -> int:
    """Delete what is due by the policies of groups; how many values went."""
    with database.reading() as session:
        groups = session.execute(select(Group.id, Group.policy).where(Group.policy != "{}")).all()
    count = 0
    for group_id, text in groups:
        asked = GroupPolicy.from_json(text)
        if asked.shortens:
            sweep = Sweep(database, asked.narrowed(policy), keys, only=_of_members(group_id), pause=pause)
            count += sum(sweep.run(now).counts.values())
    if count:
        log.info("swept what groups want to be gone", count=count)
    return count


def _of_members(group_id: int) -> Callable[[Table], ColumnElement[bool] | None]:
    members = select(GroupMember.account_id).where(GroupMember.group_id == group_id)

    def only(table: Table) -> ColumnElement[bool] | None:
        if rows_of(table).person is None or table.name in _OWN:
            return None
        return or_(false(), person_column(table).in_(members), *_hanging_on(table, members))

    return only


def _hanging_on(table: Table, members: object) -> list[ColumnElement[bool]]:
    """SQL: the row belongs to a record of a member's."""
    found: list[ColumnElement[bool]] = []
    for foreign in table.foreign_keys:
        parent = foreign.column.table
        if parent is table or rows_of(parent).person in (None, "id"):
            continue
        theirs = select(foreign.column).where(person_column(parent).in_(members))  # type: ignore[arg-type]
        found.append(foreign.parent.in_(theirs))
    return found
