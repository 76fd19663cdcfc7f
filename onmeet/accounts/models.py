"""What is stored about people with an account."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from onmeet.db import Base
from onmeet.notices.columns import kept, technical

__all__ = ["Account", "SignIn"]


class Account(Base):
    """A person who can sign in."""

    __tablename__ = "accounts"

    id: Mapped[int] = mapped_column(primary_key=True, info=technical("names the row"))
    email: Mapped[str] = mapped_column(String(254), unique=True, info=kept("account.email"))
    name: Mapped[str] = mapped_column(String(64), default="", info=kept("account.name"))
    password: Mapped[str] = mapped_column(String(255), info=kept("account.password"))


class SignIn(Base):
    """One browser that is signed in. Signing out deletes the row, so that a copied cookie is worth nothing.

    Only the hash of the cookie's token is stored; neither device nor address nor time of use is.
    """

    __tablename__ = "sign_ins"

    token_hash: Mapped[str] = mapped_column(
        String(64), primary_key=True, info=technical("finds the sign-in that a cookie stands for")
    )
    account_id: Mapped[int] = mapped_column(
        ForeignKey("accounts.id", ondelete="CASCADE"), index=True, info=technical("joins the account")
    )
    expires: Mapped[int] = mapped_column(
        BigInteger, index=True, info=technical("ends the sign-in; unix seconds")
    )
