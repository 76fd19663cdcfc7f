"""The queue of mails: who gets which kind, about what, when. Neither address nor content is stored."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import DateTime, ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from onmeet.db import Base
from onmeet.notices.columns import technical

__all__ = ["QueuedMail"]


class QueuedMail(Base):
    """A mail that is still to be sent; written from what the database holds at that moment, then deleted."""

    __tablename__ = "mails"

    id: Mapped[int] = mapped_column(primary_key=True, info=technical("names the row"))
    kind: Mapped[str] = mapped_column(String(32), info=technical("which of the letters"))
    account_id: Mapped[int | None] = mapped_column(
        ForeignKey("accounts.id", ondelete="CASCADE"), index=True, info=technical("joins the addressee")
    )
    request_id: Mapped[int | None] = mapped_column(
        ForeignKey("subject_requests.id", ondelete="CASCADE"),
        index=True,
        info=technical("joins the request that is answered to its sender"),
    )
    about: Mapped[str] = mapped_column(
        String(97), info=technical("version of the notice, or hash of the newsletter, that it is about")
    )
    queued_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), info=technical("given up a week later")
    )
    due_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), index=True, info=technical("tried from here on")
    )
    tries: Mapped[int] = mapped_column(Integer, default=0, info=technical("how often it was tried"))
