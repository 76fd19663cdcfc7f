"""Accounts, being called, schedules, groups and payment."""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Whoever has an account keeps it as it is, whether or not the address was ever confirmed."""
    _columns_of_accounts()
    _columns_of_sign_ins()
    _columns_of_meetings()
    _tables_of_accounts()
    _tables_of_groups()
    _tables_of_billing()
    _tables_of_meetings()


_DEFAULTS = {
    "accounts": ("new_email_mark", "new_email_agreed", "totp_step", "role"),
    "sign_ins": ("strong", "checked_at"),
    "meetings": ("uid", "sequence", "cancelled", "admission", "personal", "hosting"),
}
"""Columns whose rows from before get a value here; new ones get theirs from the program."""


def _columns_of_accounts() -> None:
    with op.batch_alter_table("accounts") as table:
        for column in (
            sa.Column("reminded_on", sa.Date),
            sa.Column("pending_until", sa.BigInteger),
            sa.Column("new_email", sa.Text),
            sa.Column("new_email_mark", sa.String(64), nullable=False, server_default=""),
            sa.Column("new_email_agreed", sa.String(8), nullable=False, server_default=""),
            sa.Column("new_email_until", sa.BigInteger),
            sa.Column("time_zone", sa.Text),
            sa.Column("picture", sa.Text),
            sa.Column("handle", sa.Text),
            sa.Column("handle_mark", sa.String(64)),
            sa.Column("reach", sa.Text),
            sa.Column("shares", sa.Text),
            sa.Column("totp", sa.Text),
            sa.Column("totp_step", sa.BigInteger, nullable=False, server_default="0"),
            sa.Column("sign_on_issuer", sa.Text),
            sa.Column("sign_on_mark", sa.String(64)),
            sa.Column("role", sa.String(16), nullable=False, server_default=""),
        ):
            table.add_column(column)
    _forget_defaults("accounts")
    with op.batch_alter_table("accounts") as table:
        table.create_index("ix_accounts_pending_until", ["pending_until"])
        table.create_unique_constraint("uq_accounts_handle_mark", ["handle_mark"])
        table.create_unique_constraint("uq_accounts_sign_on_mark", ["sign_on_mark"])


def _columns_of_sign_ins() -> None:
    with op.batch_alter_table("sign_ins") as table:
        table.add_column(sa.Column("name", sa.String(16)))
        table.add_column(sa.Column("strong", sa.Boolean, nullable=False, server_default=sa.false()))
        table.add_column(sa.Column("checked_at", sa.BigInteger, nullable=False, server_default="0"))
    rows = sa.table("sign_ins", sa.column("token_hash"), sa.column("name"))
    connection = op.get_bind()
    for token in connection.scalars(sa.select(rows.c.token_hash)).all():
        name = secrets.token_hex(8)
        connection.execute(sa.update(rows).where(rows.c.token_hash == token).values(name=name))
    _forget_defaults("sign_ins")
    with op.batch_alter_table("sign_ins") as table:
        table.alter_column("name", existing_type=sa.String(16), nullable=False)
        table.create_unique_constraint("uq_sign_ins_name", ["name"])


def _columns_of_meetings() -> None:
    with op.batch_alter_table("meetings") as table:
        for column in (
            sa.Column("description", sa.Text),
            sa.Column("starts_at", sa.DateTime(timezone=True)),
            sa.Column("time_zone", sa.Text),
            sa.Column("minutes", sa.BigInteger),
            sa.Column("repeats", sa.Text),
            sa.Column("exceptions", sa.Text),
            sa.Column("uid", sa.String(40), nullable=False, server_default=""),
            sa.Column("sequence", sa.Integer, nullable=False, server_default="0"),
            sa.Column("cancelled", sa.Boolean, nullable=False, server_default=sa.false()),
            sa.Column("admission", sa.String(8), nullable=False, server_default="open"),
            sa.Column("personal", sa.Boolean, nullable=False, server_default=sa.false()),
            sa.Column("hosting", sa.String(43), nullable=False, server_default=""),
        ):
            table.add_column(column)
    _forget_defaults("meetings")


def _forget_defaults(table_name: str) -> None:
    with op.batch_alter_table(table_name) as table:
        for column in _DEFAULTS[table_name]:
            table.alter_column(column, server_default=None)


def _tables_of_accounts() -> None:
    op.create_table(
        "admin_acts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.BigInteger(), nullable=False),
        sa.Column("act", sa.String(64), nullable=False),
        sa.Column("about", sa.String(64), nullable=False),
        sa.Column("chain", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_admin_acts"),
    )
    op.create_table(
        "blocks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("blocked_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name="fk_blocks_account_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["blocked_id"], ["accounts.id"], name="fk_blocks_blocked_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_blocks"),
        sa.UniqueConstraint("account_id", "blocked_id", name="uq_blocks_account_id"),
    )
    op.create_index("ix_blocks_account_id", "blocks", ["account_id"])
    op.create_index("ix_blocks_blocked_id", "blocks", ["blocked_id"])
    op.create_table(
        "contact_codes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(32), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("mark", sa.String(64), nullable=False),
        sa.Column("code", sa.Text()),
        sa.Column("label", sa.Text()),
        sa.Column("expires", sa.BigInteger()),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name="fk_contact_codes_account_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_contact_codes"),
        sa.UniqueConstraint("mark", name="uq_contact_codes_mark"),
    )
    op.create_index("ix_contact_codes_account_id", "contact_codes", ["account_id"])
    op.create_index("ix_contact_codes_expires", "contact_codes", ["expires"])
    op.create_index("ix_contact_codes_subject", "contact_codes", ["subject"])
    op.create_table(
        "passkeys",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(32), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("mark", sa.String(64), nullable=False),
        sa.Column("credential", sa.Text()),
        sa.Column("public_key", sa.Text()),
        sa.Column("label", sa.Text()),
        sa.Column("uses", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name="fk_passkeys_account_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_passkeys"),
        sa.UniqueConstraint("mark", name="uq_passkeys_mark"),
    )
    op.create_index("ix_passkeys_account_id", "passkeys", ["account_id"])
    op.create_index("ix_passkeys_subject", "passkeys", ["subject"])
    op.create_table(
        "recovery_codes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("mark", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name="fk_recovery_codes_account_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_recovery_codes"),
        sa.UniqueConstraint("mark", name="uq_recovery_codes_mark"),
    )
    op.create_index("ix_recovery_codes_account_id", "recovery_codes", ["account_id"])
    op.create_table(
        "sign_in_details",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(32), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("sign_in", sa.String(64), nullable=False),
        sa.Column("device", sa.Text()),
        sa.Column("began_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name="fk_sign_in_details_account_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["sign_in"], ["sign_ins.token_hash"], name="fk_sign_in_details_sign_in", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_sign_in_details"),
        sa.UniqueConstraint("sign_in", name="uq_sign_in_details_sign_in"),
    )
    op.create_index("ix_sign_in_details_account_id", "sign_in_details", ["account_id"])
    op.create_index("ix_sign_in_details_subject", "sign_in_details", ["subject"])


def _tables_of_groups() -> None:
    op.create_table(
        "groups",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("seats", sa.BigInteger()),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("sso_issuer", sa.Text(), nullable=False),
        sa.Column("sso_client", sa.Text(), nullable=False),
        sa.Column("sso_secret", sa.Text(), nullable=False),
        sa.Column("sso_required", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_groups"),
    )
    op.create_table(
        "group_domains",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.Column("domain", sa.String(253), nullable=False),
        sa.Column("token", sa.String(43), nullable=False),
        sa.Column("verified_on", sa.Date()),
        sa.ForeignKeyConstraint(
            ["group_id"], ["groups.id"], name="fk_group_domains_group_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_group_domains"),
    )
    op.create_index("ix_group_domains_domain", "group_domains", ["domain"])
    op.create_index("ix_group_domains_group_id", "group_domains", ["group_id"])
    op.create_table(
        "group_invitations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("role", sa.String(8), nullable=False),
        sa.Column("uses_left", sa.BigInteger(), nullable=False),
        sa.Column("expires", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"], ["groups.id"], name="fk_group_invitations_group_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_group_invitations"),
        sa.UniqueConstraint("token_hash", name="uq_group_invitations_token_hash"),
    )
    op.create_index("ix_group_invitations_expires", "group_invitations", ["expires"])
    op.create_index("ix_group_invitations_group_id", "group_invitations", ["group_id"])
    op.create_table(
        "group_members",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(32), nullable=False),
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(8), nullable=False),
        sa.Column("joined_on", sa.Date()),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name="fk_group_members_account_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["group_id"], ["groups.id"], name="fk_group_members_group_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_group_members"),
        sa.UniqueConstraint("account_id", name="uq_group_members_account_id"),
    )
    op.create_index("ix_group_members_group_id", "group_members", ["group_id"])
    op.create_index("ix_group_members_subject", "group_members", ["subject"])


def _tables_of_billing() -> None:
    op.create_table(
        "billing_events",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("seen", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_billing_events"),
    )
    op.create_index("ix_billing_events_seen", "billing_events", ["seen"])
    op.create_table(
        "customers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(32), nullable=False),
        sa.Column("account_id", sa.Integer()),
        sa.Column("group_id", sa.Integer()),
        sa.Column("mark", sa.String(64), nullable=False),
        sa.Column("provider_id", sa.Text()),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name="fk_customers_account_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["group_id"], ["groups.id"], name="fk_customers_group_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_customers"),
        sa.UniqueConstraint("account_id", name="uq_customers_account_id"),
        sa.UniqueConstraint("group_id", name="uq_customers_group_id"),
        sa.UniqueConstraint("mark", name="uq_customers_mark"),
    )
    op.create_index("ix_customers_subject", "customers", ["subject"])
    op.create_table(
        "registrations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("mark", sa.String(64), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_registrations"),
        sa.UniqueConstraint("mark", name="uq_registrations_mark"),
    )
    op.create_table(
        "invoices",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(32), nullable=False),
        sa.Column("account_id", sa.Integer()),
        sa.Column("group_id", sa.Integer()),
        sa.Column("mark", sa.String(64), nullable=False),
        sa.Column("provider_id", sa.Text()),
        sa.Column("number", sa.Text()),
        sa.Column("issued_on", sa.Date()),
        sa.Column("cents", sa.BigInteger()),
        sa.Column("currency", sa.Text()),
        sa.Column("country", sa.Text()),
        sa.Column("plan", sa.Text()),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name="fk_invoices_account_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["group_id"], ["groups.id"], name="fk_invoices_group_id", ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_invoices"),
        sa.UniqueConstraint("mark", name="uq_invoices_mark"),
    )
    op.create_index("ix_invoices_account_id", "invoices", ["account_id"])
    op.create_index("ix_invoices_group_id", "invoices", ["group_id"])
    op.create_index("ix_invoices_issued_on", "invoices", ["issued_on"])
    op.create_index("ix_invoices_subject", "invoices", ["subject"])
    op.create_table(
        "subscriptions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(32), nullable=False),
        sa.Column("account_id", sa.Integer()),
        sa.Column("group_id", sa.Integer()),
        sa.Column("mark", sa.String(64), nullable=False),
        sa.Column("provider_id", sa.Text()),
        sa.Column("plan", sa.Text()),
        sa.Column("state", sa.Text()),
        sa.Column("seats", sa.BigInteger()),
        sa.Column("trial_ends", sa.BigInteger()),
        sa.Column("period_ends", sa.BigInteger()),
        sa.Column("ends", sa.BigInteger()),
        sa.Column("has_card", sa.Boolean(), nullable=False),
        sa.Column("told_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name="fk_subscriptions_account_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["group_id"], ["groups.id"], name="fk_subscriptions_group_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_subscriptions"),
        sa.UniqueConstraint("mark", name="uq_subscriptions_mark"),
    )
    op.create_index("ix_subscriptions_account_id", "subscriptions", ["account_id"])
    op.create_index("ix_subscriptions_group_id", "subscriptions", ["group_id"])
    op.create_index("ix_subscriptions_subject", "subscriptions", ["subject"])
    op.create_table(
        "used_months",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(32), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("seconds", sa.BigInteger()),
        sa.Column("run", sa.String(64), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name="fk_used_months_account_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_used_months"),
        sa.UniqueConstraint("account_id", "month", name="uq_used_months_account_id"),
    )
    op.create_index("ix_used_months_account_id", "used_months", ["account_id"])
    op.create_index("ix_used_months_subject", "used_months", ["subject"])


def _tables_of_meetings() -> None:
    op.create_table(
        "meeting_hosts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("meeting_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name="fk_meeting_hosts_account_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["meetings.id"], name="fk_meeting_hosts_meeting_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_meeting_hosts"),
        sa.UniqueConstraint("meeting_id", "account_id", name="uq_meeting_hosts_meeting_id"),
    )
    op.create_index("ix_meeting_hosts_account_id", "meeting_hosts", ["account_id"])
    op.create_index("ix_meeting_hosts_meeting_id", "meeting_hosts", ["meeting_id"])
