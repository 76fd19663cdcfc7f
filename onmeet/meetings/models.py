"""What is stored about meetings: those that somebody keeps, and records where the notice permits them."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, Boolean, Date, DateTime, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from onmeet.db import Base
from onmeet.meetings.pins import STORED_DIGITS, new_pin
from onmeet.meetings.reporting import ABOUT_CALLS
from onmeet.notices.columns import Via, kept, new_subject, rows, technical

__all__ = ["CallRecord", "LoadHour", "Meeting", "MeetingHost", "MeetingRecord", "Participation"]

_CLOSED = Via("account_id", "accounts", "closed_on")


class Meeting(Base):
    """A room that its owner keeps. The secret part of its link never reaches the server."""

    __tablename__ = "meetings"
    __table_args__ = rows(
        person="owner_id",
        subject="subject",
        events={
            "contract_end": Via("owner_id", "accounts", "closed_on"),
            "account_close": Via("owner_id", "accounts", "closed_on"),
        },
    )

    id: Mapped[int] = mapped_column(primary_key=True, info=technical("names the row"))
    subject: Mapped[str] = mapped_column(
        String(32), default=new_subject, index=True, info=technical("names the key of the personal columns")
    )
    code_mark: Mapped[str] = mapped_column(
        String(64), unique=True, info=technical("finds the meeting of a code; keyed hash")
    )
    code: Mapped[str | None] = mapped_column(Text, info=kept("meeting.link"))
    owner_id: Mapped[int] = mapped_column(
        ForeignKey("accounts.id", ondelete="CASCADE"), index=True, info=technical("joins the account")
    )
    title: Mapped[str | None] = mapped_column(Text, info=kept("meeting.topic"))
    created_on: Mapped[date | None] = mapped_column(Date, info=kept("meeting.times"))
    pin: Mapped[str] = mapped_column(
        String(STORED_DIGITS),
        default=new_pin,
        unique=True,
        info=technical("opens the meeting by telephone; random digits"),
    )
    pin_rotates: Mapped[bool] = mapped_column(
        Boolean, default=False, info=technical("the owner wants another PIN after each meeting")
    )
    description: Mapped[str | None] = mapped_column(Text, info=kept("meeting.description"))
    starts_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), info=kept("meeting.times"))
    time_zone: Mapped[str | None] = mapped_column(Text, info=kept("meeting.times"))
    minutes: Mapped[int | None] = mapped_column(BigInteger, info=kept("meeting.times"))
    repeats: Mapped[str | None] = mapped_column(Text, info=kept("meeting.times"))
    exceptions: Mapped[str | None] = mapped_column(Text, info=kept("meeting.times"))
    uid: Mapped[str] = mapped_column(
        String(40), default="", info=technical("names the meeting in calendars; random")
    )
    sequence: Mapped[int] = mapped_column(
        default=0, info=technical("how often calendars were given another date (RFC 5545 SEQUENCE)")
    )
    cancelled: Mapped[bool] = mapped_column(
        Boolean, default=False, info=technical("it does not take place; calendars are told so")
    )
    admission: Mapped[str] = mapped_column(
        String(8), default="open", info=technical("whether guests come in (open) or wait for a host (lobby)")
    )
    personal: Mapped[bool] = mapped_column(
        Boolean, default=False, info=technical("the owner's personal room: one for each account")
    )
    hosting: Mapped[str] = mapped_column(
        String(43), default="", info=technical("in the link that makes somebody a co-host; empty: no link")
    )


class MeetingHost(Base):
    """Somebody who is a host of a meeting that somebody else keeps."""

    __tablename__ = "meeting_hosts"
    __table_args__ = (UniqueConstraint("meeting_id", "account_id"), rows())

    id: Mapped[int] = mapped_column(primary_key=True, info=technical("names the row"))
    meeting_id: Mapped[int] = mapped_column(
        ForeignKey("meetings.id", ondelete="CASCADE"), index=True, info=technical("joins the meeting")
    )
    account_id: Mapped[int] = mapped_column(
        ForeignKey("accounts.id", ondelete="CASCADE"), index=True, info=technical("joins the co-host")
    )


class MeetingRecord(Base):
    """That a meeting took place, where the notice permits any of it; else no row is made."""

    __tablename__ = "meeting_records"
    __table_args__ = rows(
        person="account_id",
        subject="subject",
        events={"call_end": "ended_on", "contract_end": _CLOSED, "account_close": _CLOSED},
        needs=ABOUT_CALLS,
    )

    id: Mapped[int] = mapped_column(primary_key=True, info=technical("names the row"))
    subject: Mapped[str] = mapped_column(
        String(32), default=new_subject, index=True, info=technical("names the key of the personal columns")
    )
    account_id: Mapped[int | None] = mapped_column(
        ForeignKey("accounts.id", ondelete="CASCADE"), index=True, info=technical("joins the owner's account")
    )
    instance: Mapped[str] = mapped_column(
        String(64), unique=True, info=technical("tells one live room from another; a hash of its random name")
    )
    code: Mapped[str | None] = mapped_column(Text, info=kept("meeting.link"))
    title: Mapped[str | None] = mapped_column(Text, info=kept("meeting.topic"))
    started_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), info=kept("meeting.times"))
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), info=kept("meeting.times"))
    ended_on: Mapped[date | None] = mapped_column(
        Date, index=True, info=technical("retention counts from here; NULL while the meeting lasts")
    )


class Participation(Base):
    """That somebody was in a meeting, from a browser or by telephone."""

    __tablename__ = "participations"
    __table_args__ = (
        UniqueConstraint("record_id", "seat"),
        rows(
            person="account_id",
            subject="subject",
            events={"call_end": "ended_on", "contract_end": _CLOSED, "account_close": _CLOSED},
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True, info=technical("names the row"))
    subject: Mapped[str] = mapped_column(
        String(32), default=new_subject, index=True, info=technical("names the key of the personal columns")
    )
    record_id: Mapped[int] = mapped_column(
        ForeignKey("meeting_records.id", ondelete="CASCADE"), index=True, info=technical("joins the meeting")
    )
    account_id: Mapped[int | None] = mapped_column(
        ForeignKey("accounts.id", ondelete="CASCADE"), index=True, info=technical("joins the account")
    )
    seat: Mapped[int] = mapped_column(info=technical("tells participants of one meeting apart"))
    browser: Mapped[str | None] = mapped_column(
        String(64), info=technical("shows people their own record while the meeting lasts; keyed hash")
    )
    name: Mapped[str | None] = mapped_column(Text, info=kept("meeting.participants"))
    joined_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), info=kept("meeting.joins"))
    left_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), info=kept("meeting.joins"))
    access_kind: Mapped[str | None] = mapped_column(Text, info=kept("meeting.access_kind"))
    ip: Mapped[str | None] = mapped_column(Text, info=kept("meeting.ip"))
    device: Mapped[str | None] = mapped_column(Text, info=kept("meeting.device"))
    quality: Mapped[str | None] = mapped_column(Text, info=kept("meeting.quality"))
    ended_on: Mapped[date | None] = mapped_column(
        Date, index=True, info=technical("retention counts from here; NULL while the meeting lasts")
    )


class CallRecord(Base):
    """A telephone call into or out of a meeting (N3.2, N5.5). The telephone gateway fills it."""

    __tablename__ = "call_records"
    __table_args__ = rows(
        person="account_id",
        subject="subject",
        events={"call_end": "ended_on", "contract_end": _CLOSED, "account_close": _CLOSED},
    )

    id: Mapped[int] = mapped_column(primary_key=True, info=technical("names the row"))
    subject: Mapped[str] = mapped_column(
        String(32), default=new_subject, index=True, info=technical("names the key of the personal columns")
    )
    record_id: Mapped[int | None] = mapped_column(
        ForeignKey("meeting_records.id", ondelete="CASCADE"), index=True, info=technical("joins the meeting")
    )
    account_id: Mapped[int | None] = mapped_column(
        ForeignKey("accounts.id", ondelete="CASCADE"), index=True, info=technical("joins the owner's account")
    )
    instance: Mapped[str] = mapped_column(
        String(64), unique=True, info=technical("tells one call from another; a hash of its random name")
    )
    caller_number: Mapped[str | None] = mapped_column(Text, info=kept("call.caller_number"))
    callee_number: Mapped[str | None] = mapped_column(Text, info=kept("call.callee_number"))
    started_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), info=kept("call.times"))
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), info=kept("call.times"))
    pbx_domain: Mapped[str | None] = mapped_column(Text, info=kept("call.pbx_domain"))
    licence_key: Mapped[str | None] = mapped_column(Text, info=kept("call.licence_key"))
    ip: Mapped[str | None] = mapped_column(Text, info=kept("call.ip"))
    ended_on: Mapped[date | None] = mapped_column(
        Date, index=True, info=technical("retention counts from here; NULL while the call lasts")
    )


class LoadHour(Base):
    """How much the server had to do in an hour (N3.10): counts of nobody, to plan capacity."""

    __tablename__ = "load_hours"
    __table_args__ = rows(events={"collected": "hour"})

    hour: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), primary_key=True, info=technical("what is counted together")
    )
    run: Mapped[str] = mapped_column(
        String(32), default="", info=technical("the relay process whose reports were counted last")
    )
    seq: Mapped[int] = mapped_column(
        BigInteger, default=0, info=technical("the last of its reports that was counted: none counts twice")
    )
    meetings: Mapped[int | None] = mapped_column(BigInteger, info=kept("usage.aggregate"))
    joins: Mapped[int | None] = mapped_column(BigInteger, info=kept("usage.aggregate"))
    most_at_once: Mapped[int | None] = mapped_column(BigInteger, info=kept("usage.aggregate"))
    seconds: Mapped[int | None] = mapped_column(BigInteger, info=kept("usage.aggregate"))
