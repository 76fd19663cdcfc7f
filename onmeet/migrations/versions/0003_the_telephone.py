"""The telephone: a PIN for every meeting that is kept, and what calls have cost."""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_DIGITS = 9


def upgrade() -> None:
    """PINs first: meetings from before get theirs here."""
    with op.batch_alter_table("meetings") as table:
        table.add_column(sa.Column("pin", sa.String(_DIGITS)))
        table.add_column(sa.Column("pin_rotates", sa.Boolean, nullable=False, server_default=sa.false()))
    _give_pins()
    with op.batch_alter_table("meetings") as table:
        table.alter_column("pin", existing_type=sa.String(_DIGITS), nullable=False)
        table.alter_column("pin_rotates", existing_type=sa.Boolean, server_default=None)
        table.create_unique_constraint("uq_meetings_pin", ["pin"])
    op.create_table(
        "phone_spent",
        sa.Column("month", sa.Date, nullable=False),
        sa.Column("millicents", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("month", name="pk_phone_spent"),
    )


def _give_pins() -> None:
    """Each meeting gets random digits that no other has."""
    meetings = sa.table("meetings", sa.column("id"), sa.column("pin"))
    connection = op.get_bind()
    given: set[str] = set()
    for id_ in connection.scalars(sa.select(meetings.c.id)).all():
        pin = _fresh(given)
        given.add(pin)
        connection.execute(sa.update(meetings).where(meetings.c.id == id_).values(pin=pin))


def _fresh(given: set[str]) -> str:
    while True:
        pin = f"{secrets.randbelow(10**_DIGITS):0{_DIGITS}}"
        if pin not in given:
            return pin
