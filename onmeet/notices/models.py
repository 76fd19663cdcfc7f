"""What the policy engine stores: versions of the notice, consents, requests, holds, sweeps, receipts."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, Boolean, Date, DateTime, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from onmeet.db import Base
from onmeet.notices.columns import Lapse, kept, new_subject, rows, technical

__all__ = [
    "ConsentGiven", "LegalHold", "NoticeVersion", "PageCount", "Receipt", "SecurityEvent", "SubjectRequest",
    "SweepCount",
]  # fmt: skip


class NoticeVersion(Base):
    """A period in which a version of a notice held; kept for ever: everybody can read what once held."""

    __tablename__ = "notice_versions"

    id: Mapped[int] = mapped_column(primary_key=True, info=technical("names the row, in order of time"))
    name: Mapped[str] = mapped_column(String(64), info=technical("the notice"))
    version: Mapped[str] = mapped_column(String(32), info=technical("its version"))
    source: Mapped[str] = mapped_column(Text, info=technical("the notice itself, which is public"))
    digest: Mapped[str] = mapped_column(String(64), info=technical("tells a changed file; SHA-256"))
    published_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), info=technical("the 14 days count from here")
    )
    effective_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), info=technical("in force from here on")
    )
    ended_at: Mapped[datetime | None] = mapped_column(
        DateTime(timezone=True), info=technical("replaced or withdrawn")
    )
    cleaned: Mapped[bool] = mapped_column(
        Boolean, default=False, info=technical("what it no longer permits has been deleted")
    )


class ConsentGiven(Base):
    """A consent, or its withdrawal: for what, the words shown, when (GDPR Art. 7 (1))."""

    __tablename__ = "consents"
    __table_args__ = rows(
        person="account_id",
        subject="subject",
        events={"collected": "given_at", "consent_withdrawn": "withdrawn_at"},
    )

    id: Mapped[int] = mapped_column(primary_key=True, info=technical("names the row"))
    subject: Mapped[str] = mapped_column(
        String(32), default=new_subject, index=True, info=technical("names the key of the personal columns")
    )
    account_id: Mapped[int] = mapped_column(
        ForeignKey("accounts.id", ondelete="CASCADE"), index=True, info=technical("joins the account")
    )
    purpose: Mapped[str | None] = mapped_column(Text, info=kept("consent.record"))
    wording: Mapped[str | None] = mapped_column(Text, info=kept("consent.record"))
    notice: Mapped[str] = mapped_column(String(97), info=technical("name and version of the notice then"))
    given_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), info=kept("consent.record"))
    withdrawn_at: Mapped[datetime | None] = mapped_column(
        DateTime(timezone=True), info=kept("consent.record")
    )


class SubjectRequest(Base):
    """What a data subject asked for (GDPR Art. 15 to 21), until it is answered and its term is over."""

    __tablename__ = "subject_requests"
    __table_args__ = rows(
        person="account_id",
        subject="subject",
        events={"collected": "received_at", "request_closed": "closed_at"},
    )

    id: Mapped[int] = mapped_column(primary_key=True, info=technical("names the row"))
    subject: Mapped[str] = mapped_column(
        String(32), default=new_subject, index=True, info=technical("names the key of the personal columns")
    )
    account_id: Mapped[int | None] = mapped_column(
        ForeignKey("accounts.id", ondelete="SET NULL"), index=True, info=technical("joins the account")
    )
    kind: Mapped[str] = mapped_column(String(16), info=technical("which right is claimed"))
    language: Mapped[str] = mapped_column(String(2), default="", info=technical("the language to answer in"))
    email: Mapped[str | None] = mapped_column(Text, info=kept("request.subject"))
    text: Mapped[str | None] = mapped_column(Text, info=kept("request.subject"))
    answer: Mapped[str | None] = mapped_column(Text, info=kept("request.subject"))
    extension: Mapped[str | None] = mapped_column(Text, info=kept("request.subject"))
    state: Mapped[str] = mapped_column(
        String(16), info=technical("unverified, open, passed-on, answered or refused")
    )
    token_hash: Mapped[str | None] = mapped_column(
        String(64), unique=True, info=technical("finds the request that a mailed link stands for")
    )
    received_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), info=technical("the deadline counts from here")
    )
    due_on: Mapped[date] = mapped_column(Date, info=technical("the legal deadline"))
    passed_to: Mapped[int | None] = mapped_column(
        ForeignKey("accounts.id", ondelete="SET NULL"),
        index=True,
        info=technical("the account whose owner answers, as controller of the data (N4.4)"),
    )
    closed_at: Mapped[datetime | None] = mapped_column(
        DateTime(timezone=True), info=technical("retention counts from here")
    )


class LegalHold(Base):
    """A law or a court forbids deleting: the sweep and erasure leave out what it covers."""

    __tablename__ = "legal_holds"

    id: Mapped[int] = mapped_column(primary_key=True, info=technical("names the row"))
    category: Mapped[str | None] = mapped_column(String(64), info=technical("covers this category; NULL all"))
    account_id: Mapped[int | None] = mapped_column(
        ForeignKey("accounts.id", ondelete="CASCADE"), info=technical("covers this account; NULL all")
    )
    reason: Mapped[str] = mapped_column(Text, info=technical("why, in words, for the auditor"))
    since: Mapped[datetime] = mapped_column(DateTime(timezone=True), info=technical("in force from here on"))
    until: Mapped[date | None] = mapped_column(Date, info=technical("lapses after this day"))


class SweepCount(Base):
    """How much a sweep deleted: a count for each category, and nothing about whose it was."""

    __tablename__ = "sweep_counts"
    __table_args__ = rows(lapses=Lapse("at", days=365))

    id: Mapped[int] = mapped_column(primary_key=True, info=technical("names the row"))
    at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), index=True, info=technical("when the sweep ran")
    )
    category: Mapped[str] = mapped_column(String(64), info=technical("what was deleted"))
    count: Mapped[int] = mapped_column(BigInteger, info=technical("how many values"))


class Receipt(Base):
    """A signed statement of what was deleted after a meeting: categories, stores, counts, time; no names.

    The id is a hash of the live room's random instance, which only those who were in the room have seen.
    """

    __tablename__ = "receipts"
    __table_args__ = rows(lapses=Lapse("at", days=30))

    id: Mapped[str] = mapped_column(String(64), primary_key=True, info=technical("finds the receipt; a hash"))
    at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), index=True, info=technical("it goes 30 days later")
    )
    body: Mapped[str] = mapped_column(Text, info=technical("the statement, about categories and counts"))
    signature: Mapped[str] = mapped_column(String(128), info=technical("Ed25519 over the body; base64url"))


class SecurityEvent(Base):
    """The security log (N2.7): used to find and stop attacks, for nothing else."""

    __tablename__ = "security_events"
    __table_args__ = rows(subject="subject", events={"collected": "on_day"})

    id: Mapped[int] = mapped_column(primary_key=True, info=technical("names the row"))
    subject: Mapped[str] = mapped_column(
        String(32), default=new_subject, index=True, info=technical("names the key of the personal columns")
    )
    on_day: Mapped[date] = mapped_column(Date, index=True, info=technical("retention counts from here"))
    kind: Mapped[str] = mapped_column(String(32), info=technical("what happened"))
    ip: Mapped[str | None] = mapped_column(Text, info=kept("security.ip"))
    at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), info=kept("security.ip"))


class PageCount(Base):
    """How often a page was opened on a day, by family of browser and system: a count of nobody."""

    __tablename__ = "page_counts"
    __table_args__ = (
        UniqueConstraint("on_day", "page", "browser", "system"),
        rows(events={"collected": "on_day"}),
    )

    id: Mapped[int] = mapped_column(primary_key=True, info=technical("names the row"))
    on_day: Mapped[date] = mapped_column(Date, info=technical("what is counted together"))
    page: Mapped[str] = mapped_column(String(64), info=technical("what is counted together"))
    browser: Mapped[str] = mapped_column(String(32), info=technical("what is counted together"))
    system: Mapped[str] = mapped_column(String(32), info=technical("what is counted together"))
    count: Mapped[int | None] = mapped_column(BigInteger, info=kept("usage.aggregate"))
