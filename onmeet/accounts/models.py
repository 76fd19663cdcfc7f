"""What is stored about people with an account."""

from __future__ import annotations

from datetime import date

from sqlalchemy import BigInteger, Boolean, Date, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from onmeet.db import Base
from onmeet.notices.columns import Lapse, kept, new_subject, rows, technical

__all__ = ["Account", "SignIn"]


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


class SignIn(Base):
    """One browser that is signed in. Signing out deletes the row, so that a copied cookie is worth nothing.

    Only the hash of the cookie's token is stored; neither device nor address nor time of use is.
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
