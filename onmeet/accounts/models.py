"""What is stored about people with an account."""

from __future__ import annotations

import secrets
from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    Date,
    DateTime,
    ForeignKey,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from onmeet.db import Base
from onmeet.notices.columns import Lapse, Via, kept, new_subject, rows, technical

__all__ = ["Account", "AdminAct", "Block", "ContactCode", "Passkey", "RecoveryCode", "SignIn", "SignInDetail"]

_CLOSED = Via("account_id", "accounts", "closed_on")


def _short_name() -> str:
    return secrets.token_hex(8)


class Account(Base):
    """A person who can sign in."""

    __tablename__ = "accounts"
    __table_args__ = rows(
        person="id",
        subject="subject",
        events={
            "collected": "created_on",
            "last_activity": "last_seen_on",
            "contract_end": "closed_on",
            "account_close": "closed_on",
        },
        warned="warned_on",
        reminded="reminded_on",
        lapses=Lapse("pending_until"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, info=technical("names the row"))
    subject: Mapped[str] = mapped_column(
        String(32), unique=True, default=new_subject, info=technical("names the key of the personal columns")
    )
    email_mark: Mapped[str] = mapped_column(
        String(64), unique=True, info=technical("finds the account of an address; keyed hash")
    )
    email: Mapped[str | None] = mapped_column(Text, info=kept("account.email"))
    name: Mapped[str | None] = mapped_column(Text, info=kept("account.name"))
    phone: Mapped[str | None] = mapped_column(Text, info=kept("account.phone"))
    country: Mapped[str | None] = mapped_column(Text, info=kept("account.country"))
    language: Mapped[str | None] = mapped_column(Text, info=kept("account.settings"))
    password: Mapped[str | None] = mapped_column(Text, info=kept("account.password"))
    created_on: Mapped[date | None] = mapped_column(Date, info=kept("account.times"))
    last_seen_on: Mapped[date | None] = mapped_column(Date, index=True, info=kept("account.times"))
    closed_on: Mapped[date | None] = mapped_column(
        Date, index=True, info=technical("the account, and with it the contract, has ended; retention counts")
    )
    warned_on: Mapped[date | None] = mapped_column(
        Date, info=technical("the warning before closing for inactivity was sent")
    )
    reminded_on: Mapped[date | None] = mapped_column(Date, info=technical("the second such warning was sent"))
    restricted: Mapped[bool] = mapped_column(
        Boolean, default=False, info=technical("processing is restricted on request (GDPR Art. 18)")
    )
    objected: Mapped[bool] = mapped_column(
        Boolean, default=False, info=technical("objects to what rests on legitimate interest (GDPR Art. 21)")
    )
    erasing: Mapped[bool] = mapped_column(
        Boolean, default=False, info=technical("its erasure has begun and is to be finished whatever happens")
    )
    proven: Mapped[str] = mapped_column(
        String(64), default="", info=technical("mark of the e-mail address that a mailed link has proven")
    )
    notice: Mapped[str] = mapped_column(
        String(97), default="", info=technical("name and version of the notice that this person has seen")
    )
    pending_until: Mapped[int | None] = mapped_column(
        BigInteger,
        index=True,
        info=technical("the address is not confirmed: nobody signs in, and the row goes then; unix seconds"),
    )
    new_email: Mapped[str | None] = mapped_column(Text, info=kept("account.email"))
    new_email_mark: Mapped[str] = mapped_column(
        String(64), default="", info=technical("finds who asked for that address; keyed hash")
    )
    new_email_agreed: Mapped[str] = mapped_column(
        String(8), default="", info=technical("at which of the two addresses the change was confirmed")
    )
    new_email_until: Mapped[int | None] = mapped_column(
        BigInteger, info=technical("the wish for another address lapses; unix seconds")
    )
    time_zone: Mapped[str | None] = mapped_column(Text, info=kept("account.settings"))
    # base64 of a WebP image: text is sealed under the person's key, bytes would not be
    picture: Mapped[str | None] = mapped_column(Text, info=kept("account.picture"))
    handle: Mapped[str | None] = mapped_column(Text, info=kept("account.settings"))
    handle_mark: Mapped[str | None] = mapped_column(
        String(64), unique=True, info=technical("finds the account of a personal page; keyed hash")
    )
    reach: Mapped[str | None] = mapped_column(Text, info=kept("account.settings"))
    shares: Mapped[str | None] = mapped_column(Text, info=kept("account.settings"))
    totp: Mapped[str | None] = mapped_column(Text, info=kept("account.password"))
    totp_step: Mapped[int] = mapped_column(
        BigInteger, default=0, info=technical("the time step of the last code, so that none is taken twice")
    )
    sign_on_issuer: Mapped[str | None] = mapped_column(Text, info=kept("account.password", shown=True))
    sign_on_mark: Mapped[str | None] = mapped_column(
        String(64), unique=True, info=technical("finds who comes from that sign-in service; keyed hash")
    )
    role: Mapped[str] = mapped_column(
        String(16), default="", info=technical("what the operator lets this account do: empty, or operator")
    )


class SignIn(Base):
    """One browser that is signed in. Signing out deletes the row, so that a copied cookie is worth nothing.

    Only the hash of the cookie's token is stored.
    """

    __tablename__ = "sign_ins"
    __table_args__ = rows(lapses=Lapse("expires"))

    token_hash: Mapped[str] = mapped_column(
        String(64), primary_key=True, info=technical("finds the sign-in that a cookie stands for")
    )
    account_id: Mapped[int] = mapped_column(
        ForeignKey("accounts.id", ondelete="CASCADE"), index=True, info=technical("joins the account")
    )
    expires: Mapped[int] = mapped_column(
        BigInteger, index=True, info=technical("ends the sign-in; unix seconds")
    )
    name: Mapped[str] = mapped_column(
        String(16), default=_short_name, unique=True, info=technical("names it in its owner's list; random")
    )
    strong: Mapped[bool] = mapped_column(
        Boolean, default=False, info=technical("a passkey or a second factor was used")
    )
    checked_at: Mapped[int] = mapped_column(
        BigInteger, default=0, info=technical("when its owner last proved to be there; unix seconds")
    )


class SignInDetail(Base):
    """What the owner sees of a sign-in in the list, where the notice permits it; never an address."""

    __tablename__ = "sign_in_details"
    __table_args__ = rows(
        person="account_id",
        subject="subject",
        events={"collected": "began_at", "contract_end": _CLOSED, "account_close": _CLOSED},
    )

    id: Mapped[int] = mapped_column(primary_key=True, info=technical("names the row"))
    subject: Mapped[str] = mapped_column(
        String(32), default=new_subject, index=True, info=technical("names the key of the personal columns")
    )
    account_id: Mapped[int] = mapped_column(
        ForeignKey("accounts.id", ondelete="CASCADE"), index=True, info=technical("joins the account")
    )
    sign_in: Mapped[str] = mapped_column(
        ForeignKey("sign_ins.token_hash", ondelete="CASCADE"),
        unique=True,
        info=technical("joins the sign-in"),
    )
    device: Mapped[str | None] = mapped_column(Text, info=kept("account.sign_in"))
    began_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), info=kept("account.sign_in"))


class Passkey(Base):
    """A passkey (W3C Web Authentication): its public half."""

    __tablename__ = "passkeys"
    __table_args__ = rows(
        person="account_id", subject="subject", events={"contract_end": _CLOSED, "account_close": _CLOSED}
    )

    id: Mapped[int] = mapped_column(primary_key=True, info=technical("names the row"))
    subject: Mapped[str] = mapped_column(
        String(32), default=new_subject, index=True, info=technical("names the key of the personal columns")
    )
    account_id: Mapped[int] = mapped_column(
        ForeignKey("accounts.id", ondelete="CASCADE"), index=True, info=technical("joins the account")
    )
    mark: Mapped[str] = mapped_column(
        String(64), unique=True, info=technical("finds the passkey that a browser names; keyed hash")
    )
    credential: Mapped[str | None] = mapped_column(Text, info=kept("account.password"))
    public_key: Mapped[str | None] = mapped_column(Text, info=kept("account.password"))
    label: Mapped[str | None] = mapped_column(Text, info=kept("account.password", shown=True))
    uses: Mapped[int] = mapped_column(
        BigInteger, default=0, info=technical("the authenticator's counter: a copied one falls behind")
    )


class RecoveryCode(Base):
    """Opens the account once where the second factor is lost."""

    __tablename__ = "recovery_codes"
    __table_args__ = rows()

    id: Mapped[int] = mapped_column(primary_key=True, info=technical("names the row"))
    account_id: Mapped[int] = mapped_column(
        ForeignKey("accounts.id", ondelete="CASCADE"), index=True, info=technical("joins the account")
    )
    mark: Mapped[str] = mapped_column(
        String(64), unique=True, info=technical("finds the code that is typed; keyed hash")
    )


class ContactCode(Base):
    """A code with which others may call the account (N1.10)."""

    __tablename__ = "contact_codes"
    __table_args__ = rows(
        person="account_id",
        subject="subject",
        events={"contract_end": _CLOSED, "account_close": _CLOSED},
        lapses=Lapse("expires"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, info=technical("names the row"))
    subject: Mapped[str] = mapped_column(
        String(32), default=new_subject, index=True, info=technical("names the key of the personal columns")
    )
    account_id: Mapped[int] = mapped_column(
        ForeignKey("accounts.id", ondelete="CASCADE"), index=True, info=technical("joins the account")
    )
    mark: Mapped[str] = mapped_column(
        String(64), unique=True, info=technical("finds the code that a caller has; keyed hash")
    )
    code: Mapped[str | None] = mapped_column(Text, info=kept("account.settings"))
    label: Mapped[str | None] = mapped_column(Text, info=kept("account.settings"))
    expires: Mapped[int | None] = mapped_column(
        BigInteger, index=True, info=technical("opens nothing from then on; unix seconds, NULL: for ever")
    )


class Block(Base):
    """Somebody may not call somebody (N1.9)."""

    __tablename__ = "blocks"
    __table_args__ = (UniqueConstraint("account_id", "blocked_id"), rows())

    id: Mapped[int] = mapped_column(primary_key=True, info=technical("names the row"))
    account_id: Mapped[int] = mapped_column(
        ForeignKey("accounts.id", ondelete="CASCADE"), index=True, info=technical("who does not want calls")
    )
    blocked_id: Mapped[int] = mapped_column(
        ForeignKey("accounts.id", ondelete="CASCADE"), index=True, info=technical("from whom")
    )


class AdminAct(Base):
    """What an operator did on the operator's pages: without content, each row sealed by the next one."""

    __tablename__ = "admin_acts"
    __table_args__ = rows()

    id: Mapped[int] = mapped_column(primary_key=True, info=technical("the order of the acts"))
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), info=technical("when it was done"))
    actor: Mapped[int] = mapped_column(
        BigInteger, info=technical("number of the operator's account; no name")
    )
    act: Mapped[str] = mapped_column(String(64), info=technical("a word of this program"))
    about: Mapped[str] = mapped_column(String(64), info=technical("number of what it was done to; no name"))
    chain: Mapped[str] = mapped_column(
        String(64), info=technical("keyed hash over this row and the one before it")
    )
