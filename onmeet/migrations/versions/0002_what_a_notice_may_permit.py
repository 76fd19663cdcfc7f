"""What a notice may permit: versions, consents, requests, records; columns that can be sealed."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import context, op

from onmeet.notices.marks import mark

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Tables of accounts and meetings first, then the new ones."""
    _accounts()
    _meetings()
    _new_tables()
    _mails()


def _accounts() -> None:
    with op.batch_alter_table("accounts") as table:
        table.add_column(sa.Column("subject", sa.String(32)))
        table.add_column(sa.Column("email_mark", sa.String(64)))
        for name in ("phone", "country", "language"):
            table.add_column(sa.Column(name, sa.Text))
        for name in ("created_on", "last_seen_on", "closed_on", "warned_on"):
            table.add_column(sa.Column(name, sa.Date))
        table.add_column(sa.Column("restricted", sa.Boolean, nullable=False, server_default=sa.false()))
        table.add_column(sa.Column("objected", sa.Boolean, nullable=False, server_default=sa.false()))
        table.add_column(sa.Column("erasing", sa.Boolean, nullable=False, server_default=sa.false()))
        table.add_column(sa.Column("notice", sa.String(97), nullable=False, server_default=""))
        for name, length in (("email", 254), ("name", 64), ("password", 255)):
            table.alter_column(name, existing_type=sa.String(length), type_=sa.Text, nullable=True)
        table.drop_constraint("uq_accounts_email", type_="unique")
    _mark_accounts()
    with op.batch_alter_table("accounts") as table:
        table.alter_column("subject", existing_type=sa.String(32), nullable=False)
        table.alter_column("email_mark", existing_type=sa.String(64), nullable=False)
        for name, kind in (
            ("restricted", sa.Boolean),
            ("objected", sa.Boolean),
            ("erasing", sa.Boolean),
            ("notice", sa.String(97)),
        ):
            table.alter_column(name, existing_type=kind, server_default=None)
        table.create_unique_constraint("uq_accounts_email_mark", ["email_mark"])
        table.create_unique_constraint("uq_accounts_subject", ["subject"])
    op.create_index("ix_accounts_closed_on", "accounts", ["closed_on"])
    op.create_index("ix_accounts_last_seen_on", "accounts", ["last_seen_on"])


def _meetings() -> None:
    with op.batch_alter_table("meetings") as table:
        table.add_column(sa.Column("subject", sa.String(32)))
        table.add_column(sa.Column("code_mark", sa.String(64)))
        for name, length in (("code", 12), ("title", 120)):
            table.alter_column(name, existing_type=sa.String(length), type_=sa.Text, nullable=True)
        table.alter_column("created_on", existing_type=sa.Date, nullable=True)
        table.drop_constraint("uq_meetings_code", type_="unique")
    _mark_meetings()
    with op.batch_alter_table("meetings") as table:
        table.alter_column("subject", existing_type=sa.String(32), nullable=False)
        table.alter_column("code_mark", existing_type=sa.String(64), nullable=False)
        table.create_unique_constraint("uq_meetings_code_mark", ["code_mark"])
    op.create_index("ix_meetings_subject", "meetings", ["subject"])


def _mark_accounts() -> None:
    """Give each account the name of its key, the keyed hash of its address, and a day to count from."""
    key: bytes = context.config.attributes["marks_key"]
    today = datetime.now(UTC).date()
    accounts = sa.table(
        "accounts",
        *map(sa.column, ("id", "email", "email_mark", "subject", "created_on", "last_seen_on")),
    )
    connection = op.get_bind()
    for id_, email in connection.execute(sa.select(accounts.c.id, accounts.c.email)).all():
        values = {
            "subject": secrets.token_hex(16),
            "email_mark": mark(key, "account", email),
            "created_on": today,
            "last_seen_on": today,
        }
        connection.execute(sa.update(accounts).where(accounts.c.id == id_).values(values))


def _mark_meetings() -> None:
    """Give each meeting the name of its key, and the keyed hash of its code."""
    key: bytes = context.config.attributes["marks_key"]
    meetings = sa.table("meetings", *map(sa.column, ("id", "owner_id", "code", "code_mark", "subject")))
    connection = op.get_bind()
    for id_, code in connection.execute(sa.select(meetings.c.id, meetings.c.code)).all():
        values = {"subject": secrets.token_hex(16), "code_mark": mark(key, "meeting", code)}
        connection.execute(sa.update(meetings).where(meetings.c.id == id_).values(values))


def _new_tables() -> None:
    op.create_table(
        "load_hours",
        sa.Column("hour", sa.DateTime(timezone=True), nullable=False),
        sa.Column("run", sa.String(32), nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("meetings", sa.BigInteger),
        sa.Column("joins", sa.BigInteger),
        sa.Column("most_at_once", sa.BigInteger),
        sa.Column("seconds", sa.BigInteger),
        sa.PrimaryKeyConstraint("hour", name="pk_load_hours"),
    )
    op.create_table(
        "notice_versions",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("version", sa.String(32), nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("effective_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("cleaned", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_notice_versions"),
    )
    op.create_table(
        "page_counts",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("on_day", sa.Date, nullable=False),
        sa.Column("page", sa.String(64), nullable=False),
        sa.Column("browser", sa.String(32), nullable=False),
        sa.Column("system", sa.String(32), nullable=False),
        sa.Column("count", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="pk_page_counts"),
        sa.UniqueConstraint("on_day", "page", "browser", "system", name="uq_page_counts_on_day"),
    )
    op.create_table(
        "receipts",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("signature", sa.String(128), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_receipts"),
    )
    op.create_index("ix_receipts_at", "receipts", ["at"])

    op.create_table(
        "security_events",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("subject", sa.String(32), nullable=False),
        sa.Column("on_day", sa.Date, nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("ip", sa.Text),
        sa.Column("at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_security_events"),
    )
    op.create_index("ix_security_events_on_day", "security_events", ["on_day"])
    op.create_index("ix_security_events_subject", "security_events", ["subject"])

    op.create_table(
        "sweep_counts",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("category", sa.String(64), nullable=False),
        sa.Column("count", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sweep_counts"),
    )
    op.create_index("ix_sweep_counts_at", "sweep_counts", ["at"])

    op.create_table(
        "consents",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("subject", sa.String(32), nullable=False),
        sa.Column("account_id", sa.Integer, nullable=False),
        sa.Column("purpose", sa.Text),
        sa.Column("wording", sa.Text),
        sa.Column("notice", sa.String(97), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name="fk_consents_account_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_consents"),
    )
    op.create_index("ix_consents_account_id", "consents", ["account_id"])
    op.create_index("ix_consents_subject", "consents", ["subject"])

    op.create_table(
        "legal_holds",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("category", sa.String(64)),
        sa.Column("account_id", sa.Integer),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.Date),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name="fk_legal_holds_account_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_legal_holds"),
    )
    op.create_table(
        "meeting_records",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("subject", sa.String(32), nullable=False),
        sa.Column("account_id", sa.Integer),
        sa.Column("instance", sa.String(64), nullable=False),
        sa.Column("code", sa.Text),
        sa.Column("title", sa.Text),
        sa.Column("started_at", sa.DateTime(timezone=True)),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("ended_on", sa.Date),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name="fk_meeting_records_account_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_meeting_records"),
        sa.UniqueConstraint("instance", name="uq_meeting_records_instance"),
    )
    op.create_index("ix_meeting_records_account_id", "meeting_records", ["account_id"])
    op.create_index("ix_meeting_records_ended_on", "meeting_records", ["ended_on"])
    op.create_index("ix_meeting_records_subject", "meeting_records", ["subject"])

    op.create_table(
        "subject_requests",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("subject", sa.String(32), nullable=False),
        sa.Column("account_id", sa.Integer),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("email", sa.Text),
        sa.Column("text", sa.Text),
        sa.Column("answer", sa.Text),
        sa.Column("extension", sa.Text),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("token_hash", sa.String(64)),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_on", sa.Date, nullable=False),
        sa.Column("passed_to", sa.Integer),
        sa.Column("closed_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name="fk_subject_requests_account_id", ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["passed_to"], ["accounts.id"], name="fk_subject_requests_passed_to", ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_subject_requests"),
        sa.UniqueConstraint("token_hash", name="uq_subject_requests_token_hash"),
    )
    op.create_index("ix_subject_requests_account_id", "subject_requests", ["account_id"])
    op.create_index("ix_subject_requests_passed_to", "subject_requests", ["passed_to"])
    op.create_index("ix_subject_requests_subject", "subject_requests", ["subject"])

    op.create_table(
        "call_records",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("subject", sa.String(32), nullable=False),
        sa.Column("record_id", sa.Integer),
        sa.Column("account_id", sa.Integer),
        sa.Column("instance", sa.String(64), nullable=False),
        sa.Column("caller_number", sa.Text),
        sa.Column("callee_number", sa.Text),
        sa.Column("started_at", sa.DateTime(timezone=True)),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("pbx_domain", sa.Text),
        sa.Column("licence_key", sa.Text),
        sa.Column("ip", sa.Text),
        sa.Column("ended_on", sa.Date),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name="fk_call_records_account_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["record_id"], ["meeting_records.id"], name="fk_call_records_record_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_call_records"),
        sa.UniqueConstraint("instance", name="uq_call_records_instance"),
    )
    op.create_index("ix_call_records_account_id", "call_records", ["account_id"])
    op.create_index("ix_call_records_ended_on", "call_records", ["ended_on"])
    op.create_index("ix_call_records_record_id", "call_records", ["record_id"])
    op.create_index("ix_call_records_subject", "call_records", ["subject"])

    op.create_table(
        "participations",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("subject", sa.String(32), nullable=False),
        sa.Column("record_id", sa.Integer, nullable=False),
        sa.Column("account_id", sa.Integer),
        sa.Column("seat", sa.Integer, nullable=False),
        sa.Column("browser", sa.String(64)),
        sa.Column("name", sa.Text),
        sa.Column("joined_at", sa.DateTime(timezone=True)),
        sa.Column("left_at", sa.DateTime(timezone=True)),
        sa.Column("access_kind", sa.Text),
        sa.Column("ip", sa.Text),
        sa.Column("device", sa.Text),
        sa.Column("quality", sa.Text),
        sa.Column("ended_on", sa.Date),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name="fk_participations_account_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["record_id"], ["meeting_records.id"], name="fk_participations_record_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_participations"),
        sa.UniqueConstraint("record_id", "seat", name="uq_participations_record_id"),
    )
    op.create_index("ix_participations_account_id", "participations", ["account_id"])
    op.create_index("ix_participations_ended_on", "participations", ["ended_on"])
    op.create_index("ix_participations_record_id", "participations", ["record_id"])
    op.create_index("ix_participations_subject", "participations", ["subject"])


def _mails() -> None:
    op.create_table(
        "mails",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("account_id", sa.Integer),
        sa.Column("request_id", sa.Integer),
        sa.Column("about", sa.String(97), nullable=False),
        sa.Column("queued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name="fk_mails_account_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["request_id"], ["subject_requests.id"], name="fk_mails_request_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_mails"),
    )
    op.create_index("ix_mails_account_id", "mails", ["account_id"])
    op.create_index("ix_mails_due_at", "mails", ["due_at"])
    op.create_index("ix_mails_request_id", "mails", ["request_id"])
