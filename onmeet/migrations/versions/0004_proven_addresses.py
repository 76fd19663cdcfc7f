"""Which e-mail addresses a mailed link has proven."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Nobody's is proven so far."""
    with op.batch_alter_table("accounts") as table:
        table.add_column(sa.Column("proven", sa.String(64), nullable=False, server_default=""))
    with op.batch_alter_table("accounts") as table:
        table.alter_column("proven", existing_type=sa.String(64), server_default=None)
