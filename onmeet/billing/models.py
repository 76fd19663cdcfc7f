"""What is stored about payment: that the provider was paid, and for what."""

from __future__ import annotations

from datetime import date

from sqlalchemy import BigInteger, Boolean, Date, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from onmeet.db import Base
from onmeet.notices.columns import Lapse, Via, kept, new_subject, rows, technical

__all__ = ["BillingEvent", "Customer", "Invoice", "Registration", "Subscription", "UsedMonth"]

_CLOSED = Via("account_id", "accounts", "closed_on")


class Customer(Base):
    """That an account, or a group, is registered at the payment provider."""

    __tablename__ = "customers"
    __table_args__ = rows(
        person="account_id", subject="subject", events={"contract_end": _CLOSED, "account_close": _CLOSED}
    )

    id: Mapped[int] = mapped_column(primary_key=True, info=technical("names the row"))
    subject: Mapped[str] = mapped_column(
        String(32), default=new_subject, index=True, info=technical("names the key of the personal columns")
    )
    account_id: Mapped[int | None] = mapped_column(
        ForeignKey("accounts.id", ondelete="CASCADE"), unique=True, info=technical("joins the account")
    )
    group_id: Mapped[int | None] = mapped_column(
        ForeignKey("groups.id", ondelete="CASCADE"), unique=True, info=technical("joins the group")
    )
    mark: Mapped[str] = mapped_column(
        String(64), unique=True, info=technical("finds whom the provider writes about; keyed hash")
    )
    provider_id: Mapped[str | None] = mapped_column(Text, info=kept("billing.state"))


class Registration(Base):
    """A customer at the provider, until deleted there: sealed, and about nobody once the payer has gone."""

    __tablename__ = "registrations"
    __table_args__ = rows()

    id: Mapped[int] = mapped_column(primary_key=True, info=technical("names the row"))
    mark: Mapped[str] = mapped_column(
        String(64), unique=True, info=technical("finds the payer, as long as there is one; keyed hash")
    )
    sealed: Mapped[str] = mapped_column(
        Text, info=technical("what is to be deleted at the provider when the payer goes; encrypted")
    )
    since: Mapped[int] = mapped_column(BigInteger, info=technical("when it was made; unix seconds"))


class Subscription(Base):
    """What an account, or a group, has subscribed to, as the provider last said."""

    __tablename__ = "subscriptions"
    __table_args__ = rows(
        person="account_id", subject="subject", events={"contract_end": _CLOSED, "account_close": _CLOSED}
    )

    id: Mapped[int] = mapped_column(primary_key=True, info=technical("names the row"))
    subject: Mapped[str] = mapped_column(
        String(32), default=new_subject, index=True, info=technical("names the key of the personal columns")
    )
    account_id: Mapped[int | None] = mapped_column(
        ForeignKey("accounts.id", ondelete="CASCADE"), index=True, info=technical("joins the account")
    )
    group_id: Mapped[int | None] = mapped_column(
        ForeignKey("groups.id", ondelete="CASCADE"), index=True, info=technical("joins the group")
    )
    mark: Mapped[str] = mapped_column(
        String(64),
        unique=True,
        info=technical("finds the subscription that the provider writes about; keyed hash"),
    )
    provider_id: Mapped[str | None] = mapped_column(Text, info=kept("billing.state"))
    plan: Mapped[str | None] = mapped_column(Text, info=kept("billing.state"))
    state: Mapped[str | None] = mapped_column(Text, info=kept("billing.state"))
    seats: Mapped[int | None] = mapped_column(BigInteger, info=kept("billing.state"))
    trial_ends: Mapped[int | None] = mapped_column(BigInteger, info=kept("billing.state"))
    period_ends: Mapped[int | None] = mapped_column(BigInteger, info=kept("billing.state"))
    ends: Mapped[int | None] = mapped_column(BigInteger, info=kept("billing.state"))
    has_card: Mapped[bool] = mapped_column(
        Boolean, default=False, info=technical("whether it goes on when the trial is over")
    )
    told_at: Mapped[int] = mapped_column(
        BigInteger,
        default=0,
        info=technical("when the provider was asked, in milliseconds; older answers are ignored"),
    )


class Invoice(Base):
    """An invoice that was paid: what the law makes the operator keep, and nothing else."""

    __tablename__ = "invoices"
    __table_args__ = rows(
        person="account_id",
        subject="subject",
        events={"invoice_date": "issued_on", "contract_end": _CLOSED, "account_close": _CLOSED},
        country="country",
    )

    id: Mapped[int] = mapped_column(primary_key=True, info=technical("names the row"))
    subject: Mapped[str] = mapped_column(
        String(32), default=new_subject, index=True, info=technical("names the key of the personal columns")
    )
    account_id: Mapped[int | None] = mapped_column(
        ForeignKey("accounts.id", ondelete="CASCADE"), index=True, info=technical("joins the account")
    )
    group_id: Mapped[int | None] = mapped_column(
        ForeignKey("groups.id", ondelete="SET NULL"), index=True, info=technical("joins the group")
    )
    mark: Mapped[str] = mapped_column(
        String(64),
        unique=True,
        info=technical("finds the invoice that the provider writes about; keyed hash"),
    )
    provider_id: Mapped[str | None] = mapped_column(Text, info=kept("billing.invoice"))
    number: Mapped[str | None] = mapped_column(Text, info=kept("billing.invoice"))
    issued_on: Mapped[date | None] = mapped_column(Date, index=True, info=kept("billing.invoice"))
    cents: Mapped[int | None] = mapped_column(BigInteger, info=kept("billing.invoice"))
    currency: Mapped[str | None] = mapped_column(Text, info=kept("billing.invoice"))
    country: Mapped[str | None] = mapped_column(Text, info=kept("billing.invoice"))
    plan: Mapped[str | None] = mapped_column(Text, info=kept("billing.invoice"))


class BillingEvent(Base):
    """A message of the provider that has been acted upon: none is acted upon twice."""

    __tablename__ = "billing_events"
    __table_args__ = rows(lapses=Lapse("seen", 60))

    name: Mapped[str] = mapped_column(
        String(64), primary_key=True, info=technical("hash of the message's name at the provider")
    )
    seen: Mapped[int] = mapped_column(BigInteger, index=True, info=technical("when; unix seconds"))


class UsedMonth(Base):
    """How many minutes an account's meetings took in a month, for the limit of its plan."""

    __tablename__ = "used_months"
    __table_args__ = (
        UniqueConstraint("account_id", "month"),
        rows(
            person="account_id",
            subject="subject",
            events={"collected": "month", "contract_end": _CLOSED, "account_close": _CLOSED},
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True, info=technical("names the row"))
    subject: Mapped[str] = mapped_column(
        String(32), default=new_subject, index=True, info=technical("names the key of the personal columns")
    )
    account_id: Mapped[int] = mapped_column(
        ForeignKey("accounts.id", ondelete="CASCADE"), index=True, info=technical("joins the account")
    )
    month: Mapped[date] = mapped_column(Date, info=technical("the month's first day"))
    seconds: Mapped[int | None] = mapped_column(BigInteger, info=kept("billing.state"))
    run: Mapped[str] = mapped_column(
        String(64), default="", info=technical("the relay process whose report was added last")
    )
    seq: Mapped[int] = mapped_column(
        BigInteger, default=0, info=technical("which of its reports, so that none is added twice")
    )
