"""Who may call whom (N1.9, N1.10): reach, codes, blocks.

`Contact.way` is the one place that decides. Whoever may not call learns nothing: an unknown handle, a refused
caller and a blocked one get the same answer, after the same work.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from onmeet.accounts.handles import Handles
from onmeet.accounts.models import Account, Block, ContactCode
from onmeet.db import Database
from onmeet.notices.marks import mark

__all__ = [
    "MAX_CODES", "REACHES", "Blocked", "Contact", "HeldCode", "Reach", "TooManyCodes", "Unreachable", "Way",
]  # fmt: skip

Reach = Literal["anyone", "codes", "nobody"]
"""Who may call: everybody who knows the handle, only those with a code, nobody."""

REACHES: tuple[Reach, ...] = get_args(Reach)
DEFAULT_REACH: Reach = "codes"

MAX_CODES = 50
DAY = 86_400

_LETTERS = "abcdefghjkmnpqrstuvwxyz"  # no i, l, o
_LENGTH = 12  # 54 bits

_OPENED = select(Account.handle, Account.reach)
_WITH_PAGE = select(Account.id).where(
    Account.handle_mark.is_not(None),
    Account.closed_on.is_(None),
    Account.erasing.is_(False),
    Account.pending_until.is_(None),
)


class Unreachable(Exception):
    """There is nobody to call. Why is not said: perhaps nobody of that name, perhaps a refusal."""


class TooManyCodes(Exception):
    """The account has `MAX_CODES` codes already."""


@dataclass(frozen=True, slots=True)
class Way:
    """Somebody may call. by_code: with a code that is labelled `label`; else because anyone may."""

    account_id: int
    by_code: bool
    label: str


@dataclass(frozen=True, slots=True)
class HeldCode:
    """A code as its owner sees it. expires: unix seconds, None for ever."""

    id: int
    code: str
    label: str
    expires: int | None


@dataclass(frozen=True, slots=True)
class Blocked:
    """Somebody who may not call: the block's number and theirs."""

    id: int
    account_id: int


def new_code() -> str:
    """A fresh code of twelve letters that nobody mistakes for one another."""
    return "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))


def _reach(stored: str | None) -> Reach:
    return next((reach for reach in REACHES if reach == stored), DEFAULT_REACH)


class Contact:
    """The service; `key` makes the marks by which codes are found (`Config.marks_key`)."""

    def __init__(
        self, database: Database, handles: Handles, *, key: bytes, mint: Callable[[], str] = new_code
    ) -> None:
        self._database = database
        self._handles = handles
        self._key = key
        self._mint = mint

    # -- the rule ------------------------------------------------------------------------------

    def way(self, handle: str, code: str, caller_id: int | None, now: datetime) -> Way:
        """How `caller_id` (None: a guest) may call whoever has `handle`, with `code` or, if empty, without.

        Raises `Unreachable`. Known or not, the same queries are made and one account is opened, so that the
        time of the answer tells nothing.
        """
        with self._database.reading() as session:
            found = session.scalar(_WITH_PAGE.where(Account.handle_mark == self._handles.mark(handle)))
            stand_in = session.scalar(_WITH_PAGE.order_by(Account.id).limit(1))
            callee = session.execute(_OPENED.where(Account.id == (found or stand_in))).first()
            held = self._code(session, code, now)
            blocked = self._blocks(session, found or 0, caller_id)
        if found is None or callee is None or callee.handle != handle or blocked or caller_id == found:
            raise Unreachable
        reach = _reach(callee.reach)
        by_code = held is not None and held.account_id == found
        if reach == "nobody" or (reach == "codes" and not by_code):
            raise Unreachable
        return Way(found, by_code, (held.label or "") if held is not None and by_code else "")

    def _code(self, session: Session, code: str, now: datetime) -> ContactCode | None:
        query = select(ContactCode).where(ContactCode.mark == self._mark(code))
        held = session.scalar(query)
        if held is None or (held.expires is not None and held.expires <= int(now.timestamp())):
            return None
        return held

    def _blocks(self, session: Session, account_id: int, caller_id: int | None) -> bool:
        query = select(Block.id).where(Block.account_id == account_id, Block.blocked_id == caller_id)
        return session.scalar(query) is not None

    # -- reach ---------------------------------------------------------------------------------

    def reach(self, account_id: int) -> Reach:
        """Who may call this account."""
        with self._database.reading() as session:
            return _reach(session.scalar(select(Account.reach).where(Account.id == account_id)))

    def set_reach(self, account_id: int, reach: Reach) -> None:
        """Say who may call this account."""
        with self._database.writing() as session:
            account = session.get(Account, account_id)
            if account is not None:
                account.reach = reach

    # -- codes ---------------------------------------------------------------------------------

    def codes(self, account_id: int, now: datetime) -> list[HeldCode]:
        """The account's codes that still open, the newest first."""
        query = (
            select(ContactCode).where(ContactCode.account_id == account_id).order_by(ContactCode.id.desc())
        )
        with self._database.reading() as session:
            return [
                HeldCode(held.id, held.code, held.label or "", held.expires)
                for held in session.scalars(query)
                if held.code is not None and (held.expires is None or held.expires > int(now.timestamp()))
            ]

    def add_code(self, account_id: int, label: str, days: int | None, now: datetime) -> HeldCode:
        """A new code, good for `days` or for ever. Raises `TooManyCodes`."""
        expires = None if days is None else int(now.timestamp()) + days * DAY
        code = self._mint()
        with self._database.writing() as session:
            count = session.scalar(
                select(func.count(ContactCode.id)).where(ContactCode.account_id == account_id)
            )
            if (count or 0) >= MAX_CODES:
                raise TooManyCodes
            held = ContactCode(
                account_id=account_id, mark=self._mark(code), code=code, label=label or None, expires=expires
            )
            session.add(held)
            session.flush()
            return HeldCode(held.id, code, label, expires)

    def revoke(self, account_id: int, code_id: int) -> None:
        """End a code and erase it. Raises `LookupError` for one that is not the account's."""
        self._delete(ContactCode, account_id, code_id)

    # -- blocks --------------------------------------------------------------------------------

    def blocks(self, account_id: int) -> list[Blocked]:
        """Whom the account has blocked, the newest first."""
        query = select(Block).where(Block.account_id == account_id).order_by(Block.id.desc())
        with self._database.reading() as session:
            return [Blocked(block.id, block.blocked_id) for block in session.scalars(query)]

    def block(self, account_id: int, other_id: int) -> None:
        """Refuse every further call of an account; doing it twice is harmless."""
        try:
            with self._database.writing() as session:
                if not self._blocks(session, account_id, other_id):
                    session.add(Block(account_id=account_id, blocked_id=other_id))
        except IntegrityError:
            return  # blocked meanwhile in another tab, or the account has gone

    def unblock(self, account_id: int, block_id: int) -> None:
        """Let them call again. Raises `LookupError` for a block that is not the account's."""
        self._delete(Block, account_id, block_id)

    # -- inside --------------------------------------------------------------------------------

    def _mark(self, code: str) -> str:
        return mark(self._key, "contact code", code)

    def _delete(self, model: type[ContactCode] | type[Block], account_id: int, row_id: int) -> None:
        with self._database.writing() as session:
            gone = session.execute(delete(model).where(model.id == row_id, model.account_id == account_id))
            if not gone.rowcount:  # type: ignore[attr-defined]
                raise LookupError("nothing of this account's")
        self._database.erase_traces()
