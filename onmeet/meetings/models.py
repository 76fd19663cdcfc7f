"""What is stored about meetings that somebody keeps. A meeting started ad hoc is not stored at all."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Date, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from onmeet.db import Base
from onmeet.notices.columns import kept, technical

__all__ = ["Meeting"]


class Meeting(Base):
    """A room that its owner keeps. The secret part of its link never reaches the server."""

    __tablename__ = "meetings"

    id: Mapped[int] = mapped_column(primary_key=True, info=technical("names the row"))
    code: Mapped[str] = mapped_column(String(12), unique=True, info=kept("meeting.link"))
    owner_id: Mapped[int] = mapped_column(
        ForeignKey("accounts.id", ondelete="CASCADE"), index=True, info=technical("joins the account")
    )
    title: Mapped[str] = mapped_column(String(120), info=kept("meeting.topic"))
    created_on: Mapped[date] = mapped_column(Date, info=kept("meeting.times"))
