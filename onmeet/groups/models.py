"""What is stored about groups."""

from __future__ import annotations

from datetime import date

from sqlalchemy import BigInteger, Boolean, Date, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from onmeet.db import Base
from onmeet.notices.columns import Lapse, Via, kept, new_subject, rows, technical

__all__ = ["Group", "GroupDomain", "GroupInvitation", "GroupMember"]

_CLOSED = Via("account_id", "accounts", "closed_on")


class Group(Base):
    """An organisation whose members' accounts it pays for."""

    __tablename__ = "groups"
    __table_args__ = rows()

    id: Mapped[int] = mapped_column(primary_key=True, info=technical("names the row"))
    name: Mapped[str] = mapped_column(Text, info=technical("what the organisation is called; about nobody"))
    seats: Mapped[int | None] = mapped_column(
        BigInteger, info=technical("how many members are paid for; NULL: as many as there are")
    )
    policy: Mapped[str] = mapped_column(
        Text, default="{}", info=technical("how the organisation tightens the notice for its members; JSON")
    )
    sso_issuer: Mapped[str] = mapped_column(
        Text, default="", info=technical("address of the organisation's sign-in service")
    )
    sso_client: Mapped[str] = mapped_column(
        Text, default="", info=technical("by which name that service knows this server")
    )
    sso_secret: Mapped[str] = mapped_column(
        Text, default="", info=technical("this server's secret at that service, encrypted")
    )
    sso_required: Mapped[bool] = mapped_column(
        Boolean, default=False, info=technical("members sign in there and nowhere else")
    )


class GroupMember(Base):
    """Somebody in a group; nobody is in more than one."""

    __tablename__ = "group_members"
    __table_args__ = rows(
        person="account_id",
        subject="subject",
        events={"contract_end": _CLOSED, "account_close": _CLOSED},
        called=Via("group_id", "groups", "name"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, info=technical("names the row"))
    subject: Mapped[str] = mapped_column(
        String(32), default=new_subject, index=True, info=technical("names the key of the personal columns")
    )
    group_id: Mapped[int] = mapped_column(
        ForeignKey("groups.id", ondelete="CASCADE"), index=True, info=technical("joins the group")
    )
    account_id: Mapped[int] = mapped_column(
        ForeignKey("accounts.id", ondelete="CASCADE"), unique=True, info=technical("joins the account")
    )
    role: Mapped[str] = mapped_column(String(8), info=technical("owner, admin or member"))
    joined_on: Mapped[date | None] = mapped_column(Date, info=kept("billing.state"))


class GroupInvitation(Base):
    """A link into a group. Whom it is meant for is not stored: whoever sends it knows."""

    __tablename__ = "group_invitations"
    __table_args__ = rows(lapses=Lapse("expires"))

    id: Mapped[int] = mapped_column(primary_key=True, info=technical("names the row"))
    group_id: Mapped[int] = mapped_column(
        ForeignKey("groups.id", ondelete="CASCADE"), index=True, info=technical("joins the group")
    )
    token_hash: Mapped[str] = mapped_column(
        String(64), unique=True, info=technical("finds the invitation of a link")
    )
    role: Mapped[str] = mapped_column(String(8), info=technical("admin or member"))
    uses_left: Mapped[int] = mapped_column(BigInteger, info=technical("how many may still follow the link"))
    expires: Mapped[int] = mapped_column(
        BigInteger, index=True, info=technical("leads nowhere from then on; unix seconds")
    )


class GroupDomain(Base):
    """A mail domain that the group says is its own."""

    __tablename__ = "group_domains"
    __table_args__ = rows()

    id: Mapped[int] = mapped_column(primary_key=True, info=technical("names the row"))
    group_id: Mapped[int] = mapped_column(
        ForeignKey("groups.id", ondelete="CASCADE"), index=True, info=technical("joins the group")
    )
    domain: Mapped[str] = mapped_column(String(253), index=True, info=technical("a name in the DNS"))
    token: Mapped[str] = mapped_column(
        String(43), info=technical("what the DNS must say to prove that the domain is the group's")
    )
    verified_on: Mapped[date | None] = mapped_column(
        Date, info=technical("when the DNS said so last; NULL: never")
    )
