"""What is stored about telephone calls as such: what they cost, by month, and nothing about anybody."""

from __future__ import annotations

from datetime import date

from sqlalchemy import BigInteger, Date
from sqlalchemy.orm import Mapped, mapped_column

from onmeet.db import Base
from onmeet.notices.columns import rows, technical

__all__ = ["SpentMonth"]


class SpentMonth(Base):
    """What calls that this server made have cost in a month, for the operator's limit."""

    __tablename__ = "phone_spent"
    __table_args__ = rows()

    month: Mapped[date] = mapped_column(
        Date, primary_key=True, info=technical("the month's first day; its costs are added up together")
    )
    millicents: Mapped[int] = mapped_column(
        BigInteger,
        default=0,
        info=technical("thousandths of a cent; the operator's monthly limit counts here"),
    )
